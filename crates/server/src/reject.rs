//! Rejecting a request: writing a response that opens no connection, and ending the stream.

use http::StatusCode;
use sockeye_errors::{Error, HandshakeError};
use sockeye_handshake::Rejection;
use sockeye_net::{Deadline, Io, Runtime, handshake_io};

/// Writes a response to a request of this method that opens no connection, and ends the stream. Responds with 500 if the
/// rejection is invalid.
pub(crate) async fn reject<S: Unpin, R: Runtime + Io<S>>(
    stream: &mut S,
    method: &str,
    rejection: &Rejection,
    deadline: Deadline,
) -> Result<(), Error> {
    let (bytes, result) = encode(method, rejection)?;
    handshake_io::write::<S, R>(stream, &bytes, deadline).await?;
    // §7.2.2: a rejected handshake ends the stream.
    handshake_io::shut_down_and_drain::<S, R>(stream, deadline).await;
    result.map_err(Error::from)
}

/// Encodes a rejection. Returns the encoded response 500 and the error if the rejection is invalid.
fn encode(
    method: &str,
    rejection: &Rejection,
) -> Result<(Vec<u8>, Result<(), HandshakeError>), HandshakeError> {
    match rejection.encode_for(method) {
        Ok(bytes) => Ok((bytes, Ok(()))),
        Err(error) => Ok((internal_error().encode_for(method)?, Err(error))),
    }
}

/// Returns the response to a failure of the server.
pub(crate) fn internal_error() -> Rejection {
    Rejection::new(StatusCode::INTERNAL_SERVER_ERROR, "")
}
