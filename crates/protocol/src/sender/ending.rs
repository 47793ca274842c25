//! How the end begins, who brings it about, and what it wants next: [RFC 6455 §7](https://www.rfc-editor.org/rfc/rfc6455#section-7).

use std::{io, time::Instant};

use sockeye_errors::{Close, CloseCause, Error, ProtocolError};
use sockeye_frames::close;

use super::Sender;
use crate::Step;

impl Sender {
    /// Begins the closing handshake; does nothing if it has begun.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::InvalidCloseCode`] and [`ProtocolError::CloseReasonTooLong`]; the connection stays as it was.
    pub fn close(&mut self, now: Instant, frame: &Close) -> Result<(), Error> {
        close::check(frame)?;
        self.close_with(now, frame);
        self.closing.ask();
        Ok(())
    }

    /// [`close`](Self::close) in the name of somebody who is not the one who sends, as a server is when it shuts down:
    /// sending is no mistake afterwards, and fails with [`Error::ConnectionClosed`].
    ///
    /// # Errors
    ///
    /// See [`close`](Self::close).
    pub fn close_unasked(&mut self, now: Instant, frame: &Close) -> Result<(), Error> {
        close::check(frame)?;
        self.close_with(now, frame);
        Ok(())
    }

    /// A close frame arrived: queues the answer.
    pub fn handle_close(&mut self, now: Instant, frame: Close) {
        self.keepalive.stop();
        if let Some(answer) = self.closing.handle_close(self.close_deadline(now), frame) {
            self.finish_with(&answer);
        }
    }

    /// The peer broke a rule: queues the close frame that says which.
    pub fn handle_failure(&mut self, now: Instant, error: ProtocolError) {
        let reason = error.to_string();
        let frame = Close::new(error.close_code(), close::truncate_reason(&reason));
        self.fail(now, CloseCause::Protocol(error), frame);
    }

    /// The transport ended.
    pub fn handle_eof(&mut self) {
        self.keepalive.stop();
        if self.closing.handle_eof() {
            self.output.clear();
        }
    }

    /// The transport failed.
    pub fn handle_error(&mut self, error: io::Error) {
        self.keepalive.stop();
        self.output.clear();
        self.closing.handle_error(error);
    }

    /// Writing failed. What the peer wrote before can still be read, its close frame for one.
    pub fn handle_write_error(&mut self, now: Instant, error: io::Error) {
        self.keepalive.stop();
        self.output.clear();
        self.closing.handle_write_error(self.close_deadline(now), error);
    }

    /// There is nothing to read at the moment, where [`step`](Self::step) wants it: a server whose peer said goodbye goes.
    pub fn handle_exhausted(&mut self) {
        self.closing.handle_exhausted(self.role());
    }

    /// Our direction of the transport was shut down, as [`step`](Self::step) wanted.
    pub fn handle_shut_down(&mut self, now: Instant) {
        self.closing.handle_shut_down(now);
    }

    /// `len` bytes came after the end, and were discarded.
    pub fn handle_discarded(&mut self, len: usize) {
        self.closing.handle_discarded(len);
    }

    /// What the end of the connection wants from the transport next.
    #[inline]
    pub fn step(&mut self) -> Step {
        if self.closing.is_open() {
            return Step::Receive;
        }
        self.closing.step(self.role(), self.output.is_empty())
    }
}
