//! The sending direction, from messages to bytes: [RFC 6455 §6.1](https://www.rfc-editor.org/rfc/rfc6455#section-6.1).

use std::{io, sync::Arc, time::Instant};

use bytes::Bytes;
use sockeye_errors::{
    Close, CloseCause, ConnectionClosed, Error, InvalidState, PayloadTooBig, ProtocolError, State,
};
use sockeye_frames::{Header, OpCode, Role, close};

use crate::{Config, close::Closing, deflate::Deflater};

mod close_handshake;
mod control;
mod deadlines;
mod frame_queue;
mod keepalive;
mod messages;
mod payload;
mod pings;
mod streaming;
mod transmit;
mod write_queue;

#[cfg(feature = "deflate")]
mod compress;

mod idle;

pub(crate) use frame_queue::MIN_BY_REFERENCE;
pub use pings::{PingId, Pong};

use keepalive::Keepalive;
use pings::Pings;
use streaming::Streaming;
use write_queue::WriteQueue;

/// A source of masking keys for a client.
///
/// Each call must return a new key from a cryptographically secure random number generator
/// ([RFC 6455 §10.3](https://www.rfc-editor.org/rfc/rfc6455#section-10.3)).
pub type MaskSource = fn() -> io::Result<[u8; 4]>;

/// The sending direction of a connection, with its deadlines and its closing handshake.
///
/// Messages go in through [`send`](Self::send) and its relatives, and encoded frames come out of
/// [`poll_transmit`](Self::poll_transmit). A queued frame is always written as a whole, and frames are written in the order in
/// which they were queued. The [crate documentation](crate) describes when to call each method.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use std::time::Instant;
///
/// use sockeye::Config;
/// use sockeye::protocol::Sender;
///
/// let mut sender = Sender::server(Arc::new(Config::default()));
/// sender.start(Instant::now());
/// sender.send("Hello")?;
/// while let Some(bytes) = sender.poll_transmit() {
///     let written = bytes.len(); // write them to the transport
///     sender.handle_transmitted(Instant::now, written);
/// }
/// assert!(sender.is_flushed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Sender {
    /// The source of masking keys of a client; a server has none.
    masks: Option<MaskSource>,
    queue: WriteQueue,
    /// A pong that is not queued because too many bytes are. Only the most recent ping must be answered (§5.5.3).
    pong: Option<Box<Bytes>>,
    /// The message that is sent in fragments.
    streaming: Option<Box<Streaming>>,
    deflater: Option<Box<Deflater>>,
    closing: Closing,
    keepalive: Keepalive,
    pings: Pings,
    config: Arc<Config>,
}

impl Sender {
    /// Creates the sending direction of a client, which masks each frame with a key from `masks`.
    pub fn client(config: Arc<Config>, masks: MaskSource) -> Self {
        Self::new(Some(masks), config)
    }

    /// Creates the sending direction of a server.
    pub fn server(config: Arc<Config>) -> Self {
        Self::new(None, config)
    }

    fn new(masks: Option<MaskSource>, config: Arc<Config>) -> Self {
        Self {
            masks,
            queue: WriteQueue::default(),
            pong: None,
            streaming: None,
            deflater: None,
            closing: Closing::default(),
            keepalive: Keepalive::default(),
            pings: Pings::default(),
            config,
        }
    }

    /// Starts the keepalive pings. Call it when the opening handshake is complete.
    pub fn start(&mut self, now: Instant) {
        self.keepalive.start(now, &self.config);
    }

    /// Returns the state of the connection.
    pub fn state(&self) -> State {
        self.closing.state()
    }

    /// Returns `true` while messages can be sent: no close frame was sent or received, and the connection has not failed.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.closing.is_open()
    }

    /// Returns `true` if the transport has accepted no bytes since the last call of
    /// [`handle_write_pending`](Self::handle_write_pending).
    pub fn is_blocked(&self) -> bool {
        self.queue.is_blocked()
    }

    /// Returns how the connection closed. The outcome is final when [`step`](Self::step) returns
    /// [`CloseStep::Done`](crate::CloseStep::Done).
    pub fn outcome(&self) -> &ConnectionClosed {
        self.closing.outcome()
    }

    /// Returns `true` if the peer has ended the connection: it has sent its close frame, or has ended its direction of the
    /// transport, before the application called [`close`](Self::close).
    ///
    /// The application should learn of it at once, because the peer can delay the end of the transport until the close timeout.
    pub fn is_ended_by_peer(&self) -> bool {
        self.closing.is_ended_by_peer()
    }

    /// Returns the limits and deadlines.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Only a client masks its frames.
    #[inline]
    fn role(&self) -> Role {
        if self.masks.is_some() { Role::Client } else { Role::Server }
    }

    /// Checks that the application can perform `operation`, which error messages name.
    ///
    /// # Errors
    ///
    /// `InvalidState` if the application has called [`close`](Self::close), and [`Error::ConnectionClosed`] if the connection
    /// closed for any other reason.
    #[inline]
    pub fn check_open(&self, operation: &'static str) -> Result<(), Error> {
        if self.closing.is_open() { Ok(()) } else { Err(self.closed_error(operation)) }
    }

    #[cold]
    fn closed_error(&self, operation: &'static str) -> Error {
        if self.closing.is_by_application() {
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

    /// Returns the masking key for the next frame of a client. It is the only thing that can fail, so callers draw it before
    /// they change anything, including the compressor.
    #[inline]
    fn mask_key(&self) -> io::Result<Option<[u8; 4]>> {
        self.masks.map(|masks| masks()).transpose()
    }

    /// Queues a frame, or several if the payload is too big for one.
    #[inline]
    fn encode(
        &mut self,
        key: Option<[u8; 4]>,
        fin: bool,
        rsv1: bool,
        opcode: OpCode,
        payload: Bytes,
    ) {
        if payload.len() > self.config.max_frame_payload() {
            return self.encode_fragments(key, fin, rsv1, opcode, payload);
        }
        let header = Header { fin, rsv1, opcode, mask: key, length: payload.len() as u64 };
        self.queue.frames_mut().push_frame(&header, payload);
    }

    /// Queues a payload in several frames (§5.4), between which control frames can be sent.
    #[cold]
    fn encode_fragments(
        &mut self,
        mut mask: Option<[u8; 4]>,
        fin: bool,
        mut rsv1: bool,
        mut opcode: OpCode,
        mut payload: Bytes,
    ) {
        let message = payload.clone();
        loop {
            let fragment = payload.split_to(self.config.max_frame_payload().min(payload.len()));
            let length = fragment.len() as u64;
            let header = Header { fin: fin && payload.is_empty(), rsv1, opcode, mask, length };
            self.queue.frames_mut().push_frame(&header, fragment);
            if payload.is_empty() {
                return self.queue.frames_mut().keep_message(message);
            }
            // RFC 7692 §6: only the first frame of a compressed message is marked.
            (rsv1, opcode) = (false, OpCode::Continuation);
            // §5.3: each frame has a key of its own.
            mask = match self.mask_key() {
                Ok(key) => key,
                Err(error) => return self.handle_error(error),
            };
        }
    }

    /// Begins the closing handshake, unless it has begun.
    fn begin_close(&mut self, now: Instant, frame: &Close) {
        self.keepalive.stop();
        if self.closing.close(self.close_deadline(now), frame) {
            self.send_close(frame);
        }
    }

    fn fail(&mut self, now: Instant, cause: CloseCause, frame: Close) {
        self.keepalive.stop();
        if let Some(frame) = self.closing.fail(self.close_deadline(now), cause, frame) {
            self.send_close(&frame);
        }
    }

    /// Returns the deadline of a closing handshake that begins now.
    fn close_deadline(&self, now: Instant) -> Option<Instant> {
        self.config.close_timeout.and_then(|timeout| now.checked_add(timeout))
    }

    /// Queues a close frame, the last frame of the connection.
    fn send_close(&mut self, frame: &Close) {
        let mut payload = Vec::new();
        close::encode(frame, &mut payload);
        self.pong = None;
        self.streaming = None;
        match self.mask_key() {
            // The close frame overtakes nothing: the messages before it were accepted.
            Ok(key) => self.encode(key, true, false, OpCode::Close, payload.into()),
            Err(error) => self.handle_error(error),
        }
        self.deflater = None;
    }
}

// Most connections of a server are idle. Parts that they need only at times are in boxes, so that an idle connection is small.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Sender>() <= 104);
