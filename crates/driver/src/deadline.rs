//! Waiting, but not for ever.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
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
        Self(self.0.zip(other).map(|(one, other)| one.min(other)).or(self.0).or(other))
    }

    /// What `future` comes to, or a [`Timeout`] that says what took too long.
    pub(crate) async fn hold<R: Runtime, T>(
        self,
        operation: Operation,
        future: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut future = pin!(future);
        self.keep::<R, T>(operation, |cx| future.as_mut().poll(cx)).await
    }

    /// What `poll` comes to, or a [`Timeout`] that says what took too long.
    pub(crate) async fn keep<R: Runtime, T>(
        self,
        operation: Operation,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<Result<T, Error>>,
    ) -> Result<T, Error> {
        let (mut alarm, mut sleep) = (Alarm::at(self), pin!(None));
        poll_fn(|cx| match poll(cx) {
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => {
                alarm.poll::<R>(sleep.as_mut(), cx).map(|()| Err(Timeout::new(operation).into()))
            }
        })
        .await
    }
}

/// What keeps a deadline, whatever is to be done by then.
struct Alarm {
    deadline: Option<Instant>,
    /// What the timer is set to.
    next: Option<Instant>,
}

impl Alarm {
    const fn at(Deadline(deadline): Deadline) -> Self {
        Self { deadline, next: None }
    }

    /// Waits for the deadline; for ever, if there is none.
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
                None => early::<R>(deadline),
                Some(over) if over >= deadline => return Poll::Ready(()),
                Some(_) => deadline,
            };
            self.next = Some(next);
            timer.set(Some(R::sleep_until(next)));
        }
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
