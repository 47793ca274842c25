//! The deadlines of a connection: keepalive, write and close timeout.

use std::time::Instant;

use sockeye_errors::{Close, CloseCause, CloseCode, Operation, Timeout};

use super::{
    Sender,
    keepalive::{Action, Activity},
};

impl Sender {
    /// Records that bytes were received, which shows that the peer is alive.
    #[inline]
    pub fn handle_received(&mut self) {
        self.keepalive.handle_received();
    }

    /// Acts on the deadlines that have passed at the time `now`.
    ///
    /// `reading` says whether the caller also reads from the transport. A caller that only writes cannot know that the peer is
    /// silent, so the keepalive timeout does not fail the connection then.
    pub fn handle_timeout(&mut self, now: Instant, reading: bool) {
        let activity = Activity { reading, blocked: self.queue.is_blocked() };
        match self.keepalive.handle_timeout(now, activity, &self.config) {
            Action::None => {}
            Action::SendPing => self.send_keepalive_ping(now),
            Action::TimedOut => {
                let frame = Close::new(CloseCode::INTERNAL_ERROR, "keepalive ping timeout");
                self.fail(now, CloseCause::Timeout(Timeout::new(Operation::Keepalive)), frame);
            }
        }
        if self.queue.deadline().is_some_and(|deadline| deadline <= now) {
            self.keepalive.stop();
            self.queue.clear();
            self.closing.give_up(Operation::Write, false);
        }
        self.closing.handle_timeout(now, self.queue.is_empty());
        // A closed connection is not written to, and no task must wait until it is flushed.
        if self.closing.is_closed() {
            self.queue.clear();
        }
    }

    /// Returns the time at which to call [`handle_timeout`](Self::handle_timeout). It can change with each call of any
    /// method.
    #[inline]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let keepalive = self.keepalive.poll_timeout();
        let write = self.queue.deadline();
        if self.closing.is_open() && write.is_none() {
            return keepalive;
        }
        let deadlines = [keepalive, write, self.closing.deadline()];
        if self.closing.is_closed() { None } else { deadlines.into_iter().flatten().min() }
    }
}
