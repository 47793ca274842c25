//! A message in the making: [RFC 6455 §5.4](https://www.rfc-editor.org/rfc/rfc6455#section-5.4).

use std::ops::Range;

use bytes::Bytes;
use sockeye_errors::{PayloadTooBig, ProtocolError};
use sockeye_frames::{Header, Utf8Validator, mask};

use crate::{
    Config, Fragment, Message, MessageKind, arriving::Arriving, config::MAX_EMPTY_FRAGMENTS,
    deflate::Inflater, text::Text,
};

/// The payload of a message as it arrives, frame by frame and piece by piece.
#[derive(Debug)]
pub(crate) struct Assembly {
    pub(crate) kind: MessageKind,
    pub(crate) compressed: bool,
    /// The frame whose payload is arriving.
    pub(crate) frame: Option<DataFrame>,
    utf8: Utf8Validator,
    payload: Arriving,
    /// Bytes of the message in the frames that have begun, as announced.
    announced: u64,
    fragments: u64,
    empty: u64,
    /// Whether the frame at hand is read straight to the payload.
    straight: bool,
    /// Whether a part of it was handed out.
    taken: bool,
}

/// A data frame that has begun, and not ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DataFrame {
    pub(crate) mask: Option<[u8; 4]>,
    pub(crate) received: u64,
    pub(crate) remaining: u64,
    pub(crate) fin: bool,
}

impl DataFrame {
    /// The key, and the position in it of what arrives next. Only the phase matters, and 2^63 is a multiple of 4.
    pub(crate) fn mask_at(&self) -> Option<([u8; 4], usize)> {
        self.mask.map(|key| (key, (self.received % 4) as usize))
    }

    /// `len` bytes have arrived.
    pub(crate) fn advance(&mut self, len: usize) {
        self.received += len as u64;
        self.remaining -= len as u64;
    }
}

impl Assembly {
    pub(crate) fn new(kind: MessageKind, compressed: bool) -> Self {
        Self {
            kind,
            compressed,
            frame: None,
            utf8: Utf8Validator::default(),
            payload: Arriving::default(),
            announced: 0,
            fragments: 0,
            empty: 0,
            straight: false,
            taken: false,
        }
    }

    /// Begins a frame of the message, and counts it against the limits. `None` for the size: a reader takes the parts as they come.
    pub(crate) fn begin_frame(
        &mut self,
        header: &Header,
        config: &Config,
        max_size: Option<u64>,
    ) -> Result<(), ProtocolError> {
        self.announced = self.announced.saturating_add(header.length);
        self.fragments += 1;
        self.empty += u64::from(header.length == 0);
        // A compressed message is measured as it is inflated.
        if let Some(max) = max_size
            && !self.compressed
            && self.announced > max
        {
            return Err(PayloadTooBig::new(self.announced, max).into());
        }
        let max_fragments = config.max_fragments(self.announced);
        if self.fragments > max_fragments || self.empty > MAX_EMPTY_FRAGMENTS {
            return Err(ProtocolError::TooManyFragments);
        }
        let Header { mask, length: remaining, fin, .. } = *header;
        self.frame = Some(DataFrame { mask, received: 0, remaining, fin });
        self.straight = false;
        Ok(())
    }

    /// Takes the next bytes of a frame, of which `remaining` more are announced.
    ///
    /// `bytes` are unmasked in place where they are compressed, else on the way into the payload.
    pub(crate) fn push(
        &mut self,
        bytes: &mut [u8],
        mask: Option<([u8; 4], usize)>,
        remaining: u64,
        max_size: Option<u64>,
        inflater: &mut Option<Box<Inflater>>,
    ) -> Result<(), ProtocolError> {
        if self.compressed {
            if let Some((key, offset)) = mask {
                mask::apply(bytes, key, offset);
            }
            let start = self.payload.len();
            let inflater = inflater.as_mut().expect("RSV1 was checked against the negotiation");
            let inflated =
                self.payload.append_with(|memory| inflater.inflate(bytes, memory, max_size));
            // The first thing that is wrong counts, however many bytes came at a time.
            self.validate(start..self.payload.len())?;
            return inflated;
        }
        self.reserve(bytes.len(), remaining);
        // Pieces that fit the first cache: what is unmasked is still there when it is validated.
        for (index, piece) in bytes.chunks(PIECE).enumerate() {
            let start = self.payload.len();
            let mask = mask.map(|(key, offset)| (key, offset + index * PIECE));
            self.payload.append(piece, mask);
            self.validate(start..self.payload.len())?;
        }
        Ok(())
    }

    /// From now on, the frame at hand is read straight to the payload, if `len` bytes at once and what remains are worth it.
    pub(crate) fn go_straight_after(&mut self, len: usize) {
        self.straight = len >= MUCH
            && !self.compressed
            && self.frame.is_some_and(|frame| frame.remaining >= STRAIGHT);
    }

    /// Where to read the frame at hand to, if it is read straight to the payload.
    pub(crate) fn room(&mut self) -> Option<&mut [u8]> {
        let remaining = self.frame.filter(|_| self.straight)?.remaining;
        let most = usize::try_from(remaining).map_or(READ, |remaining| remaining.min(READ));
        self.reserve(most.min(MUCH), remaining);
        Some(self.payload.room(most)).filter(|room| !room.is_empty())
    }

    /// `len` bytes of the frame at hand were read straight to the payload.
    pub(crate) fn handle_read(&mut self, len: usize) -> Result<(), ProtocolError> {
        let Some(frame) = &mut self.frame else { return Ok(()) };
        let mask = frame.mask_at();
        frame.advance(len);
        let read = self.payload.len()..self.payload.len() + len;
        self.payload.fill(len);
        for start in read.clone().step_by(PIECE) {
            let end = read.end.min(start + PIECE);
            if let Some((key, offset)) = mask {
                mask::apply(
                    &mut self.payload.as_mut_slice()[start..end],
                    key,
                    offset + (start - read.start),
                );
            }
            self.validate(start..end)?;
        }
        Ok(())
    }

    /// Ends the message: whole, or the rest of it.
    pub(crate) fn finish(
        &mut self,
        inflater: &mut Option<Box<Inflater>>,
    ) -> Result<(), ProtocolError> {
        if self.compressed {
            inflater.as_mut().expect("RSV1 was checked against the negotiation").finish()?;
        }
        // §8.1: a text that ends inside a character is not UTF-8.
        if self.kind == MessageKind::Text { self.utf8.finish() } else { Ok(()) }
    }

    pub(crate) fn into_message(self) -> Message {
        let payload = Bytes::from(self.payload);
        match self.kind {
            MessageKind::Text => Message::Text(Text::validated(payload)),
            MessageKind::Binary => Message::Binary(payload),
        }
    }

    /// Takes out what has arrived, as a part of the message.
    pub(crate) fn take(&mut self, last: bool) -> Option<Fragment> {
        let data = Bytes::from(std::mem::take(&mut self.payload));
        let handed_out = last || !data.is_empty();
        self.taken |= handed_out;
        handed_out.then_some(Fragment { kind: self.kind, data, last })
    }

    /// Forgets what has arrived.
    pub(crate) fn discard(&mut self) {
        self.payload = Arriving::default();
    }

    /// Bytes that the message has at least.
    pub(crate) fn announced(&self) -> u64 {
        if self.compressed { 0 } else { self.announced }
    }

    /// Whether a part was taken out.
    pub(crate) fn is_taken(&self) -> bool {
        self.taken
    }

    /// Bytes that have arrived and were not taken out.
    pub(crate) fn len(&self) -> usize {
        self.payload.len()
    }

    fn validate(&mut self, range: Range<usize>) -> Result<(), ProtocolError> {
        match self.kind {
            MessageKind::Text => self.utf8.feed(&self.payload.as_mut_slice()[range]),
            MessageKind::Binary => Ok(()),
        }
    }

    fn reserve(&mut self, len: usize, remaining: u64) {
        // How many frames will follow is not known.
        self.payload.reserve(len, remaining, self.fragments <= 1);
    }
}

/// The rest of a frame is read straight to the payload if it is so long, and [`MUCH`] of the frame came at once.
const STRAIGHT: u64 = 64 << 10;

/// Half a record of TLS.
const MUCH: usize = 8 << 10;

/// Bytes that are read straight to the payload at once: what is read is still in the cache when it is unmasked.
const READ: usize = 256 << 10;

/// Bytes that are unmasked, then validated, at a time.
const PIECE: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use sockeye_frames::{Header, OpCode};

    use super::{Assembly, Config, MessageKind};

    #[test]
    fn a_message_in_many_fragments_moves_only_when_it_has_doubled() {
        let mut message = Assembly::new(MessageKind::Binary, false);
        let (mut moves, mut capacity) = (0, 0);
        for fragment in 1..=100_000 {
            message.fragments = fragment;
            message.push(&mut [7], None, 1, None, &mut None).expect("bytes are bytes");
            moves += u32::from(message.payload.capacity() != capacity);
            capacity = message.payload.capacity();
        }
        assert!(moves <= 20, "{moves}");
    }

    #[test]
    fn what_is_read_to_its_place_moves_only_when_it_has_doubled() {
        for len in [1, 100, 1448, 16 << 10] {
            let mut message = Assembly::new(MessageKind::Binary, false);
            let (opcode, length) = (OpCode::Binary, 1 << 20);
            let header = Header { fin: true, rsv1: false, opcode, mask: None, length };
            message.begin_frame(&header, &Config::default(), None).expect("it is small enough");
            let mut first = [7; 8300];
            let frame = message.frame.as_mut().expect("it has begun");
            frame.advance(first.len());
            let remaining = frame.remaining;
            message.push(&mut first, None, remaining, None, &mut None).expect("bytes are bytes");
            message.go_straight_after(first.len());
            let (mut moves, mut capacity) = (0, 0);
            while let Some(room) = message.room() {
                let len = len.min(room.len());
                message.handle_read(len).expect("bytes are bytes");
                moves += u32::from(message.payload.capacity() != capacity);
                capacity = message.payload.capacity();
            }
            assert_eq!(message.len(), 1 << 20);
            assert!(moves <= 7, "{moves} moves, {len} bytes at a time");
        }
    }
}
