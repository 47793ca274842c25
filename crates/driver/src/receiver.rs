//! The receiving half of a connection.

use std::{
    fmt,
    future::poll_fn,
    mem,
    sync::Arc,
    task::{Context, Poll, ready},
};

use sockeye_errors::{Error, State};
use sockeye_protocol::{self as protocol, Message};

use crate::{
    Io, MessageReader, Runtime, Sender, WebSocket,
    access::{Access, Incoming, poll_incoming},
    budget::Budget,
    core::none_if_ok,
    inbox::Inbox,
    reader::Source,
    split::Shared,
};

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

impl<S, R: Runtime> Receiver<S, R> {
    pub(crate) fn new(
        receiver: Box<protocol::Receiver>,
        inbox: Inbox,
        shared: Arc<Shared<S, R>>,
    ) -> Self {
        Self { receiver: Some(receiver), inbox, budget: Budget::default(), told: false, shared }
    }

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
        match self.shared.reunite(&mut self.receiver) {
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

impl<S, R: Runtime> Drop for Receiver<S, R> {
    fn drop(&mut self) {
        self.shared.give_back(&mut self.receiver);
    }
}

impl<S, R: Runtime> fmt::Debug for Receiver<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("state", &self.state()).finish_non_exhaustive()
    }
}
