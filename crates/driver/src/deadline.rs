//! Waiting, but not for ever.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
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
        let mut sleep = pin!(None);
        poll_fn(|cx| {
            if let Poll::Ready(result) = future.as_mut().poll(cx) {
                return Poll::Ready(result);
            }
            if sleep.is_none() {
                sleep.set(Some(R::sleep_until(deadline)));
            }
            let elapsed = sleep.as_mut().as_pin_mut().map_or(Poll::Pending, |sleep| sleep.poll(cx));
            elapsed.map(|()| Err(Timeout::new(operation).into()))
        })
        .await
    }
}
