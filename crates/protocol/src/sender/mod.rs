//! The sending direction, messages in and bytes out: [RFC 6455 §6.1](https://www.rfc-editor.org/rfc/rfc6455#section-6.1).

use std::{io, sync::Arc, time::Instant};

use bytes::Bytes;
use sockeye_errors::{
    Close, CloseCause, ConnectionClosed, Error, InvalidState, PayloadTooBig, ProtocolError, State,
};
use sockeye_frames::{Header, OpCode, Role, close};

use crate::{
    Config, closing::Closing, deflate::Deflater, keepalive::Keepalive, output::Output, pings::Pings,
};

mod control;
mod deadlines;
mod ending;
mod messages;
mod streamed;
mod transmission;

use streamed::Streamed;

/// Where the mask keys of a client come from: a fresh one, from a strong source of randomness, at each call
/// ([RFC 6455 §10.3](https://www.rfc-editor.org/rfc/rfc6455#section-10.3)).
pub type MaskSource = fn() -> io::Result<[u8; 4]>;

/// The sending direction of a connection, with its deadlines and its end.
///
/// What is to be sent goes in by [`send`](Self::send) and its likes; what is to be written comes out of
/// [`poll_transmit`](Self::poll_transmit). Nothing is written but whole frames, in the order in which they went in.
///
/// There are four kinds of methods: what the world tells (`handle_*`), what the application asks (plain verbs), what is wanted
/// (`poll_*`), and looks.
#[derive(Debug)]
pub struct Sender {
    /// Makes the keys of a client; a server has none.
    masks: Option<MaskSource>,
    output: Output,
    /// The pong that found too much waiting to be written before it; only the newest counts (§5.5.3).
    pong: Option<Box<Bytes>>,
    /// The streamed message that has begun and not ended.
    streamed: Option<Box<Streamed>>,
    pub(crate) deflater: Option<Box<Deflater>>,
    closing: Closing,
    keepalive: Keepalive,
    pings: Pings,
    config: Arc<Config>,
}

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

    /// Limits and deadlines.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Only a client masks.
    #[inline]
    fn role(&self) -> Role {
        if self.masks.is_some() { Role::Client } else { Role::Server }
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

    fn check_size(&self, size: u64) -> Result<(), Error> {
        match self.config.max_outgoing_size {
            Some(max) if size > max => {
                Err(ProtocolError::from(PayloadTooBig::new(size, max)).into())
            }
            _ => Ok(()),
        }
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

    /// The key for the next frame of a client. It is drawn before anything changes, compressor included: nothing else
    /// can fail.
    #[inline]
    fn key(&self) -> io::Result<Option<[u8; 4]>> {
        self.masks.map(|masks| masks()).transpose()
    }

    #[inline]
    fn encode(
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

    fn close_with(&mut self, now: Instant, frame: &Close) {
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
}
