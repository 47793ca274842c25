//! How queued bytes are written to the transport: [RFC 6455 §6.1](https://www.rfc-editor.org/rfc/rfc6455#section-6.1).

use std::{io::IoSlice, time::Instant};

use sockeye_frames::OpCode;

use super::Sender;

impl Sender {
    /// Returns the first contiguous piece of the queued bytes; `None` if no bytes are queued.
    ///
    /// Report the number of bytes that were written to [`handle_transmitted`](Self::handle_transmitted). A vectored write has
    /// no advantage if the piece has [`buffered`](Self::buffered) bytes.
    #[inline]
    pub fn poll_transmit(&self) -> Option<&[u8]> {
        self.queue.first()
    }

    /// Fills `slices` with contiguous pieces of the queued bytes, for a vectored write; returns how many there are.
    pub fn poll_transmit_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.queue.slices(slices)
    }

    /// Records that the transport has accepted `len` of the queued bytes.
    #[inline]
    pub fn handle_transmitted(&mut self, len: usize) {
        self.queue.advance(len, self.config.max_pooled_buffer());
        if self.pong.is_some()
            && !self.is_congested()
            && let Some(payload) = self.pong.take()
        {
            let _ = self.control(OpCode::Pong, *payload);
        }
    }

    /// Records that the transport was flushed: it has passed on all bytes that it has accepted.
    pub fn handle_flushed(&mut self) {
        self.queue.handle_flushed();
    }

    /// Records that a write, flush or shutdown cannot complete at the moment. The write timeout begins with the first such
    /// call, and restarts when bytes are written.
    pub fn handle_write_pending(&mut self, now: Instant) {
        let timeout = self.config.write_timeout;
        self.queue.set_deadline(timeout.and_then(|timeout| now.checked_add(timeout)));
    }

    /// Returns `true` if no bytes are queued.
    #[inline]
    pub fn is_flushed(&self) -> bool {
        self.queue.is_empty()
    }

    /// Returns the number of queued bytes.
    #[inline]
    pub fn buffered(&self) -> usize {
        self.queue.len()
    }

    /// Returns `true` if at least [`Config::write_high_water`](crate::Config::write_high_water) bytes are queued, so that
    /// tasks must wait before they send.
    #[inline]
    pub fn is_congested(&self) -> bool {
        self.queue.len() >= self.config.write_high_water.max(1)
    }
}
