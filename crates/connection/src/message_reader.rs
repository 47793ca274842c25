//! Messages that are received in parts.

use std::{
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use futures_io::AsyncRead;
use sockeye_errors::Error;
use sockeye_net::{Io, Runtime};
use sockeye_protocol::{Fragment, MessageKind};

use crate::{inbound::Inbound, inner::Inner, shared::Shared};

/// A message that is received in parts.
///
/// Created by [`WebSocket::recv_stream`](crate::WebSocket::recv_stream) and
/// [`Receiver::recv_stream`](crate::Receiver::recv_stream). A part contains the bytes that have arrived since the last
/// one. Its size depends on the network and has no relation to the frames of the peer. If the reader is dropped before
/// the end of the message, the connection skips the rest.
///
/// The reader also implements `AsyncRead` of the crate futures-io.
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
/// # let sending = tokio::spawn(async move { server.send(vec![0; 10_000]).await });
/// use sockeye::MessageKind;
///
/// let mut reader = ws.recv_stream().await?;
/// assert_eq!(reader.kind(), MessageKind::Binary);
/// let mut content = Vec::new();
/// while let Some(chunk) = reader.chunk().await? {
///     content.extend_from_slice(&chunk);
/// }
/// assert_eq!(content.len(), 10_000);
/// # sending.await.expect("the task does not panic")
/// # }
/// ```
pub struct MessageReader<'a, S: Unpin, R: Runtime + Io<S>> {
    receiver: ReceiverRef<'a, S, R>,
    kind: MessageKind,
    /// The bytes that have arrived and have not been returned.
    data: Bytes,
    last: bool,
}

pub(crate) enum ReceiverRef<'a, S, R: Runtime> {
    Whole(&'a mut Inner<S, R>),
    Half { inbound: &'a mut Inbound, shared: &'a Shared<S, R> },
}

impl<S: Unpin, R: Runtime + Io<S>> ReceiverRef<'_, S, R> {
    fn inbound(&mut self) -> &mut Inbound {
        match self {
            Self::Whole(inner) => &mut inner.inbound,
            Self::Half { inbound, .. } => inbound,
        }
    }

    fn poll_fragment(&mut self, cx: &mut Context<'_>) -> Poll<Result<Fragment, Error>> {
        match self {
            Self::Whole(inner) => inner.inbound.poll_fragment(&mut inner.io, cx),
            Self::Half { inbound, shared } => inbound.poll_fragment(shared, cx),
        }
    }
}

/// A request for the next message in parts. Dropping it before the message begins withdraws the request.
struct Opening<'a, S: Unpin, R: Runtime + Io<S>>(Option<ReceiverRef<'a, S, R>>);

impl<S: Unpin, R: Runtime + Io<S>> Drop for Opening<'_, S, R> {
    fn drop(&mut self) {
        if let Some(receiver) = &mut self.0 {
            receiver.inbound().receiver.cancel_stream();
        }
    }
}

impl<'a, S: Unpin, R: Runtime + Io<S>> MessageReader<'a, S, R> {
    pub(crate) async fn open(mut receiver: ReceiverRef<'a, S, R>) -> Result<Self, Error> {
        if let Some(fragment) = receiver.inbound().pop_pending() {
            return Ok(Self::new(receiver, fragment));
        }
        receiver.inbound().receiver.stream();
        let mut opening = Opening(Some(receiver));
        let fragment = poll_fn(|cx| match &mut opening.0 {
            Some(receiver) => receiver.poll_fragment(cx),
            None => Poll::Pending,
        })
        .await?;
        let receiver = opening.0.take().expect("it is present until here");
        Ok(Self::new(receiver, fragment))
    }

    fn new(receiver: ReceiverRef<'a, S, R>, fragment: Fragment) -> Self {
        let Fragment { kind, data, last, .. } = fragment;
        Self { receiver, kind, data, last }
    }

    /// Returns whether the message is text or binary.
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }

    /// Receives the next part of the message. Returns `None` after its end.
    ///
    /// A part is never empty. The parts of a text may divide a character, but the whole text is valid UTF-8.
    ///
    /// # Errors
    ///
    /// Returns [`Error::ConnectionClosed`] if the connection ends before the message does.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the connection stores all progress, so that no part is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// let mut reader = ws.recv_stream().await?;
    /// while let Some(chunk) = reader.chunk().await? {
    ///     println!("{} bytes", chunk.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| {
            ready!(self.poll_data(cx))?;
            let data = std::mem::take(&mut self.data);
            Poll::Ready(Ok((!data.is_empty()).then_some(data)))
        })
        .await
    }

    /// Waits until there is data, or the end of the message.
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while self.data.is_empty() && !self.last {
            let fragment = ready!(self.receiver.poll_fragment(cx))?;
            self.data = fragment.data;
            self.last = fragment.last;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Drop for MessageReader<'_, S, R> {
    fn drop(&mut self) {
        if !self.last {
            self.receiver.inbound().receiver.discard();
        }
    }
}

impl<S: Unpin, R: Runtime + Io<S>> AsyncRead for MessageReader<'_, S, R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_data(cx)).map_err(io::Error::other)?;
        let len = buf.len().min(self.data.len());
        buf[..len].copy_from_slice(&self.data[..len]);
        self.data.advance(len);
        Poll::Ready(Ok(len))
    }
}

impl<S: Unpin, R: Runtime + Io<S>> fmt::Debug for MessageReader<'_, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageReader").field("kind", &self.kind).finish_non_exhaustive()
    }
}
