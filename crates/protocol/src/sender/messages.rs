//! Messages that are sent as a whole: [RFC 6455 §6.1](https://www.rfc-editor.org/rfc/rfc6455#section-6.1).

use sockeye_errors::{ConcurrencyError, Error, ProtocolError};
use sockeye_frames::{Header, OpCode};

use super::Sender;
use crate::{
    Message, Outgoing, Prepared,
    outgoing::{Choice, Content},
    queue::BY_REFERENCE,
};

impl Sender {
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
}
