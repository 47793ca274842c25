//! The opening handshake of a client: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use std::{sync::Arc, task::Context, time::Duration};

use sockeye_connection::{Established, WebSocket, deflate::DeflateOption};
use sockeye_errors::{Error, HandshakeError, InvalidMessage, InvalidStatus, Operation};
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
            let parse = |bytes: &[u8]| parse_response(&mut handshake, bytes);
            handshake_io::poll_read::<S, R, _>(&mut stream, cx, parse)
        };
        let (accepted, leftover) =
            match deadline.timeout_fn::<R, _>(Operation::Handshake, read).await? {
                Parsed::Accepted(accepted, leftover) => (accepted, leftover),
                Parsed::Rejected(rejection) if follows_redirects && is_redirect(&rejection) => {
                    return Err(HandshakeError::from(rejection).into());
                }
                Parsed::Rejected(_) => {
                    // Boxed, because rejections are rare.
                    let body = read_body::<S, R>(&mut handshake, &mut stream, deadline);
                    return Err(Box::pin(body).await);
                }
            };
        let Negotiated { request, response, extensions, .. } = accepted;
        let established = Established::new(Role::Client, request, response)
            .config(Arc::new(config))
            .accept_extensions(&compression, &extensions)?;
        Ok(WebSocket::from_upgraded(stream, established, leftover))
    }
}

/// A response whose head has arrived.
enum Parsed {
    /// The response that opens the connection, and the bytes behind it.
    Accepted(Negotiated, Vec<u8>),
    /// A rejection whose body is incomplete.
    Rejected(InvalidStatus),
}

/// Parses the response until its head is complete. A rejection whose body is complete as well is an error.
fn parse_response(
    handshake: &mut ClientHandshake,
    bytes: &[u8],
) -> Result<Option<Parsed>, HandshakeError> {
    if bytes.is_empty() {
        return Err(handshake.handle_eof());
    }
    if let Some((accepted, len)) = handshake.handle_received(bytes)? {
        return Ok(Some(Parsed::Accepted(accepted, bytes[len..].to_vec())));
    }
    Ok(handshake.rejection_so_far().map(Parsed::Rejected))
}

/// Reads the body of a rejection, and returns the rejection with as much of it as arrives in time: the status is worth more
/// than the rest of a slow body.
async fn read_body<S: Unpin, R: Runtime + Io<S>>(
    handshake: &mut ClientHandshake,
    stream: &mut S,
    deadline: Deadline,
) -> Error {
    let read = |cx: &mut Context<'_>| {
        handshake_io::poll_read::<S, R, _>(stream, cx, |bytes| match bytes {
            [] => Err(handshake.handle_eof()),
            bytes => handshake.handle_received(bytes),
        })
    };
    let deadline = deadline.at_most::<R>(BODY_TIMEOUT);
    let read = deadline.timeout_fn::<R, _>(Operation::Handshake, read).await.map(drop);
    match (read, handshake.rejection_so_far()) {
        (Err(error @ Error::Handshake(_)), _) | (Err(error), None) => error,
        (_, Some(rejection)) => HandshakeError::from(rejection).into(),
        (Ok(()), None) => HandshakeError::from(InvalidMessage::truncated()).into(),
    }
}

/// Returns whether a rejection is a redirect, with a valid location or not.
fn is_redirect(rejection: &InvalidStatus) -> bool {
    !matches!(redirect_location(rejection), Ok(None))
}

/// The time limit for the body of a rejection.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);
