//! Pings and pongs: [RFC 6455 §5.5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2).

use std::time::{Duration, Instant};

use bytes::Bytes;
use sockeye_errors::{Error, ProtocolError};
use sockeye_frames::{Header, OpCode};

use super::Sender;
use crate::{PingId, Pong};

impl Sender {
    /// Queues a ping; returns an id by which its pong can be recognized.
    ///
    /// It overtakes queued data frames, as all control frames but the close frame do.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), and [`ControlTooLong`](sockeye_errors::ProtocolError::ControlTooLong) for a payload of
    /// more than 125 bytes.
    pub fn ping(&mut self, now: Instant, payload: impl Into<Bytes>) -> Result<PingId, Error> {
        let payload = payload.into();
        self.check_open("ping")?;
        self.control(OpCode::Ping, &payload)?;
        Ok(self.pings.insert(now, payload))
    }

    /// Queues an unsolicited pong, which is a heartbeat in one direction (§5.5.3).
    ///
    /// # Errors
    ///
    /// Those of [`ping`](Self::ping).
    pub fn pong(&mut self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.check_open("pong")?;
        self.control(OpCode::Pong, &payload.into()).map(drop)
    }

    /// Handles a ping, an [`Event::Ping`](crate::Event::Ping): queues the pong, before data frames that are not begun.
    ///
    /// If the peer sends pings faster than it reads the pongs, only the pong for the most recent ping is kept, and queued
    /// later.
    pub fn handle_ping(&mut self, payload: &[u8]) {
        // §5.5.2: a ping is answered by a pong with the same payload, unless the closing handshake has begun.
        if !self.closing.is_open() {
            return;
        }
        if self.can_queue_pong() {
            // Without a masking key there is no pong. The next frame of the application reports the error.
            let _ = self.control(OpCode::Pong, payload);
        } else {
            self.pong = Some(Box::new(Bytes::copy_from_slice(payload)));
        }
    }

    /// Returns whether the queue has room for a pong. A peer that sends pings and does not read must not make the queue grow
    /// without limit, and each pong that overtakes data moves the data.
    fn can_queue_pong(&self) -> bool {
        match self.queue.overtaking_len() {
            Some(0) => true,
            Some(len) => len <= MAX_OVERTAKING && !self.is_congested(),
            None => !self.is_congested(),
        }
    }

    /// Queues the pong that had no room, if it has now.
    #[inline]
    pub(super) fn retry_pong(&mut self) {
        if self.pong.is_some() {
            self.retry_pong_slow();
        }
    }

    #[cold]
    fn retry_pong_slow(&mut self) {
        if self.can_queue_pong()
            && let Some(payload) = self.pong.take()
        {
            let _ = self.control(OpCode::Pong, &payload);
        }
    }

    pub(super) fn send_keepalive_ping(&mut self, now: Instant) {
        let payload = self.pings.unique_payload();
        if let Ok(unwritten) = self.control(OpCode::Ping, &payload) {
            self.keepalive.handle_ping(unwritten);
            self.pings.insert_keepalive(now, payload);
        }
    }

    /// Queues a ping or a pong; returns the number of bytes to write until it is written.
    fn control(&mut self, opcode: OpCode, payload: &[u8]) -> Result<usize, Error> {
        // §5.5: a control frame carries at most 125 bytes.
        if payload.len() > 125 {
            let length = payload.len() as u64;
            return Err(ProtocolError::ControlTooLong { length }.into());
        }
        let mask = self.mask_key()?;
        let header = Header { fin: true, rsv1: false, opcode, mask, length: payload.len() as u64 };
        Ok(self.queue.frames_mut().insert_control(&header, payload))
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

/// The number of bytes in control frames up to which pongs overtake data.
const MAX_OVERTAKING: usize = 1 << 10;
