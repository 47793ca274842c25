//! The connection, whole: both directions in one hand.

use std::{
    fmt,
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use sockeye_errors::{Close, CloseCode, ConnectionClosed, Error, Operation, State, Timeout};
use sockeye_handshake::{Request, Response};
use sockeye_protocol::{Message, MessageKind, Outgoing, Receiver};

use crate::{
    Io, MessageReader, MessageWriter, Runtime, Stream,
    about::About,
    home::WayHome,
    inbox::Inbox,
    link::{Access, Budget, Incoming, Link, poll_incoming},
    ping::PongSlot,
    reader::Source,
    split,
};

/// A WebSocket connection over the stream `S`, on the runtime `R`.
///
/// # Cancel safety
///
/// All progress is kept in the connection, none in a future. [`recv`](Self::recv), [`next`](Self::next) and
/// [`close`](Self::close) may be dropped at any time, and lose nothing. If [`send`](Self::send) is dropped before it
/// completes, the message was either not accepted or will be sent whole. No method can leave half a frame on the wire.
///
/// # Keepalive, deadlines and control frames
///
/// The library spawns no task for a connection. Pings are answered, keepalive pings sent and deadlines kept while some
/// method waits: an application that receives in a loop need not think about it.
///
/// # Dropping
///
/// A dropped connection ends without a close frame, which the peer sees as an abnormal closure (1006). A connection of
/// a [`Server`](crate::Server) is closed in the regular way when its handler returns.
pub struct WebSocket<S, R: Runtime> {
    core: Option<Box<Core<S, R>>>,
}

/// What a connection consists of. It lives in a box of its own, so that moving a connection moves a pointer.
pub(crate) struct Core<S, R: Runtime> {
    pub(crate) receiver: Receiver,
    pub(crate) link: Link<S, R>,
    /// Hardly ever looked at. Allocators find two small places more easily than a large one.
    pub(crate) about: Box<About>,
    /// Messages that arrived while a pong was awaited.
    pub(crate) inbox: Inbox,
    pub(crate) budget: Budget,
    /// Whether the error at the end was told as an item.
    told: bool,
    /// Whether messages may be compressed.
    pub(crate) compressed: bool,
    /// Where a connection of a server goes when its handler drops it.
    pub(crate) home: Option<WayHome<S, R>>,
}

impl<S, R: Runtime> Core<S, R> {
    pub(crate) fn new(
        receiver: Receiver,
        link: Link<S, R>,
        about: Box<About>,
        compressed: bool,
    ) -> Box<Self> {
        let (inbox, budget) = (Inbox::default(), Budget::default());
        Box::new(Self { receiver, link, about, inbox, budget, told: false, compressed, home: None })
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Core<S, R> {
    /// The next message as an item: `None` after a normal close, and after an error.
    ///
    /// This is not inlined, and has a return for each kind of message, so that one is written once, to where the caller wants it:
    /// a move right after that would wait for it to arrive in the cache.
    #[inline(never)]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Message>, Error>> {
        if self.may_take() {
            if let Some(text) = self.receiver.poll_short_text() {
                return Poll::Ready(Ok(Some(Message::Text(text))));
            }
            if let Some(message) = self.receiver.poll_whole() {
                return Poll::Ready(Ok(Some(message)));
            }
        }
        self.poll_item(cx)
    }

    /// The next message; see [`poll_next`](Self::poll_next).
    #[inline(never)]
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        if self.may_take() {
            if let Some(text) = self.receiver.poll_short_text() {
                return Poll::Ready(Ok(Message::Text(text)));
            }
            if let Some(message) = self.receiver.poll_whole() {
                return Poll::Ready(Ok(message));
            }
        }
        self.poll_any(cx)
    }

    /// Whether what the receiver has is next, and it is not the neighbours' turn.
    #[inline]
    fn may_take(&mut self) -> bool {
        self.inbox.is_empty() && self.budget.spend()
    }

    fn poll_any(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        if let Some(message) = self.inbox.pop() {
            return Poll::Ready(Ok(message));
        }
        if self.budget.is_overdrawn(cx) {
            self.link.pause(cx);
            return Poll::Pending;
        }
        loop {
            let incoming = poll_incoming(&mut self.receiver, &mut self.link, &mut self.budget, cx);
            match ready!(incoming)? {
                Incoming::Message(message) => return Poll::Ready(Ok(message)),
                // The rest of a message whose reader was dropped.
                Incoming::Fragment(_) => {}
            }
        }
    }

    #[inline(never)]
    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Message>, Error>> {
        if self.told {
            return Poll::Ready(Ok(None));
        }
        let item = none_if_ok(ready!(self.poll_any(cx)));
        self.told = item.is_err();
        Poll::Ready(item)
    }

    /// Receives until the end, and discards what comes.
    pub(crate) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.inbox = Inbox::default();
        self.receiver.discard();
        loop {
            let incoming = poll_incoming(&mut self.receiver, &mut self.link, &mut self.budget, cx);
            if ready!(incoming).is_err() {
                return Poll::Ready(());
            }
        }
    }

    fn poll_pong(
        &mut self,
        slot: &PongSlot,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Duration, Error>> {
        loop {
            if let Poll::Ready(result) = slot.poll(cx) {
                return Poll::Ready(result);
            }
            if self.inbox.is_full() {
                return Poll::Ready(Err(Timeout::new(Operation::Ping).into()));
            }
            // A message must not hide the pong behind it, so this looks one event at a time.
            match poll_one(self, slot, cx) {
                Poll::Ready(Ok(Some(message))) => self.inbox.push(message),
                Poll::Ready(Ok(None)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return slot.poll(cx),
            }
        }
    }
}

/// The next message, or `None` as soon as the pong has come.
fn poll_one<S: Unpin, R: Runtime + Io<S>>(
    core: &mut Core<S, R>,
    slot: &PongSlot,
    cx: &mut Context<'_>,
) -> Poll<Result<Option<Message>, Error>> {
    match poll_incoming(&mut core.receiver, &mut core.link, &mut core.budget, cx) {
        Poll::Ready(Ok(Incoming::Message(message))) => Poll::Ready(Ok(Some(message))),
        Poll::Ready(Ok(Incoming::Fragment(_))) => Poll::Ready(Ok(None)),
        Poll::Ready(Err(error)) => match slot.poll(cx) {
            Poll::Ready(Ok(_)) => Poll::Ready(Ok(None)),
            _ => Poll::Ready(Err(error)),
        },
        Poll::Pending => Poll::Pending,
    }
}

impl<S, R: Runtime> WebSocket<S, R> {
    pub(crate) fn from_core(core: Box<Core<S, R>>) -> Self {
        Self { core: Some(core) }
    }

    pub(crate) fn into_core(mut self) -> Box<Core<S, R>> {
        self.core.take().expect(PRESENT)
    }

    pub(crate) fn core(&self) -> &Core<S, R> {
        self.core.as_ref().expect(PRESENT)
    }

    pub(crate) fn core_mut(&mut self) -> &mut Core<S, R> {
        self.core.as_mut().expect(PRESENT)
    }

    /// The state of the connection.
    pub fn state(&self) -> State {
        self.core().link.sender.state()
    }

    /// How the connection ended, as far as it has.
    pub fn outcome(&self) -> &ConnectionClosed {
        self.core().link.sender.outcome()
    }

    /// The time between the last ping that was answered, one of the keepalive included, and its pong.
    pub fn latency(&self) -> Option<Duration> {
        self.core().link.sender.latency()
    }

    /// Bytes that wait to be written.
    pub fn buffered(&self) -> usize {
        self.core().link.sender.buffered()
    }

    /// The subprotocol that was agreed on.
    pub fn subprotocol(&self) -> Option<&str> {
        self.core().about.subprotocol()
    }

    /// The request of the opening handshake.
    pub fn request(&self) -> &Request {
        self.core().about.request()
    }

    /// The response of the opening handshake.
    pub fn response(&self) -> &Response {
        self.core().about.response()
    }

    /// Whether messages may be compressed.
    pub fn is_compressed(&self) -> bool {
        self.core().compressed
    }

    /// The stream beneath.
    pub fn get_ref(&self) -> &S {
        &self.core().link.stream
    }

    /// The stream beneath. Reading from it or writing to it breaks the connection.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.core_mut().link.stream
    }

    /// The stream beneath, and the end of the connection above it: without a close frame, unless
    /// [`close`](Self::close) came before.
    pub fn into_inner(self) -> S {
        self.into_core().link.stream
    }
}

impl<S: AsRef<Stream<R>>, R: Runtime> WebSocket<S, R> {
    /// The address of this end, if it has one.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.get_ref().as_ref().local_addr()
    }

    /// The address of the peer, if it has one.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.get_ref().as_ref().peer_addr()
    }
}

impl<S: Unpin, R: Runtime + Io<S>> WebSocket<S, R> {
    /// Receives the next message.
    ///
    /// # Errors
    ///
    /// [`Error::ConnectionClosed`] once the connection has ended; all that arrived before was handed out.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    #[inline]
    pub fn recv(&mut self) -> impl Future<Output = Result<Message, Error>> {
        let core = self.core_mut();
        poll_fn(move |cx| core.poll_recv(cx))
    }

    /// Receives the next message; `None` once the connection was closed normally.
    ///
    /// # Errors
    ///
    /// [`Error::ConnectionClosed`] once the connection has ended in another way. That is told once; what follows is
    /// `None`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    #[expect(
        clippy::should_implement_trait,
        reason = "it is asynchronous, as is the `next` of streams"
    )]
    #[inline]
    pub fn next(&mut self) -> impl Future<Output = Result<Option<Message>, Error>> {
        poll_fn(|cx| self.poll_next_message(cx))
    }

    /// The poll form of [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// See [`next`](Self::next).
    #[inline]
    pub fn poll_next_message(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message>, Error>> {
        self.core_mut().poll_next(cx)
    }

    /// Sends a message: queues it, and writes all that is queued.
    ///
    /// Waits while too much is queued. `Ok` means that the message was handed to the operating system.
    ///
    /// While it waits, it does not receive: where both sides send much at once without receiving, both wait until the
    /// write timeout. [`split`](Self::split) the connection to do both at a time.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] with `PayloadTooBig` for a message over the limit, which leaves the connection as it was,
    /// and with `InvalidState` after [`close`](Self::close); [`Error::ConnectionClosed`] after any other end.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the message was either not accepted or will be sent whole.
    #[inline]
    pub fn send(
        &mut self,
        message: impl Into<Outgoing>,
    ) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        let link = &mut self.core_mut().link;
        poll_fn(move |cx| {
            if message.is_some() {
                ready!(link.poll_feed(&mut message, cx))?;
            }
            link.poll_flushed(cx)
        })
    }

    /// Queues a message. It is written when the connection next waits for something, when much is queued, or by
    /// [`flush`](Self::flush): so messages that are sent one after the other leave in one write.
    ///
    /// Waits while too much is queued.
    ///
    /// # Errors
    ///
    /// See [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the message was not accepted.
    #[inline]
    pub fn feed(
        &mut self,
        message: impl Into<Outgoing>,
    ) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        let link = &mut self.core_mut().link;
        poll_fn(move |cx| link.poll_feed(&mut message, cx))
    }

    /// Writes all that is queued.
    ///
    /// # Errors
    ///
    /// [`Error::ConnectionClosed`] if the connection ended before all was written.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn flush(&mut self) -> Result<(), Error> {
        let link = &mut self.core_mut().link;
        poll_fn(|cx| link.poll_flushed(cx)).await
    }

    /// Sends a message in parts, as they become known.
    ///
    /// # Errors
    ///
    /// See [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. A writer that is dropped before [`finish`](MessageWriter::finish) fails the connection: a message
    /// that has begun cannot be taken back.
    pub async fn send_stream(
        &mut self,
        kind: MessageKind,
    ) -> Result<MessageWriter<'_, S, R>, Error> {
        let link = &mut self.core_mut().link;
        poll_fn(|cx| link.poll_ready(cx)).await;
        link.sender.begin_message(kind)?;
        Ok(MessageWriter::own(link))
    }

    /// Receives the next message in parts, as they arrive, whatever its size.
    ///
    /// # Errors
    ///
    /// See [`recv`](Self::recv).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. If the reader is dropped before the end, the rest of the message is skipped.
    pub async fn recv_stream(&mut self) -> Result<MessageReader<'_, S, R>, Error> {
        MessageReader::open(Source::Own(self.core_mut())).await
    }

    /// Sends a ping; what it returns waits for the pong, and receives in the meantime. Messages that come before the
    /// pong are kept for [`recv`](Self::recv).
    ///
    /// # Errors
    ///
    /// See [`send`](Self::send); a payload of more than 125 bytes is
    /// [`ControlTooLong`](sockeye_errors::ProtocolError::ControlTooLong). The second future fails with
    /// [`Error::ConnectionClosed`] if the connection ends first, and with [`Error::Timeout`] if more than 1 MiB of
    /// messages comes first.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn ping(
        &mut self,
        payload: impl Into<Bytes>,
    ) -> Result<AwaitedPong<'_, S, R>, Error> {
        let slot = self.core_mut().link.ping(payload.into())?;
        self.flush().await?;
        Ok(AwaitedPong { core: self.core_mut(), slot })
    }

    /// Sends a pong that answers no ping: a heartbeat in one direction.
    ///
    /// # Errors
    ///
    /// See [`ping`](Self::ping).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the pong will be sent whole.
    pub async fn pong(&mut self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.core_mut().link.sender.pong(payload)?;
        self.flush().await
    }

    /// Closes the connection with 1000, and waits for the end: the peer's close frame and, as a client, the end of the
    /// transport, at most for the close timeout. Messages that still arrive are discarded.
    ///
    /// Closing a connection that has ended does nothing. [`outcome`](Self::outcome) tells how it went.
    ///
    /// # Errors
    ///
    /// None, but for [`close_with`](Self::close_with)'s.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn close(&mut self) -> Result<(), Error> {
        self.close_with(CloseCode::NORMAL, "").await
    }

    /// Closes the connection with a code and a reason; see [`close`](Self::close). [`CloseCode::NO_STATUS`] without a
    /// reason sends the empty close frame.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] for a code that must not be sent, and for a reason of more than 123 bytes; the connection
    /// stays as it was.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn close_with(
        &mut self,
        code: impl Into<CloseCode>,
        reason: impl Into<String>,
    ) -> Result<(), Error> {
        let core = self.core_mut();
        core.link.sender.close(R::now(), &Close::new(code, reason))?;
        poll_fn(|cx| core.poll_closed(cx)).await;
        Ok(())
    }

    /// Splits the connection into its two directions, for two tasks.
    pub fn split(self) -> (split::Sender<S, R>, split::Receiver<S, R>) {
        split::split(*self.into_core())
    }
}

/// The end of a connection as [`WebSocket::next`] sees it: `None` after a normal close.
pub(crate) fn none_if_ok(result: Result<Message, Error>) -> Result<Option<Message>, Error> {
    match result {
        Ok(message) => Ok(Some(message)),
        Err(Error::ConnectionClosed(closed)) if closed.is_ok() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The pong that a ping of [`WebSocket::ping`] waits for: the time that it took.
///
/// Dropping this forgets the pong, nothing else.
#[must_use = "the ping is sent; this waits for its pong"]
pub struct AwaitedPong<'a, S, R: Runtime> {
    core: &'a mut Core<S, R>,
    slot: Arc<PongSlot>,
}

impl<S: Unpin, R: Runtime + Io<S>> Future for AwaitedPong<'_, S, R> {
    type Output = Result<Duration, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let slot = Arc::clone(&self.slot);
        self.core.poll_pong(&slot, cx)
    }
}

impl<S, R: Runtime> fmt::Debug for AwaitedPong<'_, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitedPong").finish_non_exhaustive()
    }
}

impl<S, R: Runtime> Drop for WebSocket<S, R> {
    fn drop(&mut self) {
        if let Some(mut core) = self.core.take()
            && let Some(home) = core.home.take()
        {
            home.receive(core);
        }
    }
}

impl<S: fmt::Debug, R: Runtime> fmt::Debug for WebSocket<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("state", &self.state())
            .field("subprotocol", &self.subprotocol())
            .field("stream", self.get_ref())
            .finish_non_exhaustive()
    }
}

const PRESENT: &str = "the connection is there until it is dropped or taken apart";
