//! The one timer of a connection, which is armed for the earliest of its deadlines.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker, ready},
    time::Instant,
};

use crate::{Runtime, deadline::early};

/// A timer that runs.
pub(crate) struct Timer<R: Runtime> {
    sleep: Pin<Box<R::Sleep>>,
    /// Whom the timer wakes.
    waker: Waker,
}

/// How far a connection has come with its timers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Age {
    /// It has not waited yet. It looks again, once, before it makes a timer: short lives are over by then.
    New,
    /// It has made no timer yet. The first one comes early, and serves for the end of a short life too.
    Young,
    Grown,
}

impl<R: Runtime> Timer<R> {
    /// Waits until the `timer` has fired that is to keep the deadline, or one before it; makes one if there is none.
    pub(crate) fn poll(
        timer: &mut Option<Self>,
        age: &mut Age,
        deadline: Instant,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        // A deadline that moved to a later time does not touch the timer: it wakes up early, once, and looks again.
        match timer {
            Some(timer) if R::deadline(&timer.sleep) <= deadline => {
                if timer.waker.will_wake(cx.waker()) {
                    // Who is known to the timer does not have to tell it again.
                    if !R::is_elapsed(&timer.sleep) {
                        return Poll::Pending;
                    }
                } else {
                    timer.waker.clone_from(cx.waker());
                }
                ready!(R::poll_sleep(timer.sleep.as_mut(), cx));
            }
            _ => {
                let deadline = match age {
                    Age::New => {
                        *age = Age::Young;
                        R::wake_later(cx);
                        return Poll::Pending;
                    }
                    Age::Young => early::<R>(deadline),
                    Age::Grown => deadline,
                };
                *age = Age::Grown;
                let sleep = Box::pin(R::sleep_until(deadline));
                let timer = timer.insert(Self { sleep, waker: cx.waker().clone() });
                ready!(R::poll_sleep(timer.sleep.as_mut(), cx));
            }
        }
        *timer = None;
        Poll::Ready(())
    }
}
