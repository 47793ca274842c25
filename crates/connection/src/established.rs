//! The constructor of all connections.

use std::sync::Arc;

use sockeye_errors::HandshakeError;
use sockeye_handshake::{Extension, Request, Response};
use sockeye_net::{Io, Runtime, random};
use sockeye_protocol::{Config, Receiver, Role, Sender};

use crate::{
    WebSocket,
    commands::CommandQueue,
    deflate::{DeflateOption, NegotiatedDeflate},
    handshake_info::{HandshakeInfo, StoredResponse},
    inbound::Inbound,
    inner::Inner,
    io::ConnectionIo,
    trace,
};

/// The result of an opening handshake, in either role: everything that [`WebSocket::from_upgraded`] needs besides the
/// stream.
#[derive(Debug)]
pub struct Established {
    pub(crate) role: Role,
    pub(crate) request: Request,
    pub(crate) response: StoredResponse,
    pub(crate) deflate: NegotiatedDeflate,
    pub(crate) config: Arc<Config>,
    pub(crate) commands: Option<Arc<CommandQueue>>,
    pub(crate) wait_for_peer_eof: bool,
}

impl Established {
    /// Describes a handshake that has succeeded, without compression and with the default configuration.
    pub fn new(role: Role, request: Request, response: Response) -> Self {
        Self {
            role,
            request,
            response: StoredResponse::Kept(Box::new(response)),
            deflate: NegotiatedDeflate::default(),
            config: Arc::default(),
            commands: None,
            wait_for_peer_eof: false,
        }
    }

    /// Sets the limits and deadlines of the connection.
    #[must_use]
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.config = config.into();
        self
    }

    /// Accepts the extensions of the server's response, as the client that offered `compression`.
    ///
    /// # Errors
    ///
    /// Returns an error if the response contains an extension that was not offered, or invalid parameters.
    pub fn accept_extensions(
        mut self,
        compression: &DeflateOption,
        extensions: &[Extension],
    ) -> Result<Self, HandshakeError> {
        self.deflate = compression.accept(extensions)?;
        Ok(self)
    }

    /// Opens the connection. `leftover` contains the bytes that were read past the handshake.
    pub(crate) fn open<S: Unpin, R: Runtime + Io<S>>(
        self,
        stream: S,
        mut leftover: Vec<u8>,
    ) -> WebSocket<S, R> {
        let Self { role, request, response, deflate, config, commands, wait_for_peer_eof } = self;
        let receiver = Receiver::new(role, Arc::clone(&config));
        let sender = match role {
            Role::Client => Sender::client(config, random::mask_key),
            Role::Server => Sender::server(config),
        };
        let (mut sender, mut receiver) = deflate.apply(sender, receiver);
        sender.start(R::now());
        receiver.handle_received(&mut leftover);
        trace::opened(role, &request);
        let info = Box::new(HandshakeInfo::new(request, response, deflate.is_compressed()));
        let io = ConnectionIo::new(stream, sender, info, commands, wait_for_peer_eof);
        WebSocket::from(Box::new(Inner { inbound: Inbound::new(receiver), io }))
    }
}
