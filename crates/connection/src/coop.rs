//! Cooperative yielding between connections.

/// The work that a connection may still do before its task yields to other tasks.
///
/// A peer that sends faster than the application receives would otherwise keep the task running, and starve the other
/// connections of the thread. Runtimes with budgets of their own do not help: a connection that finds frames in its buffers
/// does not poll the socket. The unit is a received byte. A frame of any kind costs as much as 1,024 bytes, and a read as much as
/// 2,048.
#[derive(Debug, Default)]
pub(crate) struct CoopBudget(u32);

impl CoopBudget {
    /// Counts a frame. Returns `false` if the task has to yield before the next one.
    #[inline]
    pub(crate) fn spend_frame(&mut self) -> bool {
        self.0 = self.0.saturating_add(FRAME);
        self.0 <= LIMIT
    }

    /// Counts the bytes of a read.
    pub(crate) fn spend_read(&mut self, len: usize) {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        self.0 = self.0.saturating_add(len).saturating_add(READ);
    }

    /// Spends the rest of the budget.
    pub(crate) fn exhaust(&mut self) {
        self.0 = LIMIT;
    }

    /// Returns whether the task must yield now, even though messages are waiting in its buffers. Starts a new budget then.
    pub(crate) fn must_yield(&mut self) -> bool {
        let is_spent = self.0 >= LIMIT;
        if is_spent {
            self.reset();
        }
        is_spent
    }

    /// Starts a new budget, because the task waits for the transport and other tasks run.
    #[inline]
    pub(crate) fn reset(&mut self) {
        self.0 = 0;
    }
}

/// The budget in bytes: about 0.1 milliseconds of work.
const LIMIT: u32 = 256 << 10;

/// The cost of a frame in bytes.
const FRAME: u32 = 1 << 10;

/// The cost of a read in bytes, in addition to those that are read.
const READ: u32 = 2 << 10;
