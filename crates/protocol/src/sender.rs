//! The sending direction, messages in and bytes out: [RFC 6455 §6.1](https://www.rfc-editor.org/rfc/rfc6455#section-6.1).

use std::{
    io::{self, IoSlice},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use sockeye_errors::{
    Close, CloseCause, CloseCode, ConcurrencyError, ConnectionClosed, Error, InvalidState,
    Operation, PayloadTooBig, ProtocolError, State, Timeout,
};
use sockeye_frames::{Header, OpCode, Role, close};

use crate::{
    Config, Message, Outgoing, PingId, Pong, Prepared, Step,
    closing::Closing,
    deflate::Deflater,
    keepalive::{Beat, Keepalive},
    outgoing::{Choice, Content},
    output::Output,
    pings::Pings,
    queue::BY_REFERENCE,
    streamed::Streamed,
};

/// Where the mask keys of a client come from: a fresh one, from a strong source of randomness, at each call
/// ([RFC 6455 §10.3](https://www.rfc-editor.org/rfc/rfc6455#section-10.3)).
pub type MaskSource = fn() -> io::Result<[u8; 4]>;

/// The sending direction of a connection, with its deadlines and its end.
///
/// What is to be sent goes in by [`send`](Self::send) and its likes; what is to be written comes out of
/// [`poll_transmit`](Self::poll_transmit). Nothing is written but whole frames, in the order in which they went in.
#[derive(Debug)]
pub struct Sender {
    /// Makes the keys of a client; a server has none.
    masks: Option<MaskSource>,
    output: Output,
    /// The pong that found too much waiting to be written before it; only the newest counts (§5.5.3).
    pong: Option<Box<Bytes>>,
    /// The streamed message that has begun and not ended.
    pub(crate) streamed: Option<Box<Streamed>>,
    pub(crate) deflater: Option<Box<Deflater>>,
    pub(crate) closing: Closing,
    keepalive: Keepalive,
    pings: Pings,
    config: Arc<Config>,
}

/// The four kinds of methods: what the world tells (`handle_*`), what the application asks (plain verbs), what is wanted
/// (`poll_*`), and looks.
impl Sender {
    /// The sending direction of a client.
    pub fn client(config: Arc<Config>, masks: MaskSource) -> Self {
        Self::new(Some(masks), config)
    }

    /// The sending direction of a server.
    pub fn server(config: Arc<Config>) -> Self {
        Self::new(None, config)
    }

    fn new(masks: Option<MaskSource>, config: Arc<Config>) -> Self {
        Self {
            masks,
            output: Output::default(),
            pong: None,
            streamed: None,
            deflater: None,
            closing: Closing::default(),
            keepalive: Keepalive::default(),
            pings: Pings::default(),
            config,
        }
    }

    /// Starts the keepalive: the connection is open.
    pub fn start(&mut self, now: Instant) {
        self.keepalive.start(now, &self.config);
    }

    // What the application asks.

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] with `PayloadTooBig` over the limit for outgoing messages, with `Concurrency` inside a
    /// streamed message, with `InvalidState` after [`close`](Self::close); [`Error::ConnectionClosed`] after the
    /// connection ended otherwise; [`Error::Io`] if there is no randomness for a mask. Nothing was queued then.
    #[inline]
    pub fn send(&mut self, outgoing: impl Into<Outgoing>) -> Result<(), Error> {
        let outgoing = outgoing.into();
        if self.send_small(&outgoing) { Ok(()) } else { self.send_any(outgoing) }
    }

    /// [`send`](Self::send) for what most send most of the time: a small message that is not compressed. `false` says
    /// nothing, and nothing was queued: [`send`](Self::send) knows.
    #[inline]
    pub fn send_small(&mut self, outgoing: &Outgoing) -> bool {
        let Content::Message(message) = &outgoing.0 else { return false };
        let len = message.len();
        let common = len < BY_REFERENCE
            && self.deflater.is_none()
            && self.streamed.is_none()
            && self.closing.is_open()
            && self.config.max_outgoing_size.is_none_or(|max| len as u64 <= max);
        if !common {
            return false;
        }
        let Ok(mask) = self.key() else { return false };
        let opcode = if message.is_text() { OpCode::Text } else { OpCode::Binary };
        let header = Header { fin: true, rsv1: false, opcode, mask, length: len as u64 };
        self.output.push_copy(&header, message.as_bytes());
        true
    }

    #[inline(never)]
    fn send_any(&mut self, outgoing: Outgoing) -> Result<(), Error> {
        self.check_open("send")?;
        // §5.4: the fragments of one message do not mix with those of another.
        if self.streamed.is_some() {
            return Err(ProtocolError::from(ConcurrencyError::new("send")).into());
        }
        match outgoing.0 {
            Content::Message(message) => self.send_message(message, None),
            Content::Chosen(choice) => {
                let Choice { message, compress } = *choice;
                self.send_message(message, Some(compress))
            }
            Content::Prepared(prepared) => self.send_prepared(&prepared),
        }
    }

    /// Queues a ping.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`ProtocolError::ControlTooLong`] for a payload of more than 125 bytes.
    pub fn ping(&mut self, now: Instant, payload: impl Into<Bytes>) -> Result<PingId, Error> {
        let payload = payload.into();
        self.check_open("ping")?;
        self.control(OpCode::Ping, payload.clone())?;
        Ok(self.pings.sent(now, payload))
    }

    /// Queues a pong that answers no ping: a heartbeat in one direction (§5.5.3).
    ///
    /// # Errors
    ///
    /// As [`ping`](Self::ping).
    pub fn pong(&mut self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.check_open("pong")?;
        self.control(OpCode::Pong, payload.into())
    }

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

    // What the world tells.

    /// Some bytes arrived: the peer is alive.
    #[inline]
    pub fn handle_received(&mut self) {
        self.keepalive.handle_received();
    }

    /// There is nothing to read at the moment, where [`step`](Self::step) wants it: a server whose peer said goodbye goes.
    pub fn handle_exhausted(&mut self) {
        self.closing.handle_exhausted(self.role());
    }

    /// A ping arrived: queues the pong.
    pub fn handle_ping(&mut self, payload: Bytes) {
        // §5.5.2: a ping is answered by a pong with the same payload, unless the closing has begun.
        if !self.closing.is_open() {
            return;
        }
        // A peer that pings and does not read must not make us write without end.
        if self.output.len() < self.config.write_high_water.max(1) {
            // Without randomness no pong; the next frame of the application says so.
            let _ = self.control(OpCode::Pong, payload);
        } else {
            // It may wait for long, and what it came with need not.
            self.pong = Some(Box::new(Bytes::copy_from_slice(&payload)));
        }
    }

    /// A pong arrived; returns the ping that it answers.
    pub fn handle_pong(&mut self, now: Instant, payload: &[u8]) -> Option<Pong> {
        self.pings.acknowledged(now, payload)
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

    /// Our direction of the transport was shut down, as [`step`](Self::step) wanted.
    pub fn handle_shut_down(&mut self, now: Instant) {
        self.closing.handle_shut_down(now);
    }

    /// `len` bytes came after the end, and were discarded.
    pub fn handle_discarded(&mut self, len: usize) {
        self.closing.handle_discarded(len);
    }

    /// The time is `now`: acts on the deadlines that have passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self.keepalive.handle_timeout(now, &self.config) {
            Beat::Wait => {}
            Beat::Ping => {
                let payload = self.pings.fresh_payload();
                if self.control(OpCode::Ping, payload.clone()).is_ok() {
                    self.pings.sent(now, payload);
                }
            }
            Beat::Dead => {
                let frame = Close::new(CloseCode::INTERNAL_ERROR, "keepalive ping timeout");
                self.fail(now, CloseCause::Timeout(Timeout::new(Operation::Keepalive)), frame);
            }
        }
        if self.output.deadline().is_some_and(|deadline| deadline <= now) {
            self.keepalive.stop();
            self.output.clear();
            self.closing.give_up(Operation::Write, false);
        }
        self.closing.handle_timeout(now, self.output.is_empty());
        // Nobody writes any more, and nobody shall wait for it.
        if self.closing.is_over() {
            self.output.clear();
        }
    }

    // What is wanted.

    /// The next bytes to write; tell [`handle_transmitted`](Self::handle_transmitted) how many were.
    #[inline]
    pub fn poll_transmit(&self) -> Option<&[u8]> {
        self.output.first()
    }

    /// The next pieces to write at once, for a vectored write; returns how many there are.
    pub fn poll_transmit_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.output.slices(slices)
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    #[inline]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let keepalive = self.keepalive.poll_timeout();
        let write = self.output.deadline();
        if self.closing.is_open() && write.is_none() {
            return keepalive;
        }
        let deadlines = [keepalive, write, self.closing.deadline()];
        if self.closing.is_over() { None } else { deadlines.into_iter().flatten().min() }
    }

    /// What the end of the connection wants from the transport next.
    #[inline]
    pub fn step(&mut self) -> Step {
        if self.closing.is_open() {
            return Step::Receive;
        }
        self.closing.step(self.role(), self.output.is_empty())
    }

    // Looks.

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

    /// The state of the connection.
    pub fn state(&self) -> State {
        self.closing.state()
    }

    /// Whether messages can be sent: neither side has closed, and nothing failed.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.closing.is_open()
    }

    /// How the connection ended, as far as it has.
    pub fn outcome(&self) -> &ConnectionClosed {
        self.closing.outcome()
    }

    /// The time between the last ping that was answered and its pong.
    pub fn latency(&self) -> Option<Duration> {
        self.pings.latency()
    }

    /// Only a client masks.
    #[inline]
    fn role(&self) -> Role {
        if self.masks.is_some() { Role::Client } else { Role::Server }
    }

    /// Limits and deadlines.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Whether the application may ask for `operation`.
    ///
    /// # Errors
    ///
    /// `InvalidState` after its own close, [`Error::ConnectionClosed`] after any other end.
    #[inline]
    pub fn check_open(&self, operation: &'static str) -> Result<(), Error> {
        if self.closing.is_open() { Ok(()) } else { Err(self.closed_error(operation)) }
    }

    #[cold]
    fn closed_error(&self, operation: &'static str) -> Error {
        if self.closing.is_asked() {
            ProtocolError::from(InvalidState::new(operation, self.state())).into()
        } else {
            self.closing.outcome().clone().into()
        }
    }

    pub(crate) fn check_size(&self, size: u64) -> Result<(), Error> {
        match self.config.max_outgoing_size {
            Some(max) if size > max => {
                Err(ProtocolError::from(PayloadTooBig::new(size, max)).into())
            }
            _ => Ok(()),
        }
    }

    fn send_message(&mut self, message: Message, compress: Option<bool>) -> Result<(), Error> {
        self.check_size(message.len() as u64)?;
        let opcode = match message {
            Message::Text(_) => OpCode::Text,
            Message::Binary(_) => OpCode::Binary,
        };
        let key = self.key()?;
        let payload = message.into_bytes();
        if let Some(deflater) = &mut self.deflater
            && compress.unwrap_or_else(|| deflater.is_worthwhile(payload.len()))
        {
            let mut deflated = Vec::new();
            deflater.deflate(&payload, true, &mut deflated);
            // RFC 7692 §6: the opcode stays that of the message.
            self.encode(key, true, true, opcode, deflated.into());
        } else {
            self.encode(key, true, false, opcode, payload);
        }
        Ok(())
    }

    fn send_prepared(&mut self, prepared: &Prepared) -> Result<(), Error> {
        let message = prepared.message();
        self.check_size(message.len() as u64)?;
        if let Some(deflater) = &mut self.deflater
            && deflater.is_worthwhile(message.len())
        {
            let deflated = deflater.deflate_prepared(prepared);
            let key = self.key()?;
            let opcode = match message {
                Message::Text(_) => OpCode::Text,
                Message::Binary(_) => OpCode::Binary,
            };
            self.encode(key, true, true, opcode, deflated);
            return Ok(());
        }
        self.send_message(message.clone(), Some(false))
    }

    fn control(&mut self, opcode: OpCode, payload: Bytes) -> Result<(), Error> {
        // §5.5: a control frame carries at most 125 bytes.
        if payload.len() > 125 {
            let length = payload.len() as u64;
            return Err(ProtocolError::ControlTooLong { length }.into());
        }
        let key = self.key()?;
        self.encode(key, true, false, opcode, payload);
        Ok(())
    }

    pub(crate) fn close_with(&mut self, now: Instant, frame: &Close) {
        self.keepalive.stop();
        if self.closing.close(self.close_deadline(now), frame) {
            self.finish_with(frame);
        }
    }

    fn fail(&mut self, now: Instant, cause: CloseCause, frame: Close) {
        self.keepalive.stop();
        if let Some(frame) = self.closing.fail(self.close_deadline(now), cause, frame) {
            self.finish_with(&frame);
        }
    }

    /// When an end that begins now must be over.
    fn close_deadline(&self, now: Instant) -> Option<Instant> {
        self.config.close_timeout.and_then(|timeout| now.checked_add(timeout))
    }

    /// Queues a close frame, the last frame of all.
    fn finish_with(&mut self, frame: &Close) {
        let mut payload = Vec::new();
        close::encode(frame, &mut payload);
        self.pong = None;
        self.streamed = None;
        if let Err(Error::Io(error)) = self.control(OpCode::Close, payload.into()) {
            self.handle_error(error);
        }
        self.deflater = None;
    }

    /// The key for the next frame of a client. It is drawn before anything changes, compressor included: nothing else
    /// can fail.
    #[inline]
    pub(crate) fn key(&self) -> io::Result<Option<[u8; 4]>> {
        self.masks.map(|masks| masks()).transpose()
    }

    #[inline]
    pub(crate) fn encode(
        &mut self,
        key: Option<[u8; 4]>,
        fin: bool,
        rsv1: bool,
        opcode: OpCode,
        payload: Bytes,
    ) {
        let header = Header { fin, rsv1, opcode, mask: key, length: payload.len() as u64 };
        self.output.push_frame(&header, payload);
    }
}
