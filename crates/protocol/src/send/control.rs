//! Pings and pongs: [RFC 6455 §5.5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2).

use std::time::{Duration, Instant};

use bytes::Bytes;
use sockeye_errors::Error;
use sockeye_frames::OpCode;

use super::Sender;
use crate::{PingId, Pong};

impl Sender {
    /// Queues a ping; returns an id by which its pong can be recognized.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), and [`ControlTooLong`](sockeye_errors::ProtocolError::ControlTooLong) for a payload of
    /// more than 125 bytes.
    pub fn ping(&mut self, now: Instant, payload: impl Into<Bytes>) -> Result<PingId, Error> {
        let payload = payload.into();
        self.check_open("ping")?;
        self.control(OpCode::Ping, payload.clone())?;
        Ok(self.pings.insert(now, payload))
    }

    /// Queues an unsolicited pong, which is a heartbeat in one direction (§5.5.3).
    ///
    /// # Errors
    ///
    /// Those of [`ping`](Self::ping).
    pub fn pong(&mut self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.check_open("pong")?;
        self.control(OpCode::Pong, payload.into())
    }

    /// Handles a ping, an [`Event::Ping`](crate::Event::Ping): queues the pong.
    ///
    /// While [`is_congested`](Self::is_congested) returns `true`, only the pong for the most recent ping is kept, and queued
    /// later.
    pub fn handle_ping(&mut self, payload: Bytes) {
        // §5.5.2: a ping is answered by a pong with the same payload, unless the closing handshake has begun.
        if !self.closing.is_open() {
            return;
        }
        // A peer that sends pings and does not read must not make the queue grow without limit.
        if self.is_congested() {
            // The copy does not keep the memory of the read alive, which is bigger than the payload.
            self.pong = Some(Box::new(Bytes::copy_from_slice(&payload)));
        } else {
            // Without a masking key there is no pong. The next frame of the application reports the error.
            let _ = self.control(OpCode::Pong, payload);
        }
    }

    /// Handles a pong, an [`Event::Pong`](crate::Event::Pong); returns the ping that it answers.
    pub fn handle_pong(&mut self, now: Instant, payload: &[u8]) -> Option<Pong> {
        self.pings.acknowledge(now, payload)
    }

    /// Returns the round-trip time of the last answered ping, including keepalive pings.
    pub fn latency(&self) -> Option<Duration> {
        self.pings.latency()
    }
}
