//! Messages that are sent in fragments: [RFC 6455 §5.4](https://www.rfc-editor.org/rfc/rfc6455#section-5.4).

use std::time::Instant;

use bytes::Bytes;
use sockeye_errors::{Close, CloseCode, ConcurrencyError, Error, InvalidState, ProtocolError};
use sockeye_frames::{OpCode, Utf8Validator};

use super::Sender;
use crate::MessageKind;

/// A message that is sent in fragments and has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streaming {
    kind: MessageKind,
    compressed: bool,
    /// Whether its first frame is queued.
    begun: bool,
    size: u64,
    utf8: Utf8Validator,
}

impl Sender {
    /// Begins a message that is sent in fragments; [`write_fragment`](Self::write_fragment) sends them.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub fn begin_message(&mut self, kind: MessageKind) -> Result<(), Error> {
        self.check_open("send")?;
        if self.streaming.is_some() {
            return Err(ProtocolError::from(ConcurrencyError::new("send")).into());
        }
        let compressed = self.deflater.is_some();
        let utf8 = Utf8Validator::default();
        self.streaming =
            Some(Box::new(Streaming { kind, compressed, begun: false, size: 0, utf8 }));
        Ok(())
    }

    /// Queues the next fragment of the message that has begun; `last` ends the message.
    ///
    /// The fragments of a text may end inside a character, but the message must be UTF-8. An empty fragment is not sent, unless
    /// it is the last one.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), `InvalidState` if no message has begun, and `InvalidUtf8` if the fragment makes the text
    /// invalid. Nothing is queued then, and the message can be continued with another fragment.
    pub fn write_fragment(&mut self, data: impl Into<Bytes>, last: bool) -> Result<(), Error> {
        self.write_bytes(data.into(), last)
    }

    fn write_bytes(&mut self, data: Bytes, last: bool) -> Result<(), Error> {
        self.check_open("send")?;
        let Some(mut streaming) = self.streaming.as_deref().copied() else {
            return Err(ProtocolError::from(InvalidState::new("continue", self.state())).into());
        };
        // Peers limit the number of empty frames.
        if data.is_empty() && !last {
            return Ok(());
        }
        streaming.size += data.len() as u64;
        self.check_size(streaming.size)?;
        // §5.6: the whole message is UTF-8; §8.1: a peer fails the connection for one that is not.
        if streaming.kind == MessageKind::Text {
            streaming.utf8.feed(&data)?;
            if last {
                streaming.utf8.finish()?;
            }
        }
        let key = self.mask_key()?;
        let opcode = match streaming.kind {
            _ if streaming.begun => OpCode::Continuation,
            MessageKind::Text => OpCode::Text,
            MessageKind::Binary => OpCode::Binary,
        };
        // RFC 7692 §6: only the first frame of a compressed message is marked.
        let rsv1 = streaming.compressed && !streaming.begun;
        match &mut self.deflater {
            Some(deflater) if streaming.compressed => {
                let mut deflated = Vec::new();
                deflater.deflate(&data, last, &mut deflated);
                self.encode(key, last, rsv1, opcode, deflated.into());
            }
            _ => self.encode(key, last, rsv1, opcode, data),
        }
        streaming.begun = true;
        if last {
            self.streaming = None;
        } else if let Some(place) = &mut self.streaming {
            **place = streaming;
        }
        Ok(())
    }

    /// Abandons the message that has begun.
    ///
    /// If a fragment of it was queued, the connection closes with code 1011, because a message cannot be retracted.
    pub fn abandon_message(&mut self, now: Instant) {
        if self.streaming.take().is_some_and(|streaming| streaming.begun) && self.closing.is_open()
        {
            let close = Close::new(CloseCode::INTERNAL_ERROR, "message abandoned");
            self.begin_close(now, &close);
            self.closing.set_by_application();
        }
    }

    /// Returns `true` while a message is sent in fragments and has not ended.
    pub fn is_streaming(&self) -> bool {
        self.streaming.is_some()
    }
}
