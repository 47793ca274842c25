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

use crate::{inner::Inner, io::ConnectionIo, shared::Shared};

/// A message that is sent in parts.
///
/// Created by [`WebSocket::send_stream`](crate::WebSocket::send_stream) and
/// [`Sender::send_stream`](crate::Sender::send_stream). Each part is sent as one frame. Call [`finish`](Self::finish) or
/// [`finish_with`](Self::finish_with) to end the message. Dropping the writer after the first part and before the end
/// fails the connection with 1011, because a message cannot be withdrawn after its first frame.
///
/// The writer of an unsplit connection also receives, as [`WebSocket::send`](crate::WebSocket::send) does: pings are answered,
/// keepalive runs, and messages that arrive are kept.
///
/// The writer also implements `AsyncWrite` of the crate futures-io. Closing it ends the message and keeps the connection
/// open.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sockeye::Error> {
/// # let (near, far) = tokio::io::duplex(1024);
/// # let connect = async { sockeye::client("ws://localhost/", near).await };
/// # let accept = async { sockeye::accept(far).await?.accept().await };
/// # let (mut ws, mut server) = tokio::try_join!(connect, accept)?;
/// use sockeye::MessageKind;
///
/// let mut writer = ws.send_stream(MessageKind::Text).await?;
/// writer.write("{ \"rows\": [").await?;
/// writer.write("1, 2, 3").await?;
/// writer.finish_with("] }").await?;
/// # assert_eq!(server.recv().await?.as_text(), Some("{ \"rows\": [1, 2, 3] }"));
/// # Ok(())
/// # }
/// ```
pub struct MessageWriter<'a, S: Unpin, R: Runtime + Io<S>> {
    sender: SenderRef<'a, S, R>,
    finished: bool,
}

enum SenderRef<'a, S, R: Runtime> {
    Whole(&'a mut Inner<S, R>),
    Shared(&'a Shared<S, R>),
}

impl<S: Unpin, R: Runtime + Io<S>> SenderRef<'_, S, R> {
    fn with<T>(&mut self, act: impl FnOnce(&mut ConnectionIo<S, R>) -> T) -> T {
        match self {
            Self::Whole(inner) => act(&mut inner.io),
            Self::Shared(shared) => shared.with_io(act),
        }
    }

    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnMut(&mut ConnectionIo<S, R>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        match self {
            Self::Whole(inner) => inner.poll_sending(cx, poll),
            Self::Shared(shared) => shared.poll_sender(cx, poll),
        }
    }
}

impl<'a, S: Unpin, R: Runtime + Io<S>> MessageWriter<'a, S, R> {
    pub(crate) fn whole(inner: &'a mut Inner<S, R>) -> Self {
        Self { sender: SenderRef::Whole(inner), finished: false }
    }

    pub(crate) fn shared(shared: &'a Shared<S, R>) -> Self {
        Self { sender: SenderRef::Shared(shared), finished: false }
    }

    /// Sends the next part of the message as one frame, and writes all queued bytes.
    ///
    /// The parts of a text may divide a character, but the whole text must be UTF-8. An empty part sends nothing.
    ///
    /// # Errors
    ///
    /// - [`Error::Protocol`] with [`InvalidUtf8`](sockeye_errors::ProtocolError::InvalidUtf8) for a part that makes a text
    ///   invalid. The part is not sent, and another one may follow in its place.
    /// - [`Error::Protocol`] with [`PayloadTooBig`](sockeye_errors::ProtocolError::PayloadTooBig) if the message exceeds
    ///   `max_outgoing_size`.
    /// - [`Error::ConnectionClosed`] after the end of the connection.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped before it completes, the part was either not accepted or will be sent
    /// completely.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// # use sockeye::MessageKind;
    /// let mut writer = ws.send_stream(MessageKind::Binary).await?;
    /// for part in [vec![0; 1000], vec![1; 1000]] {
    ///     writer.write(part).await?;
    /// }
    /// writer.finish().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn write(&mut self, data: impl Into<Bytes>) -> Result<(), Error> {
        self.write_fragment(data.into(), false).await
    }

    /// Ends the message with an empty frame.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`write`](Self::write). A text that ends inside a character fails the connection, like a
    /// writer that is dropped before the end.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: if the future is dropped before it completes, the message may not have ended, and the connection
    /// fails then.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// # use sockeye::MessageKind;
    /// let mut writer = ws.send_stream(MessageKind::Text).await?;
    /// writer.write("first part, ").await?;
    /// writer.write("second part").await?;
    /// writer.finish().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn finish(self) -> Result<(), Error> {
        self.finish_with(Bytes::new()).await
    }

    /// Sends the last part and ends the message. Saves the empty frame of [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`finish`](Self::finish).
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: if the future is dropped before it completes, the message may not have ended, and the connection
    /// fails then.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// # use sockeye::MessageKind;
    /// let mut writer = ws.send_stream(MessageKind::Text).await?;
    /// writer.write("first part, ").await?;
    /// writer.finish_with("last part").await?;
    /// # Ok(())
    /// # }
    /// ```
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

    /// Ends the message. The connection stays open.
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
