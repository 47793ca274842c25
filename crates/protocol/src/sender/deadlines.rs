//! The deadlines of a connection: of its keepalive, of what is written, and of its end.

use std::time::Instant;

use sockeye_errors::{Close, CloseCause, CloseCode, Operation, Timeout};
use sockeye_frames::OpCode;

use super::Sender;
use crate::keepalive::Beat;

impl Sender {
    /// Some bytes arrived: the peer is alive.
    #[inline]
    pub fn handle_received(&mut self) {
        self.keepalive.handle_received();
    }

    /// The time is `now`: acts on the deadlines that have passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self.keepalive.handle_timeout(now, &self.config) {
            Beat::Wait => {}
            Beat::Ping => {
                let payload = self.pings.fresh_payload();
                if self.control(OpCode::Ping, payload.clone()).is_ok() {
                    self.pings.sent(now, payload);
                }
            }
            Beat::Dead => {
                let frame = Close::new(CloseCode::INTERNAL_ERROR, "keepalive ping timeout");
                self.fail(now, CloseCause::Timeout(Timeout::new(Operation::Keepalive)), frame);
            }
        }
        if self.output.deadline().is_some_and(|deadline| deadline <= now) {
            self.keepalive.stop();
            self.output.clear();
            self.closing.give_up(Operation::Write, false);
        }
        self.closing.handle_timeout(now, self.output.is_empty());
        // Nobody writes any more, and nobody shall wait for it.
        if self.closing.is_over() {
            self.output.clear();
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    #[inline]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let keepalive = self.keepalive.poll_timeout();
        let write = self.output.deadline();
        if self.closing.is_open() && write.is_none() {
            return keepalive;
        }
        let deadlines = [keepalive, write, self.closing.deadline()];
        if self.closing.is_over() { None } else { deadlines.into_iter().flatten().min() }
    }
}
