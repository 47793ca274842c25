//! Messages that are sent in parts, as they become known: [RFC 6455 §5.4](https://www.rfc-editor.org/rfc/rfc6455#section-5.4).

use std::time::Instant;

use bytes::Bytes;
use sockeye_errors::{Close, CloseCode, ConcurrencyError, Error, InvalidState, ProtocolError};
use sockeye_frames::{OpCode, Utf8Validator};

use super::Sender;
use crate::MessageKind;

/// A streamed message that has begun and not ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Streamed {
    kind: MessageKind,
    compressed: bool,
    /// Whether its first frame is out.
    begun: bool,
    size: u64,
    /// What is known of a text.
    utf8: Utf8Validator,
}

impl Sender {
    /// Begins a message of unknown size, which [`write_fragment`](Self::write_fragment) goes on with.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn begin_message(&mut self, kind: MessageKind) -> Result<(), Error> {
        self.check_open("send")?;
        if self.streamed.is_some() {
            return Err(ProtocolError::from(ConcurrencyError::new("send")).into());
        }
        let compressed = self.deflater.is_some();
        let utf8 = Utf8Validator::default();
        self.streamed = Some(Box::new(Streamed { kind, compressed, begun: false, size: 0, utf8 }));
        Ok(())
    }

    /// Queues the next fragment of the message that has begun, and with `last` the end of the message.
    ///
    /// The fragments of a text need not end between characters, but the whole must be UTF-8.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); `InvalidState` if no message has begun; `InvalidUtf8` for what makes a text invalid. A fragment
    /// that is refused is as if it had not been there: the message goes on with another one.
    pub fn write_fragment(&mut self, data: Bytes, last: bool) -> Result<(), Error> {
        self.check_open("send")?;
        let Some(mut streamed) = self.streamed.as_deref().copied() else {
            return Err(ProtocolError::from(InvalidState::new("continue", self.state())).into());
        };
        // Nothing is no reason for a frame: peers have a limit for empty ones.
        if data.is_empty() && !last {
            return Ok(());
        }
        streamed.size += data.len() as u64;
        self.check_size(streamed.size)?;
        // §5.6: the whole message is UTF-8; §8.1: a peer fails the connection for one that is not.
        if streamed.kind == MessageKind::Text {
            streamed.utf8.feed(&data)?;
            if last {
                streamed.utf8.finish()?;
            }
        }
        let key = self.key()?;
        let opcode = match streamed.kind {
            _ if streamed.begun => OpCode::Continuation,
            MessageKind::Text => OpCode::Text,
            MessageKind::Binary => OpCode::Binary,
        };
        // RFC 7692 §6: only the first frame of a compressed message is marked.
        let rsv1 = streamed.compressed && !streamed.begun;
        match &mut self.deflater {
            Some(deflater) if streamed.compressed => {
                let mut deflated = Vec::new();
                deflater.deflate(&data, last, &mut deflated);
                self.encode(key, last, rsv1, opcode, deflated.into());
            }
            _ => self.encode(key, last, rsv1, opcode, data),
        }
        streamed.begun = true;
        if last {
            self.streamed = None;
        } else if let Some(place) = &mut self.streamed {
            **place = streamed;
        }
        Ok(())
    }

    /// Gives up the message that has begun. If a part of it is out, the connection fails with 1011: there is no way to
    /// take it back.
    pub fn abandon_message(&mut self, now: Instant) {
        if self.streamed.take().is_some_and(|streamed| streamed.begun) && self.closing.is_open() {
            let close = Close::new(CloseCode::INTERNAL_ERROR, "message abandoned");
            self.close_with(now, &close);
            self.closing.ask();
        }
    }

    /// Whether a streamed message has begun and not ended.
    pub fn is_streaming(&self) -> bool {
        self.streamed.is_some()
    }
}
