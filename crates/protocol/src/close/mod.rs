//! The closing handshake: [RFC 6455 §7](https://www.rfc-editor.org/rfc/rfc6455#section-7).

use std::{
    io, mem,
    sync::Arc,
    time::{Duration, Instant},
};

use sockeye_errors::{Close, CloseCause, ConnectionClosed, Operation, State, Timeout};
use sockeye_frames::Role;

use crate::memory::Lazy;

mod state;
use state::{CloseState, Directions};

mod step;
pub use step::CloseStep;

/// The closing handshake of a connection.
///
/// Methods with the argument `deadline` begin the close timeout, unless it has begun.
#[derive(Debug, Default)]
pub(crate) struct Closing(Lazy<Inner>);

/// The parts of a closing handshake that has begun, so `state` is not `Open` between two calls.
#[derive(Debug, Default)]
struct Inner {
    state: CloseState,
    /// The close frames, their order, and the error.
    outcome: ConnectionClosed,
    /// Whether the application has closed the connection, so that sending is a mistake of the application.
    by_application: bool,
    /// Whether the only error is the loss of the transport. A close frame may still be found among the bytes that arrived before,
    /// because a write can fail before they are read, and they may be decoded after the end is reported.
    transport_lost: bool,
    deadline: Option<Instant>,
    /// The number of bytes that were received after the last frame.
    discarded: usize,
}

impl Closing {
    /// Returns the state of the connection by §7.1.3 and §7.1.4: CLOSING begins with either close frame, CLOSED with the end
    /// of the transport.
    pub(crate) fn state(&self) -> State {
        match self.0.get() {
            None => State::Open,
            Some(closing) if closing.state == CloseState::Closed => State::Closed,
            Some(_) => State::Closing,
        }
    }

    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the application has closed the connection.
    pub(crate) fn is_by_application(&self) -> bool {
        self.0.get().is_some_and(|closing| closing.by_application)
    }

    pub(crate) fn outcome(&self) -> &ConnectionClosed {
        self.0.get().map_or(&OPEN, |closing| &closing.outcome)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.get().is_some_and(|closing| closing.state == CloseState::Closed)
    }

    /// Returns whether the peer has ended the connection: it has sent its close frame, or has ended its direction, before the
    /// application closed.
    pub(crate) fn is_ended_by_peer(&self) -> bool {
        self.0.get().is_some_and(|closing| {
            let is_eof = closing.state == CloseState::Failed(Directions::Outgoing);
            (closing.outcome.rcvd.is_some() || is_eof) && !closing.by_application
        })
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.0.get().and_then(|closing| closing.deadline)
    }

    /// Records that the application has closed the connection.
    pub(crate) fn set_by_application(&mut self) {
        self.0.get_or_insert().by_application = true;
    }

    /// Begins the closing handshake; returns whether the close frame must be sent.
    pub(crate) fn close(&mut self, deadline: Option<Instant>, close: &Close) -> bool {
        let is_open = self.is_open();
        if is_open {
            // §7.1.2: the closing handshake begins with a close frame of this code and reason.
            let closing = self.0.get_or_insert();
            closing.state = CloseState::AwaitingClose;
            closing.outcome.sent = Some(close.clone());
            closing.start_deadline(deadline);
        }
        is_open
    }

    /// Records a received close frame; returns the frame that answers it, unless none can or need be sent.
    pub(crate) fn handle_close(
        &mut self,
        deadline: Option<Instant>,
        close: Close,
    ) -> Option<Close> {
        self.0.get_or_insert().handle_close(deadline, close)
    }

    /// Fails the connection; returns the close frame if it can be sent.
    pub(crate) fn fail(
        &mut self,
        deadline: Option<Instant>,
        cause: CloseCause,
        close: Close,
    ) -> Option<Close> {
        self.0.get_or_insert().fail(deadline, cause, close)
    }

    /// Records the end of the receiving direction; returns whether that fails the connection.
    pub(crate) fn handle_eof(&mut self) -> bool {
        self.0.get_or_insert().handle_eof()
    }

    /// Records that the close frame arrived inside a fragmented message.
    pub(crate) fn handle_incomplete_message(&mut self) {
        self.0.get_or_insert().outcome.is_message_incomplete = true;
    }

    /// Records an error of the transport.
    pub(crate) fn handle_error(&mut self, error: io::Error) {
        self.0.get_or_insert().handle_error(error);
    }

    /// Records an error of the sending direction. Bytes that the peer has sent can still be received.
    pub(crate) fn handle_write_error(&mut self, deadline: Option<Instant>, error: io::Error) {
        self.0.get_or_insert().handle_write_error(deadline, error);
    }

    /// Records that the sending direction was shut down.
    pub(crate) fn handle_shut_down(&mut self, now: Instant) {
        if let Some(closing) = self.0.get_mut() {
            closing.handle_shut_down(now);
        }
    }

    /// Records that no bytes are available to the endpoint that has `role`.
    pub(crate) fn handle_read_pending(&mut self, role: Role) {
        // §5.5.1: after both close frames a server closes the transport at once, and the peer must not send more. If bytes
        // were left unread, closing would reset the connection, and the peer could lose our close frame.
        if role == Role::Server
            && let Some(closing) = self.0.get_mut()
            && closing.state == CloseState::Exchanged(Directions::Incoming)
        {
            closing.state = CloseState::Closed;
        }
    }

    /// Counts received bytes that were discarded.
    pub(crate) fn handle_discarded(&mut self, len: usize) {
        if let Some(closing) = self.0.get_mut() {
            closing.discarded = closing.discarded.saturating_add(len);
            if closing.discarded > MAX_DISCARDED {
                closing.state = CloseState::Closed;
            }
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, flushed: bool) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.give_up(Operation::Close, flushed);
        }
    }

    /// Closes the connection because a deadline of `operation` has passed; `flushed` says whether no bytes are queued.
    pub(crate) fn give_up(&mut self, operation: Operation, flushed: bool) {
        self.0.get_or_insert().give_up(operation, flushed);
    }

    /// Returns the next step of the endpoint that has `role`; `flushed` says whether no bytes are queued.
    #[inline]
    pub(crate) fn step(&self, role: Role, flushed: bool) -> CloseStep {
        self.0.get().map_or(CloseStep::Receive, |closing| closing.state.step(role, flushed))
    }
}

impl Inner {
    fn handle_close(&mut self, deadline: Option<Instant>, close: Close) -> Option<Close> {
        let can_answer = match self.state {
            CloseState::Open => true,
            // The bytes before the end of the transport contained the close frame after all.
            CloseState::AwaitingClose | CloseState::Exchanged(_) => false,
            _ => self.transport_lost,
        };
        let is_writable = !matches!(self.state, CloseState::WriteFailed | CloseState::Closed);
        // The peer has ended the connection, and the failure is a consequence: the received code decides.
        if self.revoke_loss() || !matches!(self.state, CloseState::Failed(_)) {
            self.state.enter(CloseState::Exchanged);
        }
        // §5.5.1: a close frame is answered by one with the same code, unless one was sent before.
        let answer =
            (can_answer && self.outcome.sent.is_none()).then(|| Close::new(close.code, ""));
        if answer.is_some() || self.outcome.sent.is_some() {
            self.outcome.rcvd_then_sent = Some(answer.is_some());
        }
        self.outcome.rcvd = Some(close);
        if let Some(answer) = &answer {
            self.outcome.sent = Some(answer.clone());
        }
        self.start_deadline(deadline);
        answer.filter(|_| is_writable)
    }

    fn fail(
        &mut self,
        deadline: Option<Instant>,
        cause: CloseCause,
        close: Close,
    ) -> Option<Close> {
        let is_revoked = self.revoke_loss();
        if matches!(self.state, CloseState::Failed(_) | CloseState::Closed) && !is_revoked {
            return None;
        }
        let can_send = !matches!(self.state, CloseState::WriteFailed | CloseState::Closed);
        self.state.enter(CloseState::Failed);
        self.outcome.cause.get_or_insert(cause);
        self.start_deadline(deadline);
        let close = (can_send && self.outcome.sent.is_none()).then_some(close);
        if let Some(close) = &close {
            self.outcome.sent = Some(close.clone());
        }
        close
    }

    fn handle_eof(&mut self) -> bool {
        let is_failure = match self.state {
            CloseState::Open | CloseState::AwaitingClose | CloseState::WriteFailed => true,
            CloseState::Exchanged(_) | CloseState::Failed(_) | CloseState::Closed => false,
        };
        if is_failure {
            // §7.2.1: the loss of the transport fails the connection.
            let text = "the transport ended without a close frame";
            let error = io::Error::new(io::ErrorKind::UnexpectedEof, text);
            self.transport_lost |= self.outcome.cause.is_none();
            self.outcome.cause.get_or_insert(CloseCause::Io(Arc::new(error)));
            self.state.enter(CloseState::Failed);
        }
        self.state.end_direction(Directions::Outgoing);
        is_failure
    }

    fn handle_error(&mut self, error: io::Error) {
        // After both close frames, the loss of the transport does not matter.
        if !self.is_exchanged() {
            self.outcome.cause.get_or_insert_with(|| CloseCause::Io(Arc::new(error)));
        }
        self.state = CloseState::Closed;
    }

    fn handle_write_error(&mut self, deadline: Option<Instant>, error: io::Error) {
        match self.state {
            CloseState::Open | CloseState::AwaitingClose => {
                self.state = CloseState::WriteFailed;
                self.transport_lost |= self.outcome.cause.is_none();
                self.outcome.cause.get_or_insert_with(|| CloseCause::Io(Arc::new(error)));
                self.start_deadline(deadline);
            }
            CloseState::WriteFailed => {}
            _ => self.handle_error(error),
        }
    }

    fn handle_shut_down(&mut self, now: Instant) {
        self.state.end_direction(Directions::Incoming);
        // Reading on gives the peer time to read the last bytes: closing at once could reset the connection.
        let linger = now.checked_add(LINGER);
        self.deadline = match (self.deadline, linger) {
            (Some(deadline), Some(linger)) => Some(deadline.min(linger)),
            (deadline, linger) => deadline.or(linger),
        };
    }

    fn give_up(&mut self, operation: Operation, flushed: bool) {
        if self.state == CloseState::Closed {
            return;
        }
        if !flushed || !self.is_exchanged() {
            self.outcome.cause.get_or_insert(CloseCause::Timeout(Timeout::new(operation)));
        }
        self.state = CloseState::Closed;
    }

    /// Whether both close frames were exchanged.
    fn is_exchanged(&self) -> bool {
        self.outcome.sent.is_some() && self.outcome.rcvd.is_some()
    }

    /// Revokes the failure by the loss of the transport, because bytes that arrived before it contained a final event; returns
    /// whether there was such a failure.
    fn revoke_loss(&mut self) -> bool {
        let is_revoked = mem::take(&mut self.transport_lost);
        if is_revoked {
            self.outcome.cause = None;
        }
        is_revoked
    }

    fn start_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = self.deadline.or(deadline);
    }
}

/// The time for which bytes of the peer are read and discarded after the sending direction was shut down.
const LINGER: Duration = Duration::from_secs(2);

/// The number of bytes that are read and discarded at most.
const MAX_DISCARDED: usize = 1 << 20;

/// The outcome of an open connection.
static OPEN: ConnectionClosed = ConnectionClosed::new(None, None);
