//! The timer of a connection.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker, ready},
    time::Instant,
};

use sockeye_net::{Runtime, first_wakeup};

/// The timer of a connection, armed for the earliest of its deadlines.
pub(crate) struct Timer<R: Runtime> {
    sleep: Pin<Box<R::Sleep>>,
    /// The waker that the timer wakes.
    waker: Waker,
}

/// The timers that a connection has created so far.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TimerPhase {
    /// The connection has not waited yet. It lets the reactor run once before it creates a timer, because many short
    /// connections are over by then.
    Untimed,
    /// The next timer is the first one. It fires early, so that it also serves for the end of a short connection.
    First,
    /// The connection has created a timer.
    Armed,
}

impl<R: Runtime> Timer<R> {
    /// Waits for `deadline`, or for an earlier time that the timer was created with. Creates a timer if there is none.
    ///
    /// A deadline that moves to a later time leaves the timer unchanged: it fires once too early, and the caller polls it
    /// again. So the traffic of a busy connection never modifies the timer wheel of the runtime.
    pub(crate) fn poll(
        timer: &mut Option<Self>,
        phase: &mut TimerPhase,
        deadline: Instant,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        match timer {
            Some(timer) if R::deadline(&timer.sleep) <= deadline => {
                if timer.waker.will_wake(cx.waker()) {
                    // A timer that is going to wake this task need not be polled.
                    if !R::is_elapsed(&timer.sleep) {
                        return Poll::Pending;
                    }
                } else {
                    timer.waker.clone_from(cx.waker());
                }
                ready!(R::poll_sleep(timer.sleep.as_mut(), cx));
            }
            _ => {
                let deadline = match phase {
                    TimerPhase::Untimed => {
                        *phase = TimerPhase::First;
                        R::yield_to_reactor(cx);
                        return Poll::Pending;
                    }
                    TimerPhase::First => first_wakeup::<R>(deadline),
                    TimerPhase::Armed => deadline,
                };
                *phase = TimerPhase::Armed;
                let sleep = Box::pin(R::sleep_until(deadline));
                let timer = timer.insert(Self { sleep, waker: cx.waker().clone() });
                ready!(R::poll_sleep(timer.sleep.as_mut(), cx));
            }
        }
        *timer = None;
        Poll::Ready(())
    }
}
