//! The receiving direction, bytes in and events out: [RFC 6455 §6.2](https://www.rfc-editor.org/rfc/rfc6455#section-6.2).

use std::sync::Arc;

use sockeye_errors::ProtocolError;
use sockeye_frames::{Header, OpCode, Role};

use crate::{Config, MessageKind, assembly::Assembly, backlog::Backlog, deflate::Inflater};

mod delivery;
mod frames;
mod reading;
mod whole;

use delivery::Delivery;

/// The receiving direction of a connection.
///
/// Bytes go in with [`handle_received`](Self::handle_received), events come out of [`poll_event`](Self::poll_event).
/// Between two reads it keeps only what is incomplete; an idle receiver owns no memory.
#[derive(Debug)]
pub struct Receiver {
    role: Role,
    delivery: Delivery,
    /// Whether what comes is looked at: no close frame and no failure came before (§1.4, §7.1.7).
    open: bool,
    /// Whether the last frame was big, and read straight to its message: as the next one may be, and so only the beginning of it
    /// is read to somewhere else.
    brief: bool,
    /// The rule that was broken, until the next event says so.
    failure: Option<Box<ProtocolError>>,
    /// Received, and not yet decoded.
    backlog: Backlog,
    /// The message that has begun and not ended.
    message: Option<Box<Assembly>>,
    pub(crate) inflater: Option<Box<Inflater>>,
    config: Arc<Config>,
}

impl Receiver {
    /// The receiving direction of the endpoint that plays `role`.
    pub fn new(role: Role, config: Arc<Config>) -> Self {
        Self {
            role,
            delivery: Delivery::Whole,
            open: true,
            brief: false,
            failure: None,
            backlog: Backlog::default(),
            message: None,
            inflater: None,
            config,
        }
    }

    /// Bytes that were received and not yet handed out.
    pub fn buffered(&self) -> usize {
        self.backlog.len() + self.message.as_ref().map_or(0, |message| message.len())
    }

    /// Whether a close frame came, or a rule was broken.
    pub fn is_closed(&self) -> bool {
        !self.open
    }

    /// §5.1: what comes to a server is masked, what comes to a client is not.
    #[inline]
    fn is_masked(&self) -> bool {
        self.role == Role::Server
    }

    /// Whether the payload of a data frame is arriving.
    #[inline]
    fn is_inside_frame(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.frame.is_some())
    }

    /// Checks what the header alone cannot know.
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

    /// Takes as much of `bytes` as belongs to the frame; returns how many.
    fn receive_payload(&mut self, bytes: &mut [u8]) -> Result<usize, ProtocolError> {
        let max_size = self.max_size();
        let Some(message) = &mut self.message else { return Ok(0) };
        let Some(mut frame) = message.frame else { return Ok(0) };
        let mut len = usize::try_from(frame.remaining).map_or(bytes.len(), |n| n.min(bytes.len()));
        if message.compressed && self.delivery != Delivery::Whole {
            len = len.min(STREAMED_PIECE);
        }
        if len == 0 {
            return Ok(0);
        }
        let mask = frame.mask_at();
        // What is handed out in parts makes no room for what is still to come.
        let whole = self.delivery == Delivery::Whole;
        let announced = if whole { frame.remaining } else { len as u64 };
        message.push(&mut bytes[..len], mask, announced, max_size, &mut self.inflater)?;
        frame.advance(len);
        message.frame = Some(frame);
        message.go_straight_after(len);
        Ok(len)
    }

    /// The limit of size for the message at hand; there is none for one that nobody keeps whole.
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

/// Compressed bytes that are inflated at a time for a reader of fragments: what they can grow to, 256 KiB, bounds a
/// fragment.
const STREAMED_PIECE: usize = 256;

/// Bytes up to which a frame is decoded whole, with what came along; bigger ones go piece by piece.
const SMALL: usize = 8 << 10;
