//! Reading and writing while there is no connection yet: in the opening handshake.

use std::{future::poll_fn, io, pin::Pin, task::ready};

use sockeye_protocol::scratch;

use crate::{Io, Runtime};

/// Writes all of `bytes`, down to the operating system.
///
/// Not cancel safe: the opening handshake owns its stream, and both are dropped together.
pub(crate) async fn write_all<S: Unpin, R: Runtime + Io<S>>(
    stream: &mut S,
    mut bytes: &[u8],
) -> io::Result<()> {
    while !bytes.is_empty() {
        let len = poll_fn(|cx| R::poll_write(Pin::new(stream), cx, bytes)).await?;
        if len == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[len..];
    }
    poll_fn(|cx| R::poll_flush(Pin::new(stream), cx)).await
}

/// Reads once, and gives what came to `take`; nothing is the end.
pub(crate) async fn read<S: Unpin, R: Runtime + Io<S>, T>(
    stream: &mut S,
    mut take: impl FnMut(&mut [u8]) -> T,
) -> io::Result<T> {
    poll_fn(|cx| {
        scratch::with(|buffer| {
            let len = ready!(R::poll_read(Pin::new(stream), cx, buffer))?;
            std::task::Poll::Ready(Ok(take(&mut buffer[..len])))
        })
    })
    .await
}

/// Ends a stream on which no connection came to be: the last bytes written get the time to arrive.
pub(crate) async fn end<S: Unpin, R: Runtime + Io<S>>(stream: &mut S) -> io::Result<()> {
    poll_fn(|cx| R::poll_close(Pin::new(stream), cx)).await?;
    let mut left = MAX_DISCARDED;
    while left > 0 {
        match read::<S, R, _>(stream, |bytes| bytes.len()).await? {
            0 => break,
            len => left = left.saturating_sub(len),
        }
    }
    Ok(())
}

/// Bytes that are read after the end.
const MAX_DISCARDED: usize = 64 << 10;
