//! Messages that are sent in parts.

use std::{
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_io::AsyncWrite;
use sockeye_errors::Error;
use sockeye_net::{Io, Runtime};

use crate::{io::ConnectionIo, split::Shared};

/// Sends a message in parts; made by [`WebSocket::send_stream`](crate::WebSocket::send_stream).
///
/// Call [`finish`](Self::finish), or [`finish_with`](Self::finish_with), to end the message. A writer that is dropped
/// before fails the connection with 1011.
pub struct MessageWriter<'a, S: Unpin, R: Runtime + Io<S>> {
    sender: SenderRef<'a, S, R>,
    finished: bool,
}

enum SenderRef<'a, S, R: Runtime> {
    Whole(&'a mut ConnectionIo<S, R>),
    Shared(&'a Shared<S, R>),
}

impl<S: Unpin, R: Runtime + Io<S>> SenderRef<'_, S, R> {
    fn with<T>(&mut self, act: impl FnOnce(&mut ConnectionIo<S, R>) -> T) -> T {
        match self {
            Self::Whole(io) => act(io),
            Self::Shared(shared) => shared.with_io(act),
        }
    }

    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut ConnectionIo<S, R>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        match self {
            Self::Whole(io) => poll(io, cx),
            Self::Shared(shared) => shared.poll_sender(cx, poll),
        }
    }
}

impl<'a, S: Unpin, R: Runtime + Io<S>> MessageWriter<'a, S, R> {
    pub(crate) fn whole(io: &'a mut ConnectionIo<S, R>) -> Self {
        Self { sender: SenderRef::Whole(io), finished: false }
    }

    pub(crate) fn shared(shared: &'a Shared<S, R>) -> Self {
        Self { sender: SenderRef::Shared(shared), finished: false }
    }

    /// Sends the next part of the message.
    ///
    /// The parts of a text need not end between characters, but the whole must be UTF-8.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::send`](crate::WebSocket::send); [`Error::Protocol`] with `InvalidUtf8` for a part that makes a text
    /// invalid, which is not sent: another one may follow in its place.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the part was either not accepted or will be sent whole.
    pub async fn write(&mut self, data: impl Into<Bytes>) -> Result<(), Error> {
        self.write_fragment(data.into(), false).await
    }

    /// Ends the message.
    ///
    /// # Errors
    ///
    /// See [`write`](Self::write); a text that ends inside a character fails the connection, as one does that is dropped
    /// before its end.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: if dropped before it completes, the message may not have ended, and the connection fails.
    pub async fn finish(self) -> Result<(), Error> {
        self.finish_with(Bytes::new()).await
    }

    /// Sends the last part of the message, which saves a frame over [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// See [`finish`](Self::finish).
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: if dropped before it completes, the message may not have ended, and the connection fails.
    pub async fn finish_with(mut self, data: impl Into<Bytes>) -> Result<(), Error> {
        self.write_fragment(data.into(), true).await
    }

    async fn write_fragment(&mut self, data: Bytes, last: bool) -> Result<(), Error> {
        let mut data = Some(data);
        poll_fn(|cx| self.poll_write_fragment(cx, &mut data, last)).await?;
        poll_fn(|cx| self.sender.poll(cx, ConnectionIo::poll_flushed)).await
    }

    fn poll_write_fragment(
        &mut self,
        cx: &mut Context<'_>,
        data: &mut Option<Bytes>,
        last: bool,
    ) -> Poll<Result<(), Error>> {
        let result = ready!(self.sender.poll(cx, |io, cx| {
            ready!(io.poll_ready(cx));
            let data = data.take().unwrap_or_default();
            Poll::Ready(io.sender.write_fragment(data, last))
        }));
        if last {
            self.finished = result.is_ok();
            self.wake_next_sender();
        }
        Poll::Ready(result)
    }

    fn wake_next_sender(&self) {
        if let SenderRef::Shared(shared) = &self.sender {
            shared.wake_senders();
        }
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Drop for MessageWriter<'_, S, R> {
    fn drop(&mut self) {
        if !self.finished {
            self.sender.with(|io| io.sender.abandon_message(R::now()));
            self.wake_next_sender();
        }
    }
}

impl<S: Unpin, R: Runtime + Io<S>> AsyncWrite for MessageWriter<'_, S, R> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.finished {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let mut data = Some(Bytes::copy_from_slice(buf));
        let result = ready!(self.poll_write_fragment(cx, &mut data, false));
        Poll::Ready(result.map(|()| buf.len()).map_err(io::Error::other))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.sender.poll(cx, ConnectionIo::poll_flushed).map_err(io::Error::other)
    }

    /// Ends the message; the connection stays open.
    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.finished {
            let mut data = Some(Bytes::new());
            ready!(self.poll_write_fragment(cx, &mut data, true)).map_err(io::Error::other)?;
        }
        self.poll_flush(cx)
    }
}

impl<S: Unpin, R: Runtime + Io<S>> fmt::Debug for MessageWriter<'_, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageWriter").finish_non_exhaustive()
    }
}
