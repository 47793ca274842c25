//! What waits to be written, and how the transport takes it: [RFC 6455 §6.1](https://www.rfc-editor.org/rfc/rfc6455#section-6.1).

use std::{io::IoSlice, time::Instant};

use sockeye_frames::OpCode;

use super::Sender;

impl Sender {
    /// `len` bytes of what waits were written.
    #[inline]
    pub fn handle_transmitted(&mut self, len: usize) {
        self.output.advance(len, self.config.max_spare());
        if self.pong.is_some()
            && self.output.len() < self.config.write_high_water.max(1)
            && let Some(payload) = self.pong.take()
        {
            let _ = self.control(OpCode::Pong, *payload);
        }
    }

    /// The transport takes no more bytes at the moment.
    pub fn handle_blocked(&mut self, now: Instant) {
        let timeout = self.config.write_timeout;
        self.output.block(timeout.and_then(|timeout| now.checked_add(timeout)));
    }

    /// The next bytes to write; tell [`handle_transmitted`](Self::handle_transmitted) how many were.
    #[inline]
    pub fn poll_transmit(&self) -> Option<&[u8]> {
        self.output.first()
    }

    /// The next pieces to write at once, for a vectored write; returns how many there are.
    pub fn poll_transmit_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.output.slices(slices)
    }

    /// Whether nothing waits to be written.
    #[inline]
    pub fn is_flushed(&self) -> bool {
        self.output.is_empty()
    }

    /// Whether what waits to be written is a single piece, so that a vectored write would gain nothing.
    #[inline]
    pub fn is_one_piece(&self) -> bool {
        self.output.is_one_piece()
    }

    /// Bytes that wait to be written.
    #[inline]
    pub fn buffered(&self) -> usize {
        self.output.len()
    }

    /// Whether so much waits to be written that a sender should wait.
    #[inline]
    pub fn is_congested(&self) -> bool {
        self.output.len() >= self.config.write_high_water.max(1)
    }
}
