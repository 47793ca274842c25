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
use sockeye_protocol::{self as protocol, Fragment, Message, MessageKind};

use crate::{
    Io, Receiver, Runtime,
    access::{Incoming, poll_incoming},
    core::Core,
};

/// Receives a message in parts; made by [`WebSocket::recv_stream`](crate::WebSocket::recv_stream).
///
/// If it is dropped before the end of the message, the rest is skipped.
pub struct MessageReader<'a, S: Unpin, R: Runtime + Io<S>> {
    source: Source<'a, S, R>,
    kind: MessageKind,
    /// What has arrived and was not handed out.
    data: Bytes,
    last: bool,
}

pub(crate) enum Source<'a, S, R: Runtime> {
    Own(&'a mut Core<S, R>),
    Half(&'a mut Receiver<S, R>),
}

impl<S: Unpin, R: Runtime + Io<S>> Source<'_, S, R> {
    fn receiver(&mut self) -> &mut protocol::Receiver {
        match self {
            Self::Own(core) => &mut core.receiver,
            Self::Half(half) => half.receiver(),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Fragment, Error>> {
        let incoming = ready!(match self {
            Self::Own(core) => {
                poll_incoming(&mut core.receiver, &mut core.link, &mut core.budget, cx)
            }
            Self::Half(half) => half.poll_incoming(cx),
        })?;
        Poll::Ready(Ok(match incoming {
            Incoming::Fragment(fragment) => fragment,
            Incoming::Message(message) => whole(message),
        }))
    }
}

/// A message as the only part of itself.
fn whole(message: Message) -> Fragment {
    let kind = message.kind();
    Fragment::new(kind, message.into_bytes(), true)
}

/// Asks for the next message in parts, and takes that back if it is dropped before the message begins.
struct Opening<'a, S: Unpin, R: Runtime + Io<S>>(Option<Source<'a, S, R>>);

impl<S: Unpin, R: Runtime + Io<S>> Drop for Opening<'_, S, R> {
    fn drop(&mut self) {
        if let Some(source) = &mut self.0 {
            source.receiver().keep_whole();
        }
    }
}

impl<'a, S: Unpin, R: Runtime + Io<S>> MessageReader<'a, S, R> {
    pub(crate) async fn open(mut source: Source<'a, S, R>) -> Result<Self, Error> {
        let inbox = match &mut source {
            Source::Own(core) => &mut core.inbox,
            Source::Half(half) => &mut half.inbox,
        };
        if let Some(message) = inbox.pop() {
            return Ok(Self::begun(source, whole(message)));
        }
        source.receiver().stream();
        let mut opening = Opening(Some(source));
        let fragment = poll_fn(|cx| match &mut opening.0 {
            Some(source) => source.poll(cx),
            None => Poll::Pending,
        })
        .await?;
        let source = opening.0.take().expect("nobody takes it before");
        Ok(Self::begun(source, fragment))
    }

    fn begun(source: Source<'a, S, R>, fragment: Fragment) -> Self {
        let Fragment { kind, data, last, .. } = fragment;
        Self { source, kind, data, last }
    }

    /// Whether the message is text or binary.
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The next part of the message; `None` after its end.
    ///
    /// A character of a text may be cut in two; the whole is valid UTF-8 all the same.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::recv`](crate::WebSocket::recv).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
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
            let fragment = ready!(self.source.poll(cx))?;
            self.data = fragment.data;
            self.last = fragment.last;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Drop for MessageReader<'_, S, R> {
    fn drop(&mut self) {
        if !self.last {
            self.source.receiver().discard();
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
