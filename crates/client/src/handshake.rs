//! The opening handshake of a client: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use std::{sync::Arc, task::Context};

use sockeye_connection::{Established, WebSocket, deflate::DeflateOption};
use sockeye_errors::{Error, HandshakeError, InvalidStatus, Operation};
use sockeye_handshake::{
    ClientHandshake, ClientOptions, Negotiated, WebSocketUri, redirect_location,
};
use sockeye_net::{Deadline, Io, Runtime, handshake_io, random};
use sockeye_protocol::{Config, Role};

/// The options of an opening handshake.
pub(crate) struct HandshakePlan {
    pub(crate) options: ClientOptions,
    pub(crate) compression: DeflateOption,
    /// Whether redirects are followed: the body of such a response is not read then.
    pub(crate) follows_redirects: bool,
}

impl HandshakePlan {
    /// Builds the request.
    pub(crate) fn prepare(mut self, uri: &WebSocketUri) -> Result<PreparedHandshake, Error> {
        self.options.extensions = self.compression.offers();
        let handshake = ClientHandshake::new(uri, &self.options, random::nonce()?)?;
        let Self { compression, follows_redirects, .. } = self;
        Ok(PreparedHandshake { handshake, compression, follows_redirects })
    }
}

/// An opening handshake whose request has been built.
pub(crate) struct PreparedHandshake {
    handshake: ClientHandshake,
    compression: DeflateOption,
    follows_redirects: bool,
}

impl PreparedHandshake {
    /// Performs the handshake over a stream to the server.
    pub(crate) async fn perform<S: Unpin, R: Runtime + Io<S>>(
        self,
        mut stream: S,
        config: Config,
        deadline: Deadline,
    ) -> Result<WebSocket<S, R>, Error> {
        let Self { mut handshake, compression, follows_redirects } = self;
        handshake_io::write::<S, R>(&mut stream, handshake.request_bytes(), deadline).await?;
        let read = |cx: &mut Context<'_>| {
            let parse = |bytes: &[u8]| parse_response(&mut handshake, follows_redirects, bytes);
            handshake_io::poll_read::<S, R, _>(&mut stream, cx, parse)
        };
        let (accepted, leftover) =
            match deadline.timeout_fn::<R, _>(Operation::Handshake, read).await {
                // A rejection without the rest of its body is more useful than a timeout.
                Err(Error::Timeout(timeout)) => {
                    let rejection = handshake.rejection_so_far().map(HandshakeError::from);
                    return Err(rejection.map_or(timeout.into(), Into::into));
                }
                response => response?,
            };
        let Negotiated { request, response, extensions, .. } = accepted;
        let established = Established::new(Role::Client, request, response)
            .config(Arc::new(config))
            .accept_extensions(&compression, &extensions)?;
        Ok(WebSocket::from_upgraded(stream, established, leftover))
    }
}

/// Parses the response. Returns it, with the bytes behind it, once it is complete.
fn parse_response(
    handshake: &mut ClientHandshake,
    follows_redirects: bool,
    bytes: &[u8],
) -> Result<Option<(Negotiated, Vec<u8>)>, HandshakeError> {
    if bytes.is_empty() {
        return Err(handshake.handle_eof());
    }
    if let Some((accepted, len)) = handshake.handle_received(bytes)? {
        return Ok(Some((accepted, bytes[len..].to_vec())));
    }
    match handshake.rejection_so_far() {
        Some(rejection) if follows_redirects && is_redirect(&rejection) => Err(rejection.into()),
        _ => Ok(None),
    }
}

/// Returns whether a rejection is a redirect, with a valid location or not.
fn is_redirect(rejection: &InvalidStatus) -> bool {
    !matches!(redirect_location(rejection), Ok(None))
}
