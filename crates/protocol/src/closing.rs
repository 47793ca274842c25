//! The closing handshake: [RFC 6455 §7](https://www.rfc-editor.org/rfc/rfc6455#section-7).

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use sockeye_errors::{Close, CloseCause, ConnectionClosed, Operation, State, Timeout};
use sockeye_frames::Role;

/// How far the end of a connection has come.
///
/// RFC 6455's OPEN, CLOSING and CLOSED are derived from it.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    /// Made when the end begins.
    end: Option<Box<End>>,
}

/// The end of a connection, from its beginning.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact about the end")]
struct End {
    /// What was exchanged and what went wrong.
    outcome: ConnectionClosed,
    /// Whether the application closed, so that it ought to know.
    asked: bool,
    /// Whether the connection failed (§7.1.7): no close frame of the peer is awaited.
    failed: bool,
    /// Whether nothing can be written any more, though the peer's last words may still be read.
    broken: bool,
    /// Whether our direction of the transport was shut down.
    shut_down: bool,
    /// Whether the peer's direction of the transport has ended.
    eof: bool,
    /// Whether it ended without a close frame, as far as is known.
    cut_off: bool,
    /// Whether the transport is of no more use.
    over: bool,
    /// When patience ends.
    deadline: Option<Instant>,
    /// Bytes that came after the end.
    discarded: usize,
}

/// What the end of the connection wants from the transport next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Go on: the connection is open, or waits for the close frame of the peer.
    Receive,
    /// Write what waits to be written.
    Flush,
    /// Shut down our direction of the transport, then call `handle_shut_down`.
    ShutDown,
    /// Read, and call `handle_discarded` for the bytes, `handle_eof` for their end, and `handle_exhausted` where there is
    /// nothing to read yet: a server does not wait for it.
    Drain,
    /// Nothing: it is over. Drop the transport.
    Done,
}

/// Where a `deadline` is given, it is that for the whole end, and counts if none did before.
impl Closing {
    pub(crate) fn state(&self) -> State {
        // §7.1.3, §7.1.4: CLOSING begins with either close frame, CLOSED with the end of the transport.
        match &self.end {
            None => State::Open,
            Some(end) if end.over => State::Closed,
            Some(_) => State::Closing,
        }
    }

    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.end.is_none()
    }

    /// Whether the application itself closed.
    pub(crate) fn is_asked(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.asked)
    }

    pub(crate) fn outcome(&self) -> &ConnectionClosed {
        self.end.as_ref().map_or(&OPEN, |end| &end.outcome)
    }

    fn end(&mut self) -> &mut End {
        self.end.get_or_insert_default()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.over)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.end.as_ref().and_then(|end| end.deadline)
    }

    /// The application itself has closed, and ought to know from now on.
    pub(crate) fn ask(&mut self) {
        self.end().asked = true;
    }

    /// This side closes; returns whether a close frame is to be sent.
    pub(crate) fn close(&mut self, deadline: Option<Instant>, close: &Close) -> bool {
        // §7.1.2: the closing begins with a close frame of this code and reason.
        let open = self.is_open();
        if open {
            let end = self.end();
            end.outcome.sent = Some(close.clone());
            end.start_deadline(deadline);
        }
        open
    }

    /// A close frame came; returns the one that answers it, if an answer is due.
    pub(crate) fn handle_close(
        &mut self,
        deadline: Option<Instant>,
        close: Close,
    ) -> Option<Close> {
        self.end().handle_close(deadline, close)
    }

    /// The peer broke a rule; returns the close frame that says so, if one can still be sent.
    pub(crate) fn fail(
        &mut self,
        deadline: Option<Instant>,
        cause: CloseCause,
        close: Close,
    ) -> Option<Close> {
        self.end().fail(deadline, cause, close)
    }

    /// The peer's direction of the transport ended; returns whether that came as a surprise.
    pub(crate) fn handle_eof(&mut self) -> bool {
        self.end().handle_eof()
    }

    /// The transport failed.
    pub(crate) fn handle_error(&mut self, error: io::Error) {
        self.end().handle_error(error);
    }

    /// Nothing can be written any more. What the peer wrote before it went can still be read.
    pub(crate) fn handle_write_error(&mut self, deadline: Option<Instant>, error: io::Error) {
        self.end().handle_write_error(deadline, error);
    }

    pub(crate) fn handle_shut_down(&mut self, now: Instant) {
        if let Some(end) = &mut self.end {
            end.handle_shut_down(now);
        }
    }

    /// There is nothing to be read at the moment by the endpoint that plays `role`.
    pub(crate) fn handle_exhausted(&mut self, role: Role) {
        if let Some(end) = &mut self.end {
            end.handle_exhausted(role);
        }
    }

    pub(crate) fn handle_discarded(&mut self, len: usize) {
        if let Some(end) = &mut self.end {
            end.handle_discarded(len);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, flushed: bool) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.give_up(Operation::Close, flushed);
        }
    }

    /// A deadline passed, and no more will be waited for, though perhaps not all was written.
    pub(crate) fn give_up(&mut self, operation: Operation, flushed: bool) {
        self.end().give_up(operation, flushed);
    }

    /// What the end of the endpoint that plays `role` wants next, where `flushed` says that nothing waits to be written.
    #[inline]
    pub(crate) fn step(&mut self, role: Role, flushed: bool) -> Step {
        match &mut self.end {
            None => Step::Receive,
            Some(end) => end.step(role, flushed),
        }
    }
}

impl End {
    fn handle_close(&mut self, deadline: Option<Instant>, close: Close) -> Option<Close> {
        self.reconsider();
        // §5.5.1: a close frame is answered by one with the same code, unless one was sent before.
        let mute = self.outcome.sent.is_some() || self.broken || self.failed || self.over;
        let answer = (!mute).then(|| Close::new(close.code, ""));
        if answer.is_some() || self.outcome.sent.is_some() {
            self.outcome.rcvd_then_sent = Some(answer.is_some());
        }
        self.outcome.rcvd = Some(close);
        if let Some(answer) = &answer {
            self.outcome.sent = Some(answer.clone());
        }
        self.start_deadline(deadline);
        answer
    }

    fn fail(
        &mut self,
        deadline: Option<Instant>,
        cause: CloseCause,
        close: Close,
    ) -> Option<Close> {
        self.reconsider();
        if self.failed || self.over {
            return None;
        }
        self.failed = true;
        self.outcome.cause.get_or_insert(cause);
        self.start_deadline(deadline);
        let close = (self.outcome.sent.is_none() && !self.broken).then_some(close);
        if let Some(close) = &close {
            self.outcome.sent = Some(close.clone());
            self.outcome.rcvd_then_sent = self.outcome.rcvd.is_some().then_some(true);
        }
        close
    }

    fn handle_eof(&mut self) -> bool {
        self.eof = true;
        // §7.2.1: a transport that is lost fails the connection.
        let surprise = self.outcome.rcvd.is_none() && !self.failed;
        if surprise {
            let text = "the transport ended without a close frame";
            let error = io::Error::new(io::ErrorKind::UnexpectedEof, text);
            self.cut_off = self.outcome.cause.is_none();
            self.outcome.cause.get_or_insert(CloseCause::Io(Arc::new(error)));
            self.failed = true;
        }
        surprise
    }

    fn handle_error(&mut self, error: io::Error) {
        // After the close frames, nobody misses the transport.
        if !self.is_exchanged() {
            self.outcome.cause.get_or_insert_with(|| CloseCause::Io(Arc::new(error)));
        }
        self.over = true;
    }

    fn handle_write_error(&mut self, deadline: Option<Instant>, error: io::Error) {
        if self.outcome.rcvd.is_some() {
            return self.handle_error(error);
        }
        self.broken = true;
        self.outcome.cause.get_or_insert_with(|| CloseCause::Io(Arc::new(error)));
        self.start_deadline(deadline);
    }

    fn handle_shut_down(&mut self, now: Instant) {
        self.shut_down = true;
        // Reading on for a while lets the peer read our last bytes: closing at once could reset the connection.
        let linger = now.checked_add(LINGER);
        self.deadline = match (self.deadline, linger) {
            (Some(deadline), Some(linger)) => Some(deadline.min(linger)),
            (deadline, linger) => deadline.or(linger),
        };
    }

    fn handle_exhausted(&mut self, role: Role) {
        // §5.5.1: with both close frames a server closes at once, and no peer may send more. Only where bytes wait to be
        // read, closing would reset the connection, and take our close frame from a peer that has not read it yet.
        if self.shut_down && self.is_exchanged() && !self.failed && role == Role::Server {
            self.over = true;
        }
    }

    /// Whether both close frames were.
    fn is_exchanged(&self) -> bool {
        self.outcome.sent.is_some() && self.outcome.rcvd.is_some()
    }

    fn handle_discarded(&mut self, len: usize) {
        self.discarded = self.discarded.saturating_add(len);
        if self.discarded > MAX_DISCARDED {
            self.over = true;
        }
    }

    fn give_up(&mut self, operation: Operation, flushed: bool) {
        if self.over {
            return;
        }
        if !flushed || !self.is_exchanged() {
            self.outcome.cause.get_or_insert(CloseCause::Timeout(Timeout::new(operation)));
        }
        self.over = true;
    }

    fn step(&mut self, role: Role, flushed: bool) -> Step {
        if self.broken && (self.outcome.rcvd.is_some() || self.failed || self.eof) {
            self.over = true;
        }
        if self.over {
            return Step::Done;
        }
        if !self.is_exchanged() && !self.failed {
            return Step::Receive;
        }
        if !flushed {
            return Step::Flush;
        }
        // §7.1.1: the server closes the transport first, so that it is the server who remembers it.
        if !self.shut_down && (role == Role::Server || self.failed || self.eof) {
            return Step::ShutDown;
        }
        if !self.eof {
            return Step::Drain;
        }
        self.over = true;
        Step::Done
    }

    /// The end of the transport may be told before what came last is looked at: there was more to say after all.
    fn reconsider(&mut self) {
        if std::mem::take(&mut self.cut_off) {
            self.failed = false;
            self.outcome.cause = None;
        }
    }

    fn start_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = self.deadline.or(deadline);
    }
}

/// How long the peer's last bytes are read after our direction was shut down.
const LINGER: Duration = Duration::from_secs(2);

/// How many of them.
const MAX_DISCARDED: usize = 1 << 20;

/// The outcome of a connection that is open.
static OPEN: ConnectionClosed = ConnectionClosed::new(None, None);
