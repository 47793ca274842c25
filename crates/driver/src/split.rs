//! The connection in two halves, for two tasks or more.

use std::{
    fmt,
    future::{Future, poll_fn},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker, ready},
    time::Duration,
};

use bytes::Bytes;
use sockeye_errors::{Close, CloseCode, ConcurrencyError, Error, ProtocolError, State};
use sockeye_protocol::{self as protocol, Event, Message, MessageKind, Outgoing};

use crate::{
    Io, MessageReader, MessageWriter, Pong, Runtime, WebSocket,
    about::About,
    core::{Core, none_if_ok},
    home::WayHome,
    inbox::Inbox,
    keep::keep,
    link::{Access, Budget, Incoming, Link, poll_incoming},
    reader::Source,
};

/// The sending half of a connection: any number of clones, in any number of tasks.
///
/// Messages of several senders never mix: each is sent whole, in the order in which they were accepted.
pub struct Sender<S, R: Runtime> {
    shared: Arc<Shared<S, R>>,
}

/// The receiving half of a connection.
///
/// Somebody has to receive: that answers pings, tells pongs, and notices that the connection has ended.
pub struct Receiver<S, R: Runtime> {
    receiver: Option<Box<protocol::Receiver>>,
    /// Messages that arrived while a pong was awaited.
    pub(crate) inbox: Inbox,
    budget: Budget,
    /// Whether the error at the end was told as an item.
    told: bool,
    shared: Arc<Shared<S, R>>,
}

/// What the halves share.
pub(crate) struct Shared<S, R: Runtime> {
    whole: Mutex<Option<Whole<S, R>>>,
    tasks: Arc<Tasks>,
    /// Wakes all who wait for the transport.
    waker: Waker,
}

/// The connection, but for its receiving direction while that is in the hands of the [`Receiver`].
struct Whole<S, R: Runtime> {
    receiver: Option<Box<protocol::Receiver>>,
    link: Link<S, R>,
    about: Box<About>,
    /// Whether messages may be compressed.
    compressed: bool,
    home: Option<WayHome<S, R>>,
}

/// The tasks that wait for the transport, which remembers only one waker for each of its directions.
///
/// A wake-up that is meant for one half costs the other a poll; none is lost, since everybody registers before polling.
#[derive(Debug, Default)]
struct Tasks(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    receiver: Option<Waker>,
    senders: Vec<Waker>,
}

impl Tasks {
    fn register_receiver(&self, cx: &Context<'_>) {
        keep(&mut self.waiting().receiver, cx.waker());
    }

    fn register_sender(&self, cx: &Context<'_>) {
        let senders = &mut self.waiting().senders;
        if !senders.iter().any(|waker| waker.will_wake(cx.waker())) {
            senders.push(cx.waker().clone());
        }
    }

    fn wake_all(&self) {
        let Waiting { receiver, senders } = mem::take(&mut *self.waiting());
        receiver.into_iter().chain(senders).for_each(Waker::wake);
    }

    fn wake_senders(&self) {
        let senders = mem::take(&mut self.waiting().senders);
        senders.into_iter().for_each(Waker::wake);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Tasks {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}

pub(crate) fn split<S, R: Runtime>(core: Core<S, R>) -> (Sender<S, R>, Receiver<S, R>) {
    let Core { receiver, link, about, inbox, compressed, home, .. } = core;
    let tasks = Arc::new(Tasks::default());
    let waker = Waker::from(Arc::clone(&tasks));
    let whole = Mutex::new(Some(Whole { receiver: None, link, about, compressed, home }));
    let shared = Arc::new(Shared { whole, tasks, waker });
    let receiver = Receiver {
        receiver: Some(Box::new(receiver)),
        inbox,
        budget: Budget::default(),
        told: false,
        shared: Arc::clone(&shared),
    };
    (Sender { shared }, receiver)
}

impl<S, R: Runtime> Whole<S, R> {
    fn into_core(self) -> Option<Box<Core<S, R>>> {
        let mut core = Core::new(*self.receiver?, self.link, self.about, self.compressed);
        core.home = self.home;
        Some(core)
    }
}

impl<S, R: Runtime> Shared<S, R> {
    fn with_whole<T>(&self, act: impl FnOnce(&mut Whole<S, R>) -> T) -> T {
        act(self.lock().as_mut().expect("the connection is there until it is put together again"))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Whole<S, R>>> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn with_link<T>(&self, act: impl FnOnce(&mut Link<S, R>) -> T) -> T {
        self.with_whole(|whole| act(&mut whole.link))
    }

    /// Acts on the link, and lets all look again who wait for what has become of it.
    fn watch<T>(&self, act: impl FnOnce(&mut Link<S, R>) -> T) -> T {
        let (result, changed, flushed) = self.with_link(|link| {
            let (state, flushed) = (link.sender.state(), link.sender.is_flushed());
            let result = act(link);
            let changed = link.sender.state() != state;
            (result, changed, !flushed && link.sender.is_flushed())
        });
        if changed {
            self.tasks.wake_all();
        } else if flushed {
            self.tasks.wake_senders();
        }
        result
    }

    /// Polls for a sender: registers its task only if there is something to wait for, and then polls once more.
    pub(crate) fn poll_sender<T>(
        &self,
        cx: &Context<'_>,
        mut poll: impl FnMut(&mut Link<S, R>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let mut shared_cx = Context::from_waker(&self.waker);
        let first = self.watch(|link| poll(link, &mut shared_cx));
        if first.is_ready() {
            return first;
        }
        self.tasks.register_sender(cx);
        self.watch(|link| poll(link, &mut shared_cx))
    }

    /// Lets the senders look whose turn it is.
    pub(crate) fn wake_senders(&self) {
        self.tasks.wake_senders();
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Access for &Shared<S, R> {
    fn handle_event(&mut self, event: Event) {
        self.watch(|link| link.handle_event(event));
    }

    fn poll_receive(
        &mut self,
        receiver: &mut protocol::Receiver,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        self.tasks.register_receiver(cx);
        let mut shared_cx = Context::from_waker(&self.waker);
        self.watch(|link| link.poll_receive(receiver, &mut shared_cx))
    }

    fn pause(&mut self, cx: &mut Context<'_>) {
        self.tasks.register_receiver(cx);
        let mut shared_cx = Context::from_waker(&self.waker);
        self.watch(|link| link.pause(&mut shared_cx));
    }
}

impl<S, R: Runtime> Sender<S, R> {
    /// The state of the connection.
    pub fn state(&self) -> State {
        self.shared.with_link(|link| link.sender.state())
    }

    /// The time between the last ping that was answered and its pong.
    pub fn latency(&self) -> Option<Duration> {
        self.shared.with_link(|link| link.sender.latency())
    }

    /// Bytes that wait to be written.
    pub fn buffered(&self) -> usize {
        self.shared.with_link(|link| link.sender.buffered())
    }

    /// The subprotocol that was agreed on.
    pub fn subprotocol(&self) -> Option<String> {
        self.shared.with_whole(|whole| whole.about.subprotocol().map(str::to_owned))
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Sender<S, R> {
    /// Sends a message; see [`WebSocket::send`]. Waits its turn while another sender streams a message.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::send`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the message was either not accepted or will be sent whole.
    pub fn send(&self, message: impl Into<Outgoing>) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        poll_fn(move |cx| {
            if message.is_some() {
                ready!(self.poll_feed(&mut message, cx))?;
            }
            self.shared.poll_sender(cx, Link::poll_flushed)
        })
    }

    /// Queues a message; see [`WebSocket::feed`]. Waits its turn while another sender streams a message.
    ///
    /// A [`Receiver`] that waits already does not hear of it: [`flush`](Self::flush) behind the last message, or send that
    /// one.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::send`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the message was not accepted.
    pub fn feed(&self, message: impl Into<Outgoing>) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        poll_fn(move |cx| self.poll_feed(&mut message, cx))
    }

    fn poll_feed(
        &self,
        message: &mut Option<Outgoing>,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        self.shared.poll_sender(cx, |link, cx| {
            ready!(poll_turn(link, cx));
            let message = message.take().expect("a future is not polled after its end");
            Poll::Ready(link.sender.send(message))
        })
    }

    /// Queues a message and writes what can be written without waiting.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::send`]; `Concurrency` where [`send`](Self::send) would wait: while another sender streams a
    /// message, and while too much is queued. The message was not accepted then.
    pub fn try_send(&self, message: impl Into<Outgoing>) -> Result<(), Error> {
        self.shared.with_link(|link| {
            link.sender.check_open("send")?;
            if link.sender.is_congested() {
                return Err(ProtocolError::from(ConcurrencyError::new("send")).into());
            }
            link.sender.send(message)?;
            let _ = link.poll_flushed(&mut Context::from_waker(&self.shared.waker));
            Ok(())
        })
    }

    /// Writes all that is queued; see [`WebSocket::flush`].
    ///
    /// # Errors
    ///
    /// See [`WebSocket::flush`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn flush(&self) -> Result<(), Error> {
        poll_fn(|cx| self.shared.poll_sender(cx, Link::poll_flushed)).await
    }

    /// Sends a message in parts; see [`WebSocket::send_stream`]. Other senders wait until it ends.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::send`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. A writer that is dropped before [`finish`](MessageWriter::finish) fails the connection.
    pub async fn send_stream(&self, kind: MessageKind) -> Result<MessageWriter<'_, S, R>, Error> {
        poll_fn(|cx| {
            self.shared.poll_sender(cx, |link, cx| {
                ready!(poll_turn(link, cx));
                Poll::Ready(link.sender.begin_message(kind))
            })
        })
        .await?;
        Ok(MessageWriter::shared(&self.shared))
    }

    /// Sends a ping; what it returns waits for the pong, which comes while somebody receives.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::ping`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the ping will be sent whole.
    pub async fn ping(&self, payload: impl Into<Bytes>) -> Result<Pong, Error> {
        let slot = self.shared.with_link(|link| link.ping(payload.into()))?;
        self.flush().await?;
        Ok(Pong(slot))
    }

    /// Sends a pong that answers no ping: a heartbeat in one direction.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::ping`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the pong will be sent whole.
    pub async fn pong(&self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.shared.with_link(|link| link.sender.pong(payload))?;
        self.flush().await
    }

    /// Begins to close the connection with 1000. The [`Receiver`] sees it to its end.
    ///
    /// # Errors
    ///
    /// None, but for [`close_with`](Self::close_with)'s.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the close frame will be sent whole.
    pub async fn close(&self) -> Result<(), Error> {
        self.close_with(CloseCode::NORMAL, "").await
    }

    /// Begins to close the connection with a code and a reason; see [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::close_with`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the close frame will be sent whole.
    pub async fn close_with(
        &self,
        code: impl Into<CloseCode>,
        reason: impl Into<String>,
    ) -> Result<(), Error> {
        let close = Close::new(code, reason);
        self.shared.with_link(|link| link.sender.close(R::now(), &close))?;
        let _ = self.flush().await;
        // The receiver has new deadlines to keep.
        self.shared.tasks.wake_all();
        Ok(())
    }
}

/// Waits until no message is being streamed, and until there is room.
fn poll_turn<S: Unpin, R: Runtime + Io<S>>(
    link: &mut Link<S, R>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if link.sender.is_streaming() && link.sender.is_open() {
        return Poll::Pending;
    }
    link.poll_ready(cx)
}

impl<S, R: Runtime> Receiver<S, R> {
    /// The state of the connection.
    pub fn state(&self) -> State {
        self.shared.with_link(|link| link.sender.state())
    }

    /// Puts the halves together again.
    ///
    /// # Errors
    ///
    /// Gives both back if they are not of the same connection, or if the sender has other clones.
    pub fn reunite(
        mut self,
        sender: Sender<S, R>,
    ) -> Result<WebSocket<S, R>, (Self, Sender<S, R>)> {
        if !Arc::ptr_eq(&self.shared, &sender.shared) || Arc::strong_count(&self.shared) > 2 {
            return Err((self, sender));
        }
        let whole = self.shared.lock().take();
        let whole = whole.map(|whole| Whole { receiver: self.receiver.take(), ..whole });
        match whole.and_then(Whole::into_core) {
            Some(mut core) => {
                core.inbox = mem::take(&mut self.inbox);
                Ok(WebSocket::from_core(core))
            }
            None => Err((self, sender)),
        }
    }

    pub(crate) fn receiver(&mut self) -> &mut protocol::Receiver {
        self.receiver.as_mut().expect("the receiver is there until it is dropped")
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Receiver<S, R> {
    /// Receives the next message; see [`WebSocket::recv`].
    ///
    /// # Errors
    ///
    /// See [`WebSocket::recv`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn recv(&mut self) -> Result<Message, Error> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Receives the next message; `None` once the connection was closed normally. See [`WebSocket::next`].
    ///
    /// # Errors
    ///
    /// See [`WebSocket::next`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn next(&mut self) -> Result<Option<Message>, Error> {
        poll_fn(|cx| self.poll_next_message(cx)).await
    }

    /// The poll form of [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::next`].
    pub fn poll_next_message(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message>, Error>> {
        if self.told {
            return Poll::Ready(Ok(None));
        }
        let item = none_if_ok(ready!(self.poll_recv(cx)));
        self.told = item.is_err();
        Poll::Ready(item)
    }

    /// Receives the next message in parts; see [`WebSocket::recv_stream`].
    ///
    /// # Errors
    ///
    /// See [`WebSocket::recv`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. If the reader is dropped before the end, the rest of the message is skipped.
    pub async fn recv_stream(&mut self) -> Result<MessageReader<'_, S, R>, Error> {
        MessageReader::open(Source::Half(self)).await
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        if let Some(message) = self.inbox.pop() {
            return Poll::Ready(Ok(message));
        }
        if self.budget.spend() {
            if let Some(text) = self.receiver().poll_short_text() {
                return Poll::Ready(Ok(Message::Text(text)));
            }
            if let Some(message) = self.receiver().poll_whole() {
                return Poll::Ready(Ok(message));
            }
        } else if self.budget.is_overdrawn(cx) {
            (&*self.shared).pause(cx);
            return Poll::Pending;
        }
        loop {
            if let Incoming::Message(message) = ready!(self.poll_incoming(cx))? {
                return Poll::Ready(Ok(message));
            }
        }
    }

    pub(crate) fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Error>> {
        let receiver = self.receiver.as_mut().expect("the receiver is there until it is dropped");
        poll_incoming(receiver, &mut &*self.shared, &mut self.budget, cx)
    }
}

impl<S, R: Runtime> Clone for Sender<S, R> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S, R: Runtime> Drop for Receiver<S, R> {
    fn drop(&mut self) {
        if let Some(whole) = &mut *self.shared.lock() {
            whole.receiver = self.receiver.take();
        }
    }
}

impl<S, R: Runtime> Drop for Shared<S, R> {
    /// The connection of a server goes home, as that of a [`WebSocket`] does.
    fn drop(&mut self) {
        let whole = self.whole.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        drop(whole.and_then(Whole::into_core).map(WebSocket::from_core));
    }
}

impl<S, R: Runtime> fmt::Debug for Sender<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl<S, R: Runtime> fmt::Debug for Receiver<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("state", &self.state()).finish_non_exhaustive()
    }
}
