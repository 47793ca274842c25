//! Turning a client away: the answer that opens no connection, and the end of the stream.

use std::time::Duration;

use http::StatusCode;
use sockeye_errors::{Error, Operation};
use sockeye_handshake::Rejection;

use crate::{Io, Runtime, deadline::Deadline, wire};

/// Answers without opening a connection, and ends the stream. Where the answer cannot be sent, the client is told 500.
pub(crate) async fn reject<S: Unpin, R: Runtime + Io<S>>(
    stream: &mut S,
    rejection: &Rejection,
    deadline: Deadline,
) -> Result<(), Error> {
    let (bytes, told) = match rejection.encode() {
        Ok(bytes) => (bytes, Ok(())),
        Err(error) => (internal_error().encode()?, Err(error.into())),
    };
    let write = async { Ok(wire::write_all::<S, R>(stream, &bytes).await?) };
    deadline.hold::<R, _>(Operation::Handshake, write).await?;
    // §7.2.2: a handshake that is refused ends the stream.
    // The client has its answer; whether it takes leave in time is its own affair.
    let end = async { Ok(wire::end::<S, R>(stream).await?) };
    let _ = deadline.at_most::<R>(LINGER).hold::<R, _>(Operation::Close, end).await;
    told
}

/// The answer where we are to blame.
pub(crate) fn internal_error() -> Rejection {
    Rejection::new(StatusCode::INTERNAL_SERVER_ERROR, "")
}

/// How long the end of a stream is awaited that was turned away.
pub(crate) const LINGER: Duration = Duration::from_secs(2);
