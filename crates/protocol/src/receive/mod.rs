//! The receiving direction, from bytes to events: [RFC 6455 §6.2](https://www.rfc-editor.org/rfc/rfc6455#section-6.2).

use std::sync::Arc;

use sockeye_errors::ProtocolError;
use sockeye_frames::{Header, OpCode, Role};

use crate::{Config, MessageKind, deflate::Inflater};

mod assembly;
mod backlog;
mod decode;
mod delivery;
mod fast_path;
mod payload_buf;
mod read;

#[cfg(feature = "deflate")]
mod decompress;

mod idle;

use assembly::Assembly;
use backlog::Backlog;
use delivery::Delivery;

/// The receiving direction of a connection.
///
/// Received bytes go in through [`read_with`](Self::read_with) or [`handle_received`](Self::handle_received), and events come
/// out of [`poll_event`](Self::poll_event). Between two reads a receiver stores only an incomplete frame or message; an idle
/// receiver owns no memory. The [crate documentation](crate) describes when to call each method.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use sockeye::{Config, Message};
/// use sockeye::protocol::{Event, Receiver, Role};
///
/// let mut receiver = Receiver::new(Role::Client, Arc::new(Config::default()));
/// receiver.handle_received(&mut [0x81, 0x05, b'H', b'e']); // a part of a text frame
/// assert_eq!(receiver.poll_event(), None);
/// receiver.handle_received(&mut [b'l', b'l', b'o']);
/// assert_eq!(receiver.poll_event(), Some(Event::Message(Message::from("Hello"))));
/// ```
#[derive(Debug)]
pub struct Receiver {
    role: Role,
    delivery: Delivery,
    /// Whether frames are decoded: no close frame and no violation was received (§1.4, §7.1.7).
    open: bool,
    /// Whether the last read went directly into a message. Another big message may follow, so the next read takes only its
    /// first bytes, and the rest of it can be read directly as well.
    short_read: bool,
    /// Whether a close frame was received inside a fragmented message.
    message_incomplete: bool,
    /// A protocol violation that the next event will report.
    failure: Option<Box<ProtocolError>>,
    /// Bytes that were received and not decoded.
    backlog: Backlog,
    /// The message that has begun and not ended.
    message: Option<Box<Assembly>>,
    inflater: Option<Box<Inflater>>,
    config: Arc<Config>,
}

impl Receiver {
    /// Creates the receiving direction of an endpoint that has the role `role`.
    pub fn new(role: Role, config: Arc<Config>) -> Self {
        Self {
            role,
            delivery: Delivery::Whole,
            open: true,
            short_read: false,
            message_incomplete: false,
            failure: None,
            backlog: Backlog::default(),
            message: None,
            inflater: None,
            config,
        }
    }

    /// Returns the number of received bytes that were not returned in an event, after decompression if that was possible.
    pub fn buffered(&self) -> usize {
        self.backlog.len() + self.message.as_ref().map_or(0, |message| message.len())
    }

    /// Returns `true` after a close frame or a protocol violation was received. Later bytes are discarded.
    pub fn is_closed(&self) -> bool {
        !self.open
    }

    /// Returns `true` if a close frame was received after the first fragment of a message and before the last one
    /// ([RFC 6455 §5.4](https://www.rfc-editor.org/rfc/rfc6455#section-5.4)). The peer may do that, and the message is lost.
    pub fn is_message_incomplete(&self) -> bool {
        self.message_incomplete
    }

    /// §5.1: frames to a server are masked, frames to a client are not.
    #[inline]
    fn is_masked(&self) -> bool {
        self.role == Role::Server
    }

    /// Whether the payload of a data frame is being received.
    #[inline]
    fn is_inside_frame(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.frame.is_some())
    }

    /// Checks the rules that depend on the state of the connection.
    fn check(&self, header: &Header) -> Result<(), ProtocolError> {
        // §5.1: a client masks every frame, a server none.
        match (self.role, header.mask) {
            (Role::Server, None) => return Err(ProtocolError::Unmasked),
            (Role::Client, Some(_)) => return Err(ProtocolError::Masked),
            _ => {}
        }
        // §5.2, §5.8, RFC 7692 §6: RSV1 marks the first frame of a compressed message, if that was negotiated.
        if header.rsv1 && (self.inflater.is_none() || header.opcode == OpCode::Continuation) {
            return Err(ProtocolError::ReservedBits);
        }
        // §5.4: the frames of a message follow each other, with only control frames between them.
        match (header.opcode, &self.message) {
            (OpCode::Continuation, None) => Err(ProtocolError::UnexpectedContinuation),
            (OpCode::Text | OpCode::Binary, Some(_)) => Err(ProtocolError::ExpectedContinuation),
            _ => Ok(()),
        }
    }

    fn begin_frame(&mut self, header: &Header) -> Result<(), ProtocolError> {
        let max_size = self.max_size();
        let message = self.message.get_or_insert_with(|| {
            let text = header.opcode == OpCode::Text;
            let kind = if text { MessageKind::Text } else { MessageKind::Binary };
            Box::new(Assembly::new(kind, header.rsv1))
        });
        message.begin_frame(header, &self.config, max_size)
    }

    /// Adds the bytes that belong to the current frame to its message; returns how many there are.
    fn receive_payload(&mut self, bytes: &mut [u8]) -> Result<usize, ProtocolError> {
        let max_size = self.max_size();
        let Some(message) = &mut self.message else { return Ok(0) };
        let Some(mut frame) = message.frame else { return Ok(0) };
        let mut len = usize::try_from(frame.remaining).map_or(bytes.len(), |n| n.min(bytes.len()));
        if message.compressed {
            len = len.min(COMPRESSED_PART);
        }
        if len == 0 {
            return Ok(0);
        }
        let mask = frame.mask_at();
        // A message that is returned in parts needs no memory for bytes that have not arrived.
        let whole = self.delivery == Delivery::Whole;
        let announced = if whole { frame.remaining } else { len as u64 };
        message.push(&mut bytes[..len], mask, announced, max_size, &mut self.inflater)?;
        frame.advance(len);
        message.frame = Some(frame);
        message.enable_direct_read(len);
        Ok(len)
    }

    /// Returns the size limit of the current message; messages that are returned in parts, or discarded, have none.
    fn max_size(&self) -> Option<u64> {
        match self.delivery {
            Delivery::Whole => self.config.max_incoming_size,
            Delivery::Fragments | Delivery::Discarded { .. } => None,
        }
    }

    fn fail(&mut self, error: ProtocolError) {
        self.open = false;
        self.failure = Some(Box::new(error));
    }

    fn close(&mut self) {
        self.open = false;
        self.backlog.release();
        self.message = None;
        self.inflater = None;
    }
}

/// The number of compressed bytes that are decompressed at a time. They result in at most 256 KiB.
const COMPRESSED_PART: usize = 256;

/// The length of the biggest frame that is decoded from the backlog in one step; bigger ones are received piece by piece.
const MAX_FAST_PATH: usize = 8 << 10;

// Most connections of a server are idle. Parts that they need only at times are in boxes, so that an idle connection is small.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Receiver>() <= 48);
