//! Pings and pongs, asked for and answered: [RFC 6455 §5.5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2).

use std::time::{Duration, Instant};

use bytes::Bytes;
use sockeye_errors::Error;
use sockeye_frames::OpCode;

use super::Sender;
use crate::{PingId, Pong};

impl Sender {
    /// Queues a ping.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`ControlTooLong`](sockeye_errors::ProtocolError::ControlTooLong) for a payload of more than 125
    /// bytes.
    pub fn ping(&mut self, now: Instant, payload: impl Into<Bytes>) -> Result<PingId, Error> {
        let payload = payload.into();
        self.check_open("ping")?;
        self.control(OpCode::Ping, payload.clone())?;
        Ok(self.pings.sent(now, payload))
    }

    /// Queues a pong that answers no ping: a heartbeat in one direction (§5.5.3).
    ///
    /// # Errors
    ///
    /// As [`ping`](Self::ping).
    pub fn pong(&mut self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.check_open("pong")?;
        self.control(OpCode::Pong, payload.into())
    }

    /// A ping arrived: queues the pong.
    pub fn handle_ping(&mut self, payload: Bytes) {
        // §5.5.2: a ping is answered by a pong with the same payload, unless the closing has begun.
        if !self.closing.is_open() {
            return;
        }
        // A peer that pings and does not read must not make us write without end.
        if self.output.len() < self.config.write_high_water.max(1) {
            // Without randomness no pong; the next frame of the application says so.
            let _ = self.control(OpCode::Pong, payload);
        } else {
            // It may wait for long, and what it came with need not.
            self.pong = Some(Box::new(Bytes::copy_from_slice(&payload)));
        }
    }

    /// A pong arrived; returns the ping that it answers.
    pub fn handle_pong(&mut self, now: Instant, payload: &[u8]) -> Option<Pong> {
        self.pings.acknowledged(now, payload)
    }

    /// The time between the last ping that was answered and its pong.
    pub fn latency(&self) -> Option<Duration> {
        self.pings.latency()
    }
}
