//! How the closing handshake begins and proceeds: [RFC 6455 §7](https://www.rfc-editor.org/rfc/rfc6455#section-7).

use std::{io, time::Instant};

use sockeye_errors::{Close, CloseCause, Error, ProtocolError};
use sockeye_frames::close;

use super::Sender;
use crate::CloseStep;

impl Sender {
    /// Checks a close frame without sending it.
    ///
    /// # Errors
    ///
    /// See [`close`](Self::close).
    pub fn check_close(&self, frame: &Close) -> Result<(), Error> {
        close::check(frame).map_err(Error::from)
    }

    /// Begins the closing handshake on behalf of the application; has no effect if it has begun.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::InvalidCloseCode`] and [`ProtocolError::CloseReasonTooLong`]. The state of the connection does not
    /// change then.
    pub fn close(&mut self, now: Instant, frame: &Close) -> Result<(), Error> {
        self.close_by_server(now, frame)?;
        self.closing.set_by_application();
        Ok(())
    }

    /// Begins the closing handshake on behalf of a server that shuts down; has no effect if it has begun.
    ///
    /// It differs from [`close`](Self::close) in one respect: the application has not closed the connection itself, so an
    /// attempt to send afterwards is not a mistake, and fails with [`Error::ConnectionClosed`].
    ///
    /// # Errors
    ///
    /// See [`close`](Self::close).
    pub fn close_by_server(&mut self, now: Instant, frame: &Close) -> Result<(), Error> {
        close::check(frame)?;
        self.begin_close(now, frame);
        Ok(())
    }

    /// Handles a close frame of the peer, an [`Event::Close`](crate::Event::Close): queues the answer.
    pub fn handle_close(&mut self, now: Instant, frame: Close) {
        self.keepalive.stop();
        if let Some(answer) = self.closing.handle_close(self.close_deadline(now), frame) {
            self.send_close(&answer);
        }
    }

    /// Records that the close frame has ended a message that had begun: the receiver
    /// [is incomplete](crate::Receiver::is_message_incomplete).
    pub fn handle_incomplete_message(&mut self) {
        self.closing.handle_incomplete_message();
    }

    /// Handles a protocol violation by the peer, an [`Event::Failed`](crate::Event::Failed): queues a close frame with the
    /// code and the text of the error.
    pub fn handle_failure(&mut self, now: Instant, error: ProtocolError) {
        let reason = error.to_string();
        let frame = Close::new(error.close_code(), close::truncate_reason(&reason));
        self.fail(now, CloseCause::Protocol(error), frame);
    }

    /// Records that the receiving direction of the transport ended.
    pub fn handle_eof(&mut self) {
        self.keepalive.stop();
        if self.closing.handle_eof() {
            self.queue.clear();
        }
    }

    /// Records an error of the transport, in its receiving direction or in both.
    pub fn handle_error(&mut self, error: io::Error) {
        self.keepalive.stop();
        self.queue.clear();
        self.closing.handle_error(error);
    }

    /// Ends the connection without a closing handshake: the caller drops the transport. Queued bytes are lost.
    pub fn abort(&mut self) {
        let text = "the application aborted the connection";
        self.handle_error(io::Error::new(io::ErrorKind::ConnectionAborted, text));
    }

    /// Records an error of the sending direction of the transport.
    ///
    /// Bytes that the peer has sent before can still be received, including its close frame.
    pub fn handle_write_error(&mut self, now: Instant, error: io::Error) {
        self.keepalive.stop();
        self.queue.clear();
        self.closing.handle_write_error(self.close_deadline(now), error);
    }

    /// Records that no bytes can be read at the moment, in [`CloseStep::Drain`].
    ///
    /// A server closes the connection then, if both close frames were exchanged.
    pub fn handle_read_pending(&mut self) {
        self.closing.handle_read_pending(self.role());
    }

    /// Records that the sending direction of the transport was shut down, as [`CloseStep::ShutDown`] requires.
    pub fn handle_shut_down(&mut self, now: Instant) {
        self.closing.handle_shut_down(now);
    }

    /// Records that `len` bytes were read and discarded, in [`CloseStep::Drain`].
    pub fn handle_discarded(&mut self, len: usize) {
        self.closing.handle_discarded(len);
    }

    /// Returns the next action on the transport.
    #[inline]
    pub fn step(&self) -> CloseStep {
        self.closing.step(self.role(), self.queue.is_empty())
    }
}
