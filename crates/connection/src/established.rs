//! The constructor of all connections.

use std::sync::Arc;

use sockeye_errors::HandshakeError;
use sockeye_handshake::{Extension, Request, Response};
use sockeye_net::{Io, Runtime, random};
use sockeye_protocol::{Config, Receiver, Role, Sender};

use crate::{
    deflate::{DeflateOption, NegotiatedDeflate},
    handshake_info::{HandshakeInfo, StoredResponse},
    inbound::Inbound,
    inner::Inner,
    io::ConnectionIo,
    trace,
};

/// The result of an opening handshake, in either role: everything besides the stream that
/// [`WebSocket::from_upgraded`](crate::WebSocket::from_upgraded) needs.
///
/// The handshake must have succeeded: `Established` does not validate request and response again. A server that validates
/// requests with Sockeye uses [`Upgrade`](crate::Upgrade) instead.
///
/// # Examples
///
/// A client whose handshake another HTTP library has performed:
///
/// ```
/// use sockeye::{Request, Response, WebSocket, connection::{Established, Role}, http};
///
/// # async fn example(
/// #     request: http::request::Parts, response: http::response::Parts, stream: tokio::io::DuplexStream, leftover: Vec<u8>,
/// # ) -> Result<(), sockeye::Error> {
/// let (request, response) = (Request::from(&request), Response::from(&response));
/// let established = Established::new(Role::Client, request, response);
/// let mut ws: WebSocket<_> = WebSocket::from_upgraded(stream, established, leftover);
/// ws.send("Hello").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Established {
    pub(crate) role: Role,
    pub(crate) request: Request,
    pub(crate) response: StoredResponse,
    pub(crate) deflate: NegotiatedDeflate,
    pub(crate) config: Arc<Config>,
    pub(crate) wait_for_peer_eof: bool,
}

impl Established {
    /// Describes a handshake that has succeeded, without compression and with the default configuration.
    ///
    /// `request` and `response` are available later as [`WebSocket::request`](crate::WebSocket::request) and
    /// [`WebSocket::response`](crate::WebSocket::response). They are not validated again.
    pub fn new(role: Role, request: Request, response: Response) -> Self {
        Self {
            role,
            request,
            response: StoredResponse::Kept(Box::new(response)),
            deflate: NegotiatedDeflate::default(),
            config: Arc::default(),
            wait_for_peer_eof: false,
        }
    }

    /// Sets the limits and deadlines of the connection. Connections that receive the same [`Arc`] share it.
    #[must_use]
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.config = config.into();
        self
    }

    /// Sets whether the connection waits for the end of the peer's stream after the closing handshake; see
    /// [`Upgrade::wait_for_peer_eof`](crate::Upgrade::wait_for_peer_eof).
    #[must_use]
    pub const fn wait_for_peer_eof(mut self, wait: bool) -> Self {
        self.wait_for_peer_eof = wait;
        self
    }

    /// Accepts the extensions of the server's response, as the client that offered `compression`.
    ///
    /// # Errors
    ///
    /// Returns an error if the response contains an extension that was not offered, or invalid parameters.
    #[doc(hidden)]
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
    ) -> Box<Inner<S, R>> {
        let Self { role, request, response, deflate, config, wait_for_peer_eof } = self;
        let receiver = Receiver::new(role, Arc::clone(&config));
        let sender = match role {
            Role::Client => Sender::client(config, random::mask_key),
            Role::Server => Sender::server(config),
        };
        let (mut sender, mut receiver) = deflate.apply(sender, receiver);
        sender.start(R::now());
        receiver.handle_received(&mut leftover);
        trace::opened(role, &request);
        let info = Box::new(HandshakeInfo::new(request, response));
        let mut io = ConnectionIo::new(stream, sender, info);
        io.wait_for_peer_eof = wait_for_peer_eof;
        io.is_compressed = deflate.is_compressed();
        Box::new(Inner { inbound: Inbound::new(receiver), io, return_to: None })
    }
}
