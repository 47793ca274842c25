//! The receiving direction of a connection.

use std::{
    mem,
    task::{Context, Poll, ready},
    time::Duration,
};

use sockeye_errors::{Error, Operation, Timeout};
use sockeye_protocol::{Event, Fragment, Message, Receiver};

use crate::{
    coop::CoopBudget, pending_messages::PendingMessages, ping::PongFuture, receive::ReceiveIo,
};

/// The receiving direction of a connection. A [`WebSocket`](crate::WebSocket) and a [`Receiver`](crate::Receiver) both
/// own one.
///
/// It does not contain the transport, which each method takes as a [`ReceiveIo`]: the transport of a
/// [`Receiver`](crate::Receiver) is behind a lock.
pub(crate) struct Inbound {
    pub(crate) receiver: Receiver,
    /// Messages that arrived while the application awaited a pong.
    pending: PendingMessages,
    budget: CoopBudget,
    /// Whether [`poll_next`](Self::poll_next) has returned the error at the end of the connection.
    end_reported: bool,
}

/// A message, or a part of one while a reader wants parts.
pub(crate) enum Received {
    Message(Message),
    Fragment(Fragment),
}

impl Inbound {
    pub(crate) fn new(receiver: Receiver) -> Self {
        let (pending, budget) = (PendingMessages::default(), CoopBudget::default());
        Self { receiver, pending, budget, end_reported: false }
    }

    /// Receives the next message. Returns `None` after a normal closure, and after an error has been returned.
    ///
    /// Not inlined, so that the message is written once, to the place where the
    /// caller wants it. Copying it right after it was written stalls until the first write reaches the cache.
    #[inline(never)]
    pub(crate) fn poll_next(
        &mut self,
        io: &mut impl ReceiveIo,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message>, Error>> {
        if self.may_decode()
            && let Some(message) = self.receiver.poll_message()
        {
            return Poll::Ready(Ok(Some(message)));
        }
        self.poll_next_slow(io, cx)
    }

    /// Receives the next message. See [`poll_next`](Self::poll_next) on inlining.
    #[inline(never)]
    pub(crate) fn poll_recv(
        &mut self,
        io: &mut impl ReceiveIo,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Message, Error>> {
        if self.may_decode()
            && let Some(message) = self.receiver.poll_message()
        {
            return Poll::Ready(Ok(message));
        }
        self.poll_recv_slow(io, cx)
    }

    /// Returns whether the next message comes from the decoder and the budget allows another one.
    #[inline]
    fn may_decode(&mut self) -> bool {
        self.pending.is_empty() && self.budget.spend()
    }

    fn poll_recv_slow(
        &mut self,
        io: &mut impl ReceiveIo,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Message, Error>> {
        if let Some(message) = self.pending.pop() {
            return Poll::Ready(Ok(message));
        }
        if self.budget.must_yield(cx) {
            io.flush_and_yield(cx);
            return Poll::Pending;
        }
        loop {
            match ready!(self.poll_received(io, cx))? {
                Received::Message(message) => return Poll::Ready(Ok(message)),
                // The rest of a message whose reader was dropped.
                Received::Fragment(_) => {}
            }
        }
    }

    #[inline(never)]
    fn poll_next_slow(
        &mut self,
        io: &mut impl ReceiveIo,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message>, Error>> {
        if self.end_reported {
            return Poll::Ready(Ok(None));
        }
        let next = match ready!(self.poll_recv_slow(io, cx)) {
            Ok(message) => Ok(Some(message)),
            Err(Error::ConnectionClosed(closed)) if closed.is_ok() => Ok(None),
            Err(error) => Err(error),
        };
        self.end_reported = next.is_err();
        Poll::Ready(next)
    }

    /// Receives the next message or fragment from the decoder, and reads when the decoder needs more bytes.
    ///
    /// Yields to other tasks when the budget is spent, before it reads more. The messages that have arrived are returned
    /// first, so that the replies to them leave in one write.
    pub(crate) fn poll_received(
        &mut self,
        io: &mut impl ReceiveIo,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Received, Error>> {
        loop {
            match self.receiver.poll_event() {
                Some(Event::Message(message)) => {
                    return Poll::Ready(Ok(Received::Message(message)));
                }
                Some(Event::Fragment(part)) => return Poll::Ready(Ok(Received::Fragment(part))),
                Some(event) => io.handle_event(event),
                None if self.budget.should_yield_before_read(cx) => {
                    io.flush_and_yield(cx);
                    return Poll::Pending;
                }
                None => {
                    ready!(io.poll_receive(&mut self.receiver, cx))?;
                    self.budget.spend_read();
                }
            }
        }
    }

    /// Receives the first or next fragment of the message that a reader reads.
    pub(crate) fn poll_fragment(
        &mut self,
        io: &mut impl ReceiveIo,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Fragment, Error>> {
        self.poll_received(io, cx).map_ok(|received| match received {
            Received::Fragment(fragment) => fragment,
            Received::Message(message) => into_fragment(message),
        })
    }

    /// Takes a message that arrived before, as its only fragment.
    pub(crate) fn pop_pending(&mut self) -> Option<Fragment> {
        self.pending.pop().map(into_fragment)
    }

    /// Receives until the end of the connection and discards all messages.
    pub(crate) fn poll_closed(
        &mut self,
        io: &mut impl ReceiveIo,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        drop(mem::take(&mut self.pending));
        self.receiver.discard();
        loop {
            if ready!(self.poll_received(io, cx)).is_err() {
                return Poll::Ready(());
            }
        }
    }

    /// Receives until the pong arrives, and keeps the messages that arrive before it.
    pub(crate) fn poll_pong(
        &mut self,
        io: &mut impl ReceiveIo,
        pong: &mut PongFuture,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Duration, Error>> {
        loop {
            if let Poll::Ready(result) = pong.poll_result(cx) {
                return Poll::Ready(result);
            }
            if self.pending.is_full() {
                return Poll::Ready(Err(Timeout::new(Operation::Ping).into()));
            }
            // One event at a time: the pong may be behind a message that has arrived.
            match self.poll_received(io, cx) {
                Poll::Ready(Ok(Received::Message(message))) => self.pending.push(message),
                Poll::Ready(Ok(Received::Fragment(_))) => {}
                // The pong may have arrived before the end of the connection.
                Poll::Ready(Err(error)) => {
                    return match pong.poll_result(cx) {
                        Poll::Ready(Ok(latency)) => Poll::Ready(Ok(latency)),
                        _ => Poll::Ready(Err(error)),
                    };
                }
                Poll::Pending => return pong.poll_result(cx),
            }
        }
    }
}

/// Converts a message to a fragment that is the whole message.
fn into_fragment(message: Message) -> Fragment {
    let kind = message.kind();
    Fragment::new(kind, message.into_bytes(), true)
}
