//! The receiving direction, bytes in and events out: [RFC 6455 §6.2](https://www.rfc-editor.org/rfc/rfc6455#section-6.2).

use std::{mem, sync::Arc};

use bytes::Bytes;
use sockeye_errors::{PayloadTooBig, ProtocolError};
use sockeye_frames::{Header, OpCode, Role, WholeFrame, close, mask, utf8};

use crate::{
    Config, Event, Message, MessageKind,
    assembly::{Assembly, STRAIGHT},
    backlog::Backlog,
    deflate::Inflater,
    scratch,
    text::Text,
};

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

/// How the message at hand is handed out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Delivery {
    Whole,
    Fragments,
    /// The reader of the fragments has gone: what is left of the message is checked and forgotten. It is for the next
    /// one whether that is streamed.
    Discarded {
        stream_next: bool,
    },
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

    /// Takes bytes from the transport, which are overwritten in the process.
    ///
    /// May be called at any time. Call [`poll_event`](Self::poll_event) until it returns `None` before the next call,
    /// or what was not decoded piles up here.
    pub fn handle_received(&mut self, bytes: &mut [u8]) {
        let taken = self.receive_spanning(bytes);
        self.backlog.extend(&bytes[taken..]);
    }

    /// Takes bytes from the transport, with a copy less than [`handle_received`](Self::handle_received) where there are several
    /// messages: `read` reads into a buffer of the thread, and says how many bytes that were.
    ///
    /// # Errors
    ///
    /// Those of `read`.
    ///
    /// # Panics
    ///
    /// If `read` tells of more than there was room for.
    pub fn read_with<E>(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let mut burst = scratch::take();
        let room = burst.room();
        let size = if self.brief { BRIEF } else { room.len() };
        let result = read(&mut room[..size]);
        let Ok(len) = result else {
            scratch::give(burst);
            return result;
        };
        // What stands behind is another connection's.
        assert!(len <= size, "read as it was asked to");
        burst.fill(len);
        let taken = self.receive_spanning(burst.as_mut_slice());
        burst.advance(taken);
        self.backlog.push(burst);
        if mem::take(&mut self.brief)
            && len == size
            && let Some(message) = &mut self.message
        {
            message.go_straight();
        }
        result
    }

    /// Takes bytes of a big message from the transport, without any copy: `read` puts them behind what is in the vector, as many
    /// as its second argument at the most, and says how many that were.
    ///
    /// `None`: no such message is arriving, or `read` says so, since it does not know how to do it; then
    /// [`read_with`](Self::read_with) is the way.
    ///
    /// # Errors
    ///
    /// Those of `read`.
    ///
    /// # Panics
    ///
    /// If `read` does not keep to that.
    pub fn read_payload_with<E>(
        &mut self,
        read: impl FnOnce(&mut Vec<u8>, usize) -> Option<Result<usize, E>>,
    ) -> Option<Result<usize, E>> {
        let whole = self.open && self.delivery == Delivery::Whole && self.backlog.is_empty();
        let message = self.message.as_mut().filter(|_| whole)?;
        let (payload, max) = message.room()?;
        let before = payload.len();
        let result = read(payload, max)?;
        if let Ok(len) = result {
            assert!(len <= max && payload.len() == before + len, "read as it was asked to");
            self.brief = true;
            if let Err(error) = message.handle_read(len) {
                self.fail(error);
            }
        }
        Some(result)
    }

    /// Where a single frame spans all that came, and is not small, its payload goes straight to the message. Returns how
    /// many bytes that were.
    fn receive_spanning(&mut self, bytes: &mut [u8]) -> usize {
        // §1.4: what follows a close frame is discarded.
        if !self.open {
            return bytes.len();
        }
        if !self.backlog.is_empty() || self.delivery != Delivery::Whole {
            return 0;
        }
        match self.take_spanning(bytes) {
            Ok(taken) => taken,
            Err(error) => {
                self.fail(error);
                bytes.len()
            }
        }
    }

    fn take_spanning(&mut self, bytes: &mut [u8]) -> Result<usize, ProtocolError> {
        let mut taken = 0;
        if !self.is_inside_frame() {
            let spanning = match WholeFrame::find(bytes, self.is_masked()) {
                Some(frame) => frame.end == bytes.len() && frame.end > SMALL,
                None => true,
            };
            if !spanning {
                return Ok(0);
            }
            taken = self.begin_spanning_frame(bytes)?;
        }
        if self.is_inside_frame() {
            taken += self.receive_payload(&mut bytes[taken..])?;
        }
        Ok(taken)
    }

    /// The next thing that arrived; `None` asks for more bytes.
    pub fn poll_event(&mut self) -> Option<Event> {
        if self.is_drained() {
            return None;
        }
        if let Some(text) = self.poll_short_text() {
            return Some(Event::Message(Message::Text(text)));
        }
        match self.poll_whole() {
            Some(message) => Some(Event::Message(message)),
            None => self.poll_any(),
        }
    }

    /// The next thing that arrived, if it is a text in a single frame that is so short that it needs no memory, and not the
    /// last one that arrived. `None` says nothing: [`poll_whole`](Self::poll_whole) may know.
    ///
    /// It is for those who hand out many: what is returned once more is copied once more. As nothing is left to do when the
    /// text is made, it stays in registers until it is where it is wanted.
    #[expect(clippy::inline_always, reason = "what is returned once more is copied once more")]
    #[inline(always)]
    pub fn poll_short_text(&mut self) -> Option<Text> {
        let received = self.backlog.as_slice();
        let frame = WholeFrame::find_short_text(received, self.is_masked(), Text::SHORT)
            .filter(|frame| frame.end < received.len() && self.is_expected(frame))?;
        let text = self.unmasked_text(&frame)?;
        self.backlog.advance_within(frame.end);
        Some(text)
    }

    /// The next thing that arrived, if it is a small message in a single frame, as most are. `None` says nothing:
    /// [`poll_event`](Self::poll_event) knows.
    #[inline(never)]
    pub fn poll_whole(&mut self) -> Option<Message> {
        let frame = WholeFrame::find(self.backlog.as_slice(), self.is_masked())
            .filter(|frame| self.is_expected(frame))?;
        // What is not small goes piece by piece.
        if frame.end > SMALL {
            return None;
        }
        if frame.text && frame.end - frame.start <= Text::SHORT {
            let text = self.unmasked_text(&frame)?;
            self.backlog.advance(frame.end);
            return Some(Message::Text(text));
        }
        let received = &self.backlog.as_slice()[frame.start..frame.end];
        let mut payload = Vec::with_capacity(received.len());
        if self.is_masked() {
            mask::append(received, frame.key, 0, &mut payload);
        } else {
            payload.extend_from_slice(received);
        }
        if frame.text
            && let Err(error) = utf8::validate(&payload)
        {
            self.fail(error);
            return None;
        }
        self.backlog.advance(frame.end);
        let payload = Bytes::from(payload);
        Some(if frame.text {
            Message::Text(Text::validated(payload))
        } else {
            Message::Binary(payload)
        })
    }

    /// The short text in a frame at the beginning of what is there; `None` fails the connection.
    #[expect(clippy::inline_always, reason = "what is returned once more is copied once more")]
    #[inline(always)]
    fn unmasked_text(&mut self, frame: &WholeFrame) -> Option<Text> {
        let masked = &self.backlog.as_slice()[frame.start..];
        match Text::unmasked(masked, frame.end - frame.start, frame.key) {
            Ok(text) => Some(text),
            Err(error) => {
                self.fail(error);
                None
            }
        }
    }

    /// Whether a message in a single frame may come now, and be that large.
    #[inline]
    fn is_expected(&self, frame: &WholeFrame) -> bool {
        let size = (frame.end - frame.start) as u64;
        self.message.is_none()
            && self.delivery == Delivery::Whole
            && self.open
            && self.config.max_incoming_size.is_none_or(|max_size| size <= max_size)
    }

    /// Whether nothing is there to be handed out, for certain.
    #[inline]
    fn is_drained(&self) -> bool {
        self.backlog.is_empty() && !self.is_inside_frame() && self.open
    }

    fn poll_any(&mut self) -> Option<Event> {
        match self.decode() {
            Ok(event) => event,
            Err(error) => {
                self.close();
                Some(Event::Failed(error))
            }
        }
    }

    /// From now on, and until it ends, the next message comes in parts as they arrive, without a limit of size; a
    /// message that has begun to arrive is the next one, unless it is [discarded](Self::discard).
    pub fn stream(&mut self) {
        self.delivery = match self.delivery {
            Delivery::Whole | Delivery::Fragments => Delivery::Fragments,
            Delivery::Discarded { .. } => Delivery::Discarded { stream_next: true },
        };
    }

    /// Takes [`stream`](Self::stream) back, as long as no part of the message was handed out.
    pub fn keep_whole(&mut self) {
        match (self.delivery, &self.message) {
            (Delivery::Whole, _) => {}
            (Delivery::Discarded { .. }, _) => {
                self.delivery = Delivery::Discarded { stream_next: false };
            }
            (Delivery::Fragments, None) => self.delivery = Delivery::Whole,
            (Delivery::Fragments, Some(message)) if message.is_taken() => {}
            (Delivery::Fragments, Some(message)) => {
                self.delivery = Delivery::Whole;
                // The limit was not in force when the message began.
                let size = message.announced().max(message.len() as u64);
                if self.open
                    && let Err(error) = self.check_size(size)
                {
                    self.fail(error);
                }
            }
        }
    }

    /// Forgets what is left of the message that comes in parts.
    pub fn discard(&mut self) {
        self.delivery = match self.delivery {
            Delivery::Fragments if self.message.is_some() => {
                Delivery::Discarded { stream_next: false }
            }
            Delivery::Whole | Delivery::Fragments => Delivery::Whole,
            Delivery::Discarded { .. } => Delivery::Discarded { stream_next: false },
        };
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

    fn decode(&mut self) -> Result<Option<Event>, ProtocolError> {
        if let Some(failure) = self.failure.take() {
            return Err(*failure);
        }
        if !self.open {
            return Ok(None);
        }
        loop {
            if self.is_inside_frame() {
                let mut backlog = mem::take(&mut self.backlog);
                let received = self.receive_payload(backlog.as_mut_slice());
                self.backlog = backlog;
                self.backlog.advance(received?);
                if let Some(event) = self.finish_frame()? {
                    return Ok(Some(event));
                }
                if self.is_inside_frame() && self.backlog.is_empty() {
                    return Ok(None);
                }
                continue;
            }
            let Some((header, len)) = Header::parse(self.backlog.as_slice())? else {
                self.backlog.settle();
                return Ok(None);
            };
            self.check(&header)?;
            let arrived = (self.backlog.len() - len) as u64;
            if header.opcode.is_control() {
                if arrived < header.length {
                    self.backlog.settle();
                    return Ok(None);
                }
                let payload = self.take_payload(&header, len);
                return self.control(header.opcode, payload).map(Some);
            }
            self.begin_frame(&header)?;
            self.backlog.advance(len);
        }
    }

    /// Begins the frame at the start of `bytes` if it is a data frame that spans them all; returns the length of its
    /// header, or 0.
    fn begin_spanning_frame(&mut self, bytes: &[u8]) -> Result<usize, ProtocolError> {
        match Header::parse(bytes)? {
            Some((header, len))
                if !header.opcode.is_control() && header.length >= (bytes.len() - len) as u64 =>
            {
                self.check(&header)?;
                self.begin_frame(&header)?;
                Ok(len)
            }
            _ => Ok(0),
        }
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

    /// Whether the payload of a data frame is arriving.
    #[inline]
    fn is_inside_frame(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.frame.is_some())
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
        if len >= STRAIGHT {
            message.go_straight();
        }
        Ok(len)
    }

    /// Ends the frame if all of it has arrived; hands out what there is to hand out.
    fn finish_frame(&mut self) -> Result<Option<Event>, ProtocolError> {
        let Some(message) = &mut self.message else { return Ok(None) };
        let Some(frame) = message.frame else { return Ok(None) };
        let whole = frame.remaining == 0;
        let last = whole && frame.fin;
        if last {
            message.finish(&mut self.inflater)?;
        }
        if whole {
            message.frame = None;
        }
        match self.delivery {
            Delivery::Whole if last => {
                Ok(self.message.take().map(|message| Event::Message(message.into_message())))
            }
            Delivery::Whole => Ok(None),
            Delivery::Fragments => {
                let fragment = message.take(last);
                if last {
                    self.message = None;
                    self.delivery = Delivery::Whole;
                }
                Ok(fragment.map(Event::Fragment))
            }
            Delivery::Discarded { stream_next } => {
                message.discard();
                if last {
                    self.message = None;
                    self.delivery = if stream_next { Delivery::Fragments } else { Delivery::Whole };
                }
                Ok(None)
            }
        }
    }

    fn control(&mut self, opcode: OpCode, payload: Bytes) -> Result<Event, ProtocolError> {
        Ok(match opcode {
            OpCode::Ping => Event::Ping(payload),
            OpCode::Pong => Event::Pong(payload),
            _ => {
                let close = close::parse(&payload)?;
                self.close();
                Event::Close(close)
            }
        })
    }

    /// Splits a control frame that has arrived whole off the buffer, and unmasks it.
    fn take_payload(&mut self, header: &Header, len: usize) -> Bytes {
        let length = usize::try_from(header.length).expect("what has arrived fits the memory");
        let mut payload = self.backlog.as_slice()[len..len + length].to_vec();
        self.backlog.advance(len + length);
        if let Some(key) = header.mask {
            mask::apply(&mut payload, key, 0);
        }
        payload.into()
    }

    fn check_size(&self, size: u64) -> Result<(), ProtocolError> {
        match self.config.max_incoming_size {
            Some(max_size) if size > max_size => Err(PayloadTooBig::new(size, max_size).into()),
            _ => Ok(()),
        }
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

/// Bytes that are read at once where a big message is expected.
const BRIEF: usize = 16 << 10;

/// Bytes up to which a frame is decoded whole, with what came along; bigger ones go piece by piece.
const SMALL: usize = 8 << 10;
