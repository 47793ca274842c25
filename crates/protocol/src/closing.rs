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
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact about the end")]
pub(crate) struct Closing {
    role: Role,
    /// Whether the application closed, so that it ought to know.
    asked: bool,
    /// What was exchanged and what went wrong; made when there is something to say.
    outcome: Option<Box<ConnectionClosed>>,
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
    /// Whether all that had come was read, when something was read last.
    exhausted: bool,
    /// Whether the transport is of no more use.
    over: bool,
    /// When patience ends.
    deadline: Option<Instant>,
    timeout: Option<Duration>,
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
    /// Read, and call `handle_discarded` for the bytes and `handle_eof` for their end. A server need not, once
    /// `handle_exhausted` was called behind the last close frame.
    Drain,
    /// Nothing: it is over. Drop the transport.
    Done,
}

impl Closing {
    pub(crate) fn new(role: Role, timeout: Option<Duration>) -> Self {
        Self {
            role,
            asked: false,
            outcome: None,
            failed: false,
            broken: false,
            shut_down: false,
            eof: false,
            cut_off: false,
            exhausted: false,
            over: false,
            deadline: None,
            timeout,
            discarded: 0,
        }
    }

    pub(crate) fn state(&self) -> State {
        // §7.1.3, §7.1.4: CLOSING begins with either close frame, CLOSED with the end of the transport.
        if self.over {
            State::Closed
        } else if self.is_open() {
            State::Open
        } else {
            State::Closing
        }
    }

    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.outcome.is_none() && !self.over
    }

    /// Whether the application itself closed.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked
    }

    pub(crate) fn outcome(&self) -> &ConnectionClosed {
        self.outcome.as_deref().unwrap_or(&OPEN)
    }

    fn end(&mut self) -> &mut ConnectionClosed {
        self.outcome.get_or_insert_default()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The application itself closes, and ought to know from now on.
    pub(crate) fn ask(&mut self) {
        self.asked = true;
    }

    /// This side closes; returns whether a close frame is to be sent.
    pub(crate) fn close(&mut self, now: Instant, close: &Close) -> bool {
        // §7.1.2: the closing begins with a close frame of this code and reason.
        let open = self.is_open();
        if open {
            self.end().sent = Some(close.clone());
            self.start_deadline(now);
        }
        open
    }

    /// A close frame came; returns the one that answers it, if an answer is due.
    pub(crate) fn handle_close(&mut self, now: Instant, close: Close) -> Option<Close> {
        self.reconsider();
        // §5.5.1: a close frame is answered by one with the same code, unless one was sent before.
        let mute = self.outcome().sent.is_some() || self.broken || self.failed || self.over;
        let answer = (!mute).then(|| Close::new(close.code, ""));
        if answer.is_some() || self.outcome().sent.is_some() {
            self.end().rcvd_then_sent = Some(answer.is_some());
        }
        self.end().rcvd = Some(close);
        if let Some(answer) = &answer {
            self.end().sent = Some(answer.clone());
        }
        self.start_deadline(now);
        answer
    }

    /// The peer broke a rule; returns the close frame that says so, if one can still be sent.
    pub(crate) fn fail(&mut self, now: Instant, cause: CloseCause, close: Close) -> Option<Close> {
        self.reconsider();
        if self.failed || self.over {
            return None;
        }
        self.failed = true;
        self.end().cause.get_or_insert(cause);
        self.start_deadline(now);
        let close = (self.outcome().sent.is_none() && !self.broken).then_some(close);
        if let Some(close) = &close {
            self.end().sent = Some(close.clone());
            self.end().rcvd_then_sent = self.outcome().rcvd.is_some().then_some(true);
        }
        close
    }

    /// The peer's direction of the transport ended; returns whether that came as a surprise.
    pub(crate) fn handle_eof(&mut self) -> bool {
        self.eof = true;
        // §7.2.1: a transport that is lost fails the connection.
        let surprise = self.outcome().rcvd.is_none() && !self.failed;
        if surprise {
            let text = "the transport ended without a close frame";
            let error = io::Error::new(io::ErrorKind::UnexpectedEof, text);
            self.cut_off = self.outcome().cause.is_none();
            self.end().cause.get_or_insert(CloseCause::Io(Arc::new(error)));
            self.failed = true;
        }
        surprise
    }

    /// The transport failed.
    pub(crate) fn handle_error(&mut self, error: io::Error) {
        // After the close frames, nobody misses the transport.
        if self.outcome().rcvd.is_none() || self.outcome().sent.is_none() {
            self.end().cause.get_or_insert_with(|| CloseCause::Io(Arc::new(error)));
        }
        self.over = true;
    }

    /// Nothing can be written any more. What the peer wrote before it went can still be read.
    pub(crate) fn handle_write_error(&mut self, now: Instant, error: io::Error) {
        if self.outcome().rcvd.is_some() {
            return self.handle_error(error);
        }
        self.broken = true;
        self.end().cause.get_or_insert_with(|| CloseCause::Io(Arc::new(error)));
        self.start_deadline(now);
    }

    pub(crate) fn handle_shut_down(&mut self, now: Instant) {
        self.shut_down = true;
        // Reading on for a while lets the peer read our last bytes: closing at once could reset the connection.
        let linger = now.checked_add(LINGER);
        self.deadline = match (self.deadline, linger) {
            (Some(deadline), Some(linger)) => Some(deadline.min(linger)),
            (deadline, linger) => deadline.or(linger),
        };
    }

    /// Something was read, perhaps all there was.
    #[inline]
    pub(crate) fn handle_received(&mut self, exhausted: bool) {
        self.exhausted = exhausted;
    }

    pub(crate) fn handle_discarded(&mut self, len: usize) {
        self.discarded = self.discarded.saturating_add(len);
        if self.discarded > MAX_DISCARDED {
            self.over = true;
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, flushed: bool) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.give_up(Operation::Close, flushed);
        }
    }

    /// A deadline passed, and no more will be waited for, though perhaps not all was written.
    pub(crate) fn give_up(&mut self, operation: Operation, flushed: bool) {
        if self.over {
            return;
        }
        if !flushed || self.outcome().rcvd.is_none() || self.outcome().sent.is_none() {
            self.end().cause.get_or_insert(CloseCause::Timeout(Timeout::new(operation)));
        }
        self.over = true;
    }

    /// What the end wants next, where `flushed` says that nothing waits to be written.
    #[inline]
    pub(crate) fn step(&mut self, flushed: bool) -> Step {
        if self.is_open() { Step::Receive } else { self.step_to_end(flushed) }
    }

    fn step_to_end(&mut self, flushed: bool) -> Step {
        let exchanged = self.outcome().sent.is_some() && self.outcome().rcvd.is_some();
        if self.broken && (self.outcome().rcvd.is_some() || self.failed || self.eof) {
            self.over = true;
        }
        if self.over {
            return Step::Done;
        }
        if !exchanged && !self.failed {
            return Step::Receive;
        }
        if !flushed {
            return Step::Flush;
        }
        // §7.1.1: the server closes the transport first, so that it is the server who remembers it.
        if !self.shut_down && (self.role == Role::Server || self.failed || self.eof) {
            return Step::ShutDown;
        }
        // §5.5.1: with both close frames a server closes at once, and no peer may send more. Only where bytes wait to be
        // read, closing would reset the connection, and take our close frame from a peer that has not read it yet.
        let parted = exchanged && !self.failed && self.exhausted && self.role == Role::Server;
        if !self.eof && !parted {
            return Step::Drain;
        }
        self.over = true;
        Step::Done
    }

    /// The end of the transport may be told before what came last is looked at: there was more to say after all.
    fn reconsider(&mut self) {
        if std::mem::take(&mut self.cut_off) {
            self.failed = false;
            self.end().cause = None;
        }
    }

    fn start_deadline(&mut self, now: Instant) {
        if self.deadline.is_none() {
            self.deadline = self.timeout.and_then(|timeout| now.checked_add(timeout));
        }
    }
}

/// How long the peer's last bytes are read after our direction was shut down.
const LINGER: Duration = Duration::from_secs(2);

/// How many of them.
const MAX_DISCARDED: usize = 1 << 20;

/// The outcome of a connection that is open.
static OPEN: ConnectionClosed = ConnectionClosed::none();
