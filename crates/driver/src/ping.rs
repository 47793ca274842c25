//! Pings and the pongs that answer them.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use sockeye_errors::{ConnectionClosed, Error};
use sockeye_protocol::{self as protocol, PingId};

use crate::{Io, Runtime, core::Core};

/// The pings of the application whose futures wait, oldest first; nearly always none.
#[derive(Debug, Default)]
pub(crate) struct Awaited(
    #[expect(clippy::box_collection, reason = "there is none nearly always, and a box is smaller")]
    Option<Box<Vec<Ping>>>,
);

#[derive(Debug)]
struct Ping {
    id: PingId,
    slot: Arc<PongSlot>,
}

impl Awaited {
    /// A ping was sent; its pong will be told in the slot.
    pub(crate) fn add(&mut self, id: PingId) -> Arc<PongSlot> {
        let slot = Arc::new(PongSlot::default());
        let pings = self.0.get_or_insert_default();
        // Those whose futures were dropped are not waited for.
        pings.retain(|ping| Arc::strong_count(&ping.slot) > 1);
        pings.push(Ping { id, slot: Arc::clone(&slot) });
        slot
    }

    /// A pong came, which answers its ping and all before it.
    pub(crate) fn resolve(&mut self, pong: protocol::Pong) {
        let Some(pings) = &mut self.0 else { return };
        pings.retain(|ping| {
            let waits = ping.id > pong.id;
            if !waits {
                ping.slot.resolve(pong.latency);
            }
            waits
        });
        if pings.is_empty() {
            self.0 = None;
        }
    }

    /// No pong will come.
    pub(crate) fn end(&mut self, outcome: &ConnectionClosed) {
        for ping in self.0.take().into_iter().flat_map(|pings| *pings) {
            ping.slot.end(outcome);
        }
    }
}

/// Where a pong is told to the future that waits for it.
#[derive(Debug, Default)]
pub(crate) struct PongSlot(Mutex<Answer>);

#[derive(Debug)]
enum Answer {
    Awaited(Option<Waker>),
    Came(Duration),
    Ended(Box<ConnectionClosed>),
}

impl Default for Answer {
    fn default() -> Self {
        Self::Awaited(None)
    }
}

impl PongSlot {
    fn resolve(&self, latency: Duration) {
        self.settle(Answer::Came(latency));
    }

    fn end(&self, closed: &ConnectionClosed) {
        self.settle(Answer::Ended(Box::new(closed.clone())));
    }

    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<Result<Duration, Error>> {
        let mut answer = self.answer();
        match &mut *answer {
            Answer::Awaited(waker) => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
            Answer::Came(latency) => Poll::Ready(Ok(*latency)),
            Answer::Ended(closed) => Poll::Ready(Err((**closed).clone().into())),
        }
    }

    fn settle(&self, settled: Answer) {
        let mut answer = self.answer();
        if let Answer::Awaited(waker) = &mut *answer {
            let waker = waker.take();
            *answer = settled;
            drop(answer);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    fn answer(&self) -> MutexGuard<'_, Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pong that a ping of [`Sender::ping`](crate::Sender::ping) waits for: the time that it took.
///
/// It comes while somebody receives. Dropping this forgets the pong, nothing else.
#[must_use = "the ping is sent; this waits for its pong"]
pub struct Pong(pub(crate) Arc<PongSlot>);

impl Future for Pong {
    type Output = Result<Duration, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx)
    }
}

impl fmt::Debug for Pong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pong").finish_non_exhaustive()
    }
}

/// The pong that a ping of [`WebSocket::ping`](crate::WebSocket::ping) waits for: the time that it took.
///
/// Dropping this forgets the pong, nothing else.
#[must_use = "the ping is sent; this waits for its pong"]
pub struct AwaitedPong<'a, S, R: Runtime> {
    core: &'a mut Core<S, R>,
    slot: Arc<PongSlot>,
}

impl<'a, S, R: Runtime> AwaitedPong<'a, S, R> {
    pub(crate) const fn new(core: &'a mut Core<S, R>, slot: Arc<PongSlot>) -> Self {
        Self { core, slot }
    }
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
