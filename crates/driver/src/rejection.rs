//! Turning a client away: the answer that opens no connection, and the end of the stream.

use http::StatusCode;
use sockeye_errors::{Error, HandshakeError};
use sockeye_handshake::Rejection;

use crate::{Io, Runtime, deadline::Deadline, wire};

/// Answers without opening a connection, and ends the stream. Where the answer cannot be sent, the client is told 500.
pub(crate) async fn reject<S: Unpin, R: Runtime + Io<S>>(
    stream: &mut S,
    rejection: &Rejection,
    deadline: Deadline,
) -> Result<(), Error> {
    let (bytes, told) = encode(rejection)?;
    wire::write::<S, R>(stream, &bytes, deadline).await?;
    // §7.2.2: a handshake that is refused ends the stream.
    wire::end::<S, R>(stream, deadline).await;
    told.map_err(Error::from)
}

/// What the client is told, and whether that is what it was to be told.
fn encode(rejection: &Rejection) -> Result<(Vec<u8>, Result<(), HandshakeError>), HandshakeError> {
    match rejection.encode() {
        Ok(bytes) => Ok((bytes, Ok(()))),
        Err(error) => Ok((internal_error().encode()?, Err(error))),
    }
}

/// The answer where we are to blame.
pub(crate) fn internal_error() -> Rejection {
    Rejection::new(StatusCode::INTERNAL_SERVER_ERROR, "")
}
