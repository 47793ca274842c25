//! What a connection consists of, and how it receives.

use std::{
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use sockeye_errors::{Error, Operation, Timeout};
use sockeye_protocol::{Message, Receiver, Sender};

use crate::{
    Io, Runtime,
    about::About,
    access::{Access, Incoming, poll_incoming},
    budget::Budget,
    deflate::Agreed,
    home::WayHome,
    inbox::Inbox,
    link::Link,
    ping::PongSlot,
};

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

/// Begins what was agreed on: both directions of a connection that is open `now`. `rest` came behind the handshake.
pub(crate) fn begin(
    agreed: &Agreed,
    (sender, receiver): (Sender, Receiver),
    now: Instant,
    mut rest: Vec<u8>,
) -> (Sender, Receiver) {
    let (mut sender, mut receiver) = agreed.apply(sender, receiver);
    sender.start(now);
    receiver.handle_received(&mut rest);
    (sender, receiver)
}

impl<S: Unpin, R: Runtime + Io<S>> Core<S, R> {
    /// The next message as an item: `None` after a normal close, and after an error.
    ///
    /// This is not inlined, and has a return for each kind of message, so that one is written once, to where the caller wants it:
    /// a move right after that would wait for it to arrive in the cache.
    #[inline(never)]
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message>, Error>> {
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
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Error>> {
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

    pub(crate) fn poll_pong(
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

/// The end of a connection as [`WebSocket::next`](crate::WebSocket::next) sees it: `None` after a normal close.
pub(crate) fn none_if_ok(result: Result<Message, Error>) -> Result<Option<Message>, Error> {
    match result {
        Ok(message) => Ok(Some(message)),
        Err(Error::ConnectionClosed(closed)) if closed.is_ok() => Ok(None),
        Err(error) => Err(error),
    }
}
