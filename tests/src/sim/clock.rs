//! A clock that only moves when all tasks wait.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use sockeye::connection::Runtime as _;

use super::{Sim, WORLD, with_world};

/// Waits for some time.
pub async fn sleep(duration: Duration) {
    Sim::sleep_until(Sim::now() + duration).await;
}

/// The time since the beginning of the test.
pub fn elapsed() -> Duration {
    with_world(|world| world.now - world.start)
}

/// Measures time.
#[derive(Clone, Copy, Debug)]
pub struct Elapsed(Instant);

impl Elapsed {
    /// Begins to measure.
    pub fn start() -> Self {
        Self(Sim::now())
    }

    /// The time since then.
    pub fn get(self) -> Duration {
        Sim::now() - self.0
    }
}

/// A timer as strict as the contract allows: a poll when it is due registers no waker.
#[derive(Debug)]
pub struct Sleep {
    deadline: Instant,
    id: Option<u64>,
}

impl Sleep {
    pub(crate) fn until(deadline: Instant) -> Self {
        Self { deadline, id: None }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    fn forget(&mut self) {
        if let Some(id) = self.id.take() {
            WORLD.with_borrow_mut(|world| {
                if let Some(world) = world {
                    world.timers.remove(&(self.deadline, id));
                }
            });
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.forget();
        let deadline = self.deadline;
        let id = with_world(|world| {
            if deadline <= world.now {
                return None;
            }
            let id = world.next_timer;
            world.next_timer += 1;
            world.timers.insert((deadline, id), cx.waker().clone());
            Some(id)
        });
        self.id = id;
        if id.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.forget();
    }
}

/// How many timers are set.
pub fn timers() -> usize {
    with_world(|world| world.timers.len())
}

/// Moves the clock to the next deadline; returns whether there is one.
pub(crate) fn advance() -> bool {
    let next = with_world(|world| {
        let next = world.timers.first_key_value().map(|(&(deadline, _), _)| deadline);
        next.map(|deadline| deadline.saturating_duration_since(world.now))
    });
    next.is_some_and(pass)
}

/// Advances the clock while tasks run; returns whether a timer was due.
pub(crate) fn pass(duration: Duration) -> bool {
    let due: Vec<_> = with_world(|world| {
        world.now += duration;
        assert!(world.now - world.start < MAX_TIME, "the test takes too much of its own time");
        let mut due = Vec::new();
        while let Some(timer) = world.timers.first_entry()
            && timer.key().0 <= world.now
        {
            due.push(timer.remove());
        }
        due
    });
    let any = !due.is_empty();
    due.into_iter().for_each(Waker::wake);
    any
}

/// The most time that a test takes, on its own clock.
const MAX_TIME: Duration = Duration::from_hours(24);
