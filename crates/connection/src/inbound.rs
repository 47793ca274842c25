//! The receiving direction of a connection.

use std::{
    mem,
    task::{Context, Poll, ready},
    time::Duration,
};

use sockeye_errors::{Error, Operation, Timeout};
use sockeye_protocol::{Event, Fragment, Message, Receiver};

use crate::{
    coop::CoopBudget,
    pending_messages::PendingMessages,
    ping::PongFuture,
    receive::{ReceiveIo, Until},
};

/// The receiving direction of a connection. A [`WebSocket`](crate::WebSocket) and a [`Receiver`](crate::Receiver) both
/// own one.
///
/// It does not contain the transport, which each method takes as a [`ReceiveIo`]: the transport of a
/// [`Receiver`](crate::Receiver) is behind a lock.
pub(crate) struct Inbound {
    pub(crate) receiver: Receiver,
    /// Messages that arrived while the application awaited a pong, or only sent.
    pending: PendingMessages,
    /// The number of messages that the application has sent since it received last.
    sent: u8,
    budget: CoopBudget,
    /// Whether [`poll_next`](Self::poll_next) has returned the error at the end of the connection.
    end_reported: bool,
}

/// A message, or a part of one while a reader wants parts.
pub(crate) enum Received {
    Message(Message),
    Fragment(Fragment),
}

/// The result of decoding.
enum Decoded {
    Message(Message),
    Fragment(Fragment),
    /// A control frame, which has been handled.
    Handled,
    NeedsBytes,
}

impl Inbound {
    pub(crate) fn new(receiver: Receiver) -> Self {
        let (pending, budget) = (PendingMessages::default(), CoopBudget::default());
        Self { receiver, pending, budget, sent: 0, end_reported: false }
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
        self.sent = 0;
        !self.receiver.is_drained() && self.pending.is_empty() && self.budget.spend_frame()
    }

    fn poll_recv_slow(
        &mut self,
        io: &mut impl ReceiveIo,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Message, Error>> {
        if let Some(message) = self.pending.pop() {
            return Poll::Ready(Ok(message));
        }
        loop {
            if self.must_yield(io, cx) {
                return Poll::Pending;
            }
            match self.decode(io) {
                Decoded::Message(message) => return Poll::Ready(Ok(message)),
                // The rest of a message whose reader was dropped.
                Decoded::Fragment(_) | Decoded::Handled => continue,
                Decoded::NeedsBytes => ready!(self.poll_read(io, Until::PeerEnd, cx))?,
            }
            // A message that is returned here is moved less often than one in an event.
            if let Some(message) = self.receiver.poll_message() {
                self.budget.spend_frame();
                return Poll::Ready(Ok(message));
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
    /// Yields to other tasks when the budget is spent.
    pub(crate) fn poll_received(
        &mut self,
        io: &mut impl ReceiveIo,
        until: Until,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Received, Error>> {
        loop {
            if self.must_yield(io, cx) {
                return Poll::Pending;
            }
            match self.decode(io) {
                Decoded::Message(message) => return Poll::Ready(Ok(Received::Message(message))),
                Decoded::Fragment(part) => return Poll::Ready(Ok(Received::Fragment(part))),
                Decoded::Handled => {}
                Decoded::NeedsBytes => ready!(self.poll_read(io, until, cx))?,
            }
        }
    }

    /// Yields to other tasks if the budget is spent. Returns whether the caller must return.
    #[inline]
    fn must_yield(&mut self, io: &mut impl ReceiveIo, cx: &mut Context<'_>) -> bool {
        let must_yield = self.budget.must_yield();
        if must_yield {
            io.flush_and_yield(cx);
        }
        must_yield
    }

    /// Decodes the next event, and handles it unless it is a message or a fragment.
    #[inline]
    fn decode(&mut self, io: &mut impl ReceiveIo) -> Decoded {
        // Before each read, there is usually no event. An `Option` of one is large.
        if self.receiver.is_drained() {
            return Decoded::NeedsBytes;
        }
        let Some(event) = self.receiver.poll_event() else { return Decoded::NeedsBytes };
        self.budget.spend_frame();
        match event {
            Event::Message(message) => return Decoded::Message(message),
            Event::Fragment(part) => return Decoded::Fragment(part),
            Event::Progress => self.budget.exhaust(),
            event => {
                io.handle_event(event);
                if self.receiver.is_message_incomplete() {
                    io.handle_incomplete_message();
                }
            }
        }
        Decoded::Handled
    }

    /// Reads once.
    #[inline]
    fn poll_read(
        &mut self,
        io: &mut impl ReceiveIo,
        until: Until,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let Poll::Ready(read) = io.poll_receive(&mut self.receiver, until, cx) else {
            self.budget.reset();
            return Poll::Pending;
        };
        self.budget.spend_read(read?);
        Poll::Ready(Ok(()))
    }

    /// Counts an operation that sends. Returns whether the application sends without receiving in between.
    #[inline]
    pub(crate) fn is_receive_due(&mut self) -> bool {
        self.sent = self.sent.saturating_add(1);
        self.sent > 1
    }

    /// Receives all that has arrived, for an application that sends, and keeps the messages until their limit.
    pub(crate) fn poll_ahead(&mut self, io: &mut impl ReceiveIo, cx: &mut Context<'_>) {
        while !self.pending.is_full() {
            match self.poll_received(io, Until::PeerEnd, cx) {
                Poll::Ready(Ok(Received::Message(message))) => self.pending.push(message),
                // The rest of a message whose reader was dropped.
                Poll::Ready(Ok(Received::Fragment(_))) => {}
                Poll::Ready(Err(_)) | Poll::Pending => return,
            }
        }
    }

    /// Receives and discards messages until the peer ends the connection.
    pub(crate) fn poll_peer_end(
        &mut self,
        io: &mut impl ReceiveIo,
        cx: &mut Context<'_>,
    ) -> Poll<Error> {
        drop(mem::take(&mut self.pending));
        loop {
            if let Err(error) = ready!(self.poll_received(io, Until::PeerEnd, cx)) {
                return Poll::Ready(error);
            }
        }
    }

    /// Receives the first or next fragment of the message that a reader reads.
    pub(crate) fn poll_fragment(
        &mut self,
        io: &mut impl ReceiveIo,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Fragment, Error>> {
        self.poll_received(io, Until::PeerEnd, cx).map_ok(|received| match received {
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
            if ready!(self.poll_received(io, Until::TransportEnd, cx)).is_err() {
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
            match self.poll_received(io, Until::PeerEnd, cx) {
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
