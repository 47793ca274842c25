//! Reading and writing while there is no connection yet: in the opening handshake.
//!
//! Nothing here is cancel safe: the handshake owns its stream, and both are dropped together.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use sockeye_errors::{Error, HandshakeError, Operation};
use sockeye_protocol::scratch;

use crate::{Io, Runtime, deadline::Deadline};

/// Writes all of `bytes`, down to the operating system.
pub(crate) async fn write<S: Unpin, R: Runtime + Io<S>>(
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
    deadline.keep::<R, _>(Operation::Handshake, write).await
}

/// Reads until `take` makes something of what came; nothing is the end.
pub(crate) fn poll_read<S: Unpin, R: Runtime + Io<S>, T>(
    stream: &mut S,
    cx: &mut Context<'_>,
    mut take: impl FnMut(&mut [u8]) -> Result<Option<T>, HandshakeError>,
) -> Poll<Result<T, Error>> {
    loop {
        let taken = scratch::with(|buffer| {
            R::poll_read(Pin::new(stream), cx, buffer).map_ok(|len| take(&mut buffer[..len]))
        });
        if let Some(taken) = ready!(taken)?? {
            return Poll::Ready(Ok(taken));
        }
    }
}

/// Ends a stream on which no connection came to be: the last bytes written get the time to arrive. Whether the peer takes leave
/// in time is its own affair.
pub(crate) async fn end<S: Unpin, R: Runtime + Io<S>>(stream: &mut S, deadline: Deadline) {
    let (mut is_closed, mut left) = (false, MAX_DISCARDED);
    let end = |cx: &mut Context<'_>| {
        if !is_closed {
            ready!(R::poll_close(Pin::new(stream), cx))?;
            is_closed = true;
        }
        poll_read::<S, R, ()>(stream, cx, |bytes| {
            left = left.saturating_sub(bytes.len());
            Ok((bytes.is_empty() || left == 0).then_some(()))
        })
    };
    let _ = deadline.at_most::<R>(LINGER).keep::<R, _>(Operation::Close, end).await;
}

/// How long the end of a stream is awaited that was turned away.
const LINGER: Duration = Duration::from_secs(2);

/// Bytes that are read after the end.
const MAX_DISCARDED: usize = 64 << 10;
