//! Cooperative yielding between connections.

use std::task::Context;

/// The number of messages that a connection may still receive before its task yields to other tasks.
///
/// A peer that sends faster than the application receives would otherwise keep the task running, and starve the other
/// connections of the thread. Runtimes with budgets of their own do not help: a connection that finds messages in its
/// buffers does not poll the socket. The unit is a message; a read counts as eight.
#[derive(Debug, Default)]
pub(crate) struct CoopBudget(u16);

impl CoopBudget {
    /// Counts a message. Returns `false` if the task has to yield before the next one.
    #[inline]
    pub(crate) fn spend(&mut self) -> bool {
        self.0 = self.0.saturating_add(1);
        self.0 < HARD_LIMIT
    }

    /// Counts a read.
    pub(crate) fn spend_read(&mut self) {
        self.0 = self.0.saturating_add(8);
    }

    /// Returns whether the task must yield now, even though messages are waiting in its buffers.
    pub(crate) fn must_yield(&mut self, cx: &Context<'_>) -> bool {
        self.exceeds(HARD_LIMIT, cx)
    }

    /// Returns whether the task should yield before it reads more. All messages that have arrived are with the
    /// application by now, so that the replies leave in one write.
    pub(crate) fn should_yield_before_read(&mut self, cx: &Context<'_>) -> bool {
        self.exceeds(SOFT_LIMIT, cx)
    }

    fn exceeds(&mut self, limit: u16, cx: &Context<'_>) -> bool {
        let exceeds = self.0 >= limit;
        if exceeds {
            self.0 = 0;
            cx.waker().wake_by_ref();
        }
        exceeds
    }
}

/// The number of messages after which a connection does not read more.
const SOFT_LIMIT: u16 = 256;

/// The number of messages after which a connection yields in any case.
const HARD_LIMIT: u16 = 2048;
