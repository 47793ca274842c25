//! How queued bytes are written to the transport: [RFC 6455 §6.1](https://www.rfc-editor.org/rfc/rfc6455#section-6.1).

use std::{io::IoSlice, time::Instant};

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
    ///
    /// `now` returns the current time. It is called only while a keepalive ping has no answer: the ping timeout starts when the
    /// ping is written.
    #[inline]
    pub fn handle_transmitted(&mut self, now: impl FnOnce() -> Instant, len: usize) {
        let unblocked = self.queue.is_blocked();
        self.queue.advance(len, self.config.max_pooled_buffer());
        if self.keepalive.is_unanswered() {
            self.keepalive.handle_transmitted(now(), len, unblocked, &self.config);
        }
        self.retry_pong();
    }

    /// Records that the transport was flushed: it has passed on all bytes that it has accepted.
    pub fn handle_flushed(&mut self) {
        self.queue.handle_flushed();
    }

    /// Records that a write, flush or shutdown cannot complete at the moment. The write timeout begins with the first such
    /// call, and restarts when bytes are written.
    pub fn handle_write_pending(&mut self, now: Instant) {
        let timeout = self.config.write_timeout;
        self.queue.handle_blocked(timeout.and_then(|timeout| now.checked_add(timeout)));
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
