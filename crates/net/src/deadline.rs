//! Deadlines that several steps of an operation share.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use sockeye_errors::{Error, Operation, Timeout};

use crate::Runtime;

/// A point in time that several steps of an operation share, or no limit.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Creates a deadline `timeout` from now. `None`, and a time beyond the range of [`Instant`], is no limit.
    pub fn after<R: Runtime>(timeout: Option<Duration>) -> Self {
        Self(timeout.and_then(|timeout| R::now().checked_add(timeout)))
    }

    /// Returns the earlier of this deadline and `timeout` from now.
    #[must_use]
    pub fn at_most<R: Runtime>(self, timeout: Duration) -> Self {
        let Self(other) = Self::after::<R>(Some(timeout));
        Self(self.0.zip(other).map(|(one, other)| one.min(other)).or(self.0).or(other))
    }

    /// Awaits `future` until the deadline.
    ///
    /// # Errors
    ///
    /// Returns the error of the future, and a [`Timeout`] of the `operation` after the deadline.
    pub async fn timeout<R: Runtime, T>(
        self,
        operation: Operation,
        future: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut future = pin!(future);
        self.timeout_fn::<R, T>(operation, |cx| future.as_mut().poll(cx)).await
    }

    /// Calls `poll` until it is ready, or until the deadline.
    ///
    /// # Errors
    ///
    /// Returns the error of the function, and a [`Timeout`] of the `operation` after the deadline.
    pub async fn timeout_fn<R: Runtime, T>(
        self,
        operation: Operation,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<Result<T, Error>>,
    ) -> Result<T, Error> {
        let (mut timer, mut sleep) = (DeadlineTimer::new(self), pin!(None));
        poll_fn(|cx| match poll(cx) {
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => {
                timer.poll::<R>(sleep.as_mut(), cx).map(|()| Err(Timeout::new(operation).into()))
            }
        })
        .await
    }
}

/// The timer of a deadline. It is not generic over the future that is awaited, so that it compiles once per runtime.
struct DeadlineTimer {
    deadline: Option<Instant>,
    /// The time that the current timer is set to.
    next: Option<Instant>,
}

impl DeadlineTimer {
    const fn new(Deadline(deadline): Deadline) -> Self {
        Self { deadline, next: None }
    }

    /// Completes at the deadline. Never completes without one.
    fn poll<R: Runtime>(
        &mut self,
        mut timer: Pin<&mut Option<R::Sleep>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let Some(deadline) = self.deadline else { return Poll::Pending };
        loop {
            if let Some(timer) = timer.as_mut().as_pin_mut() {
                ready!(timer.poll(cx));
            }
            let next = match self.next {
                None => first_wakeup::<R>(deadline),
                Some(elapsed) if elapsed >= deadline => return Poll::Ready(()),
                Some(_) => deadline,
            };
            self.next = Some(next);
            timer.set(Some(R::sleep_until(next)));
        }
    }
}

/// Returns the time for the first timer of a deadline: at most two seconds from now. A second timer covers the rest.
///
/// A runtime wakes its reactor, with a system call, for a timer that is earlier than all others. On a server whose other
/// connections wait for their next keepalive ping, the timer of each new connection would be such a timer. A short first
/// timer is about as early as those of other new connections, and most handshakes are over when it fires.
pub fn first_wakeup<R: Runtime>(deadline: Instant) -> Instant {
    R::now().checked_add(FIRST_WAKEUP).map_or(deadline, |early| early.min(deadline))
}

/// The limit for draining a stream after the closing handshake, so that a connection of less than two seconds needs no
/// second timer for its end.
const FIRST_WAKEUP: Duration = Duration::from_secs(2);
