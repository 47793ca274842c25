//! Waiting, but not for ever.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Poll, ready},
    time::{Duration, Instant},
};

use sockeye_errors::{Error, Operation, Timeout};

use crate::Runtime;

/// A point in time that several steps share; or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// The deadline so long from now; a duration beyond all clocks is none.
    pub(crate) fn after<R: Runtime>(timeout: Option<Duration>) -> Self {
        Self(timeout.and_then(|timeout| R::now().checked_add(timeout)))
    }

    /// The earlier one of this deadline and `timeout` from now.
    pub(crate) fn at_most<R: Runtime>(self, timeout: Duration) -> Self {
        let Self(other) = Self::after::<R>(Some(timeout));
        Self(self.0.into_iter().chain(other).min())
    }

    /// What `future` comes to, or a [`Timeout`] that says what took too long.
    pub(crate) async fn hold<R: Runtime, T>(
        self,
        operation: Operation,
        future: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut future = pin!(future);
        let Some(deadline) = self.0 else { return future.await };
        let (mut sleep, mut alarm) = (pin!(None), None);
        poll_fn(|cx| {
            if let Poll::Ready(result) = future.as_mut().poll(cx) {
                return Poll::Ready(result);
            }
            loop {
                if sleep.is_none() {
                    let next = if alarm.is_none() { early::<R>(deadline) } else { deadline };
                    alarm = Some(next);
                    sleep.set(Some(R::sleep_until(next)));
                }
                if let Some(timer) = sleep.as_mut().as_pin_mut() {
                    ready!(timer.poll(cx));
                }
                if alarm >= Some(deadline) {
                    return Poll::Ready(Err(Timeout::new(operation).into()));
                }
                sleep.set(None);
            }
        })
        .await
    }
}

/// When the first timer is to fire that keeps a deadline; the next one comes at the deadline.
///
/// A runtime has to be woken for a timer that comes before all others, as a new connection's would where all the others wait for
/// their next ping. So each first timer is made for a time that is soon, and about the same for all of them: most are gone by then.
pub(crate) fn early<R: Runtime>(deadline: Instant) -> Instant {
    R::now().checked_add(SOON).map_or(deadline, |early| early.min(deadline))
}

/// As long as a short life takes, and as the end of a connection may take after the last frame.
const SOON: Duration = Duration::from_secs(2);
