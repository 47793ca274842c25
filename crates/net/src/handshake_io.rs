//! Reading and writing a stream before there is a connection.
//!
//! None of these functions is cancel safe. A handshake owns its stream, and both are dropped together.

use std::{
    cell::Cell,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use sockeye_errors::{Error, HandshakeError, Operation};

use crate::{Deadline, Io, Runtime};

/// Writes all of `bytes` and flushes the stream.
///
/// # Errors
///
/// Returns the error of the stream, and a [`Timeout`](sockeye_errors::Timeout) of the handshake after the deadline.
pub async fn write<S: Unpin, R: Runtime + Io<S>>(
    stream: &mut S,
    mut bytes: &[u8],
    deadline: Deadline,
) -> Result<(), Error> {
    let write = |cx: &mut Context<'_>| {
        while !bytes.is_empty() {
            match ready!(R::poll_write(Pin::new(stream), cx, bytes))? {
                0 => return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into())),
                len => bytes = &bytes[len..],
            }
        }
        R::poll_flush(Pin::new(stream), cx).map_err(Error::from)
    };
    deadline.timeout_fn::<R, _>(Operation::Handshake, write).await
}

/// Reads until `parse` returns a value. An empty slice stands for the end of the stream.
///
/// # Errors
///
/// Returns the error of the stream or of `parse`.
pub fn poll_read<S: Unpin, R: Runtime + Io<S>, T>(
    stream: &mut S,
    cx: &mut Context<'_>,
    mut parse: impl FnMut(&[u8]) -> Result<Option<T>, HandshakeError>,
) -> Poll<Result<T, Error>> {
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    buffer.resize(READ_SIZE, 0);
    let value = loop {
        match R::poll_read(Pin::new(stream), cx, &mut buffer) {
            Poll::Pending => break Poll::Pending,
            Poll::Ready(Err(error)) => break Poll::Ready(Err(error.into())),
            Poll::Ready(Ok(len)) => match parse(&buffer[..len]) {
                Ok(None) => {}
                Ok(Some(value)) => break Poll::Ready(Ok(value)),
                Err(error) => break Poll::Ready(Err(error.into())),
            },
        }
    };
    // The thread may be ending.
    let _ = BUFFER.try_with(|place| place.set(buffer));
    value
}

thread_local! {
    /// The buffer of the thread. Clearing a buffer for each poll took an eighth of the instructions of a handshake.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Shuts down a stream on which no connection was opened, and reads until its end, so that the peer receives the last
/// bytes: closing a socket with unread data resets the connection.
pub async fn shut_down_and_drain<S: Unpin, R: Runtime + Io<S>>(stream: &mut S, deadline: Deadline) {
    let (mut is_shut_down, mut left) = (false, MAX_DRAINED);
    let drain = |cx: &mut Context<'_>| {
        if !is_shut_down {
            ready!(R::poll_close(Pin::new(stream), cx))?;
            is_shut_down = true;
        }
        poll_read::<S, R, ()>(stream, cx, |bytes| {
            left = left.saturating_sub(bytes.len());
            Ok((bytes.is_empty() || left == 0).then_some(()))
        })
    };
    // The handshake has failed already: an error of the stream changes nothing.
    let _ = deadline.at_most::<R>(MAX_WAIT).timeout_fn::<R, _>(Operation::Close, drain).await;
}

/// The number of bytes read at a time. Most requests and responses are smaller.
const READ_SIZE: usize = 4 << 10;

/// The time limit for the peer to end a rejected stream.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// The number of bytes that are read after the shutdown.
const MAX_DRAINED: usize = 64 << 10;
