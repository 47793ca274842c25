//! Messages that are sent as a whole: [RFC 6455 §6.1](https://www.rfc-editor.org/rfc/rfc6455#section-6.1).

use sockeye_errors::{ConcurrencyError, Error, ProtocolError};
use sockeye_frames::{Header, OpCode};

use super::{Sender, frame_queue::MIN_BY_REFERENCE};
use crate::{
    Message, Outgoing, Prepared,
    message::{Content, WithCompression},
};

impl Sender {
    /// Queues a message.
    ///
    /// # Errors
    ///
    /// Nothing is queued if it returns an error:
    ///
    /// - [`Error::Protocol`] with `PayloadTooBig` if the message exceeds the limit for outgoing messages, with `Concurrency`
    ///   while another message is sent in fragments, with `InvalidState` after [`close`](Self::close);
    /// - [`Error::ConnectionClosed`] if the connection closed for another reason;
    /// - [`Error::Io`] if the source of masking keys failed.
    #[inline]
    pub fn send(&mut self, outgoing: impl Into<Outgoing>) -> Result<(), Error> {
        let outgoing = outgoing.into();
        if self.send_small(&outgoing) { Ok(()) } else { self.send_any(outgoing) }
    }

    /// Queues the message and takes it out of `outgoing`, unless the queue [is congested](Self::is_congested).
    ///
    /// Returns `false` and changes nothing if the queue is congested. Returns `true` otherwise, also if there is no message.
    /// The message is passed by reference because a small one is copied to the queue without being moved.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send). The message is dropped then.
    #[inline]
    pub fn try_send(&mut self, outgoing: &mut Option<Outgoing>) -> Result<bool, Error> {
        if self.is_congested() {
            return Ok(false);
        }
        if outgoing.as_ref().is_some_and(|outgoing| self.send_small(outgoing)) {
            *outgoing = None;
            return Ok(true);
        }
        self.try_send_any(outgoing)
    }

    #[inline(never)]
    fn try_send_any(&mut self, outgoing: &mut Option<Outgoing>) -> Result<bool, Error> {
        outgoing.take().map_or(Ok(()), |outgoing| self.send_any(outgoing)).map(|()| true)
    }

    /// Queues the message if it is small and needs no compression; returns `false` and queues nothing otherwise.
    ///
    /// It borrows the message, so that the caller need not move it: to move a small message costs as much as to encode it.
    #[inline]
    fn send_small(&mut self, outgoing: &Outgoing) -> bool {
        let Content::Message(message) = &outgoing.0 else { return false };
        let len = message.len();
        let is_simple = len < MIN_BY_REFERENCE
            && self.deflater.is_none()
            && self.streaming.is_none()
            && self.closing.is_open()
            && self.config.max_outgoing_size.is_none_or(|max| len as u64 <= max);
        if !is_simple {
            return false;
        }
        let Ok(mask) = self.mask_key() else { return false };
        let opcode = if message.is_text() { OpCode::Text } else { OpCode::Binary };
        let header = Header { fin: true, rsv1: false, opcode, mask, length: len as u64 };
        self.queue.frames_mut().push_copy(&header, message.as_bytes());
        true
    }

    #[inline(never)]
    fn send_any(&mut self, outgoing: Outgoing) -> Result<(), Error> {
        self.check_open("send")?;
        // §5.4: the fragments of one message do not mix with those of another.
        if self.streaming.is_some() {
            return Err(ProtocolError::from(ConcurrencyError::new("send")).into());
        }
        match outgoing.0 {
            Content::Message(message) => self.send_message(message, None),
            Content::WithCompression(content) => {
                let WithCompression { message, compress } = *content;
                self.send_message(message, Some(compress))
            }
            Content::Prepared(prepared) => self.send_prepared(&prepared),
        }
    }

    fn send_message(&mut self, message: Message, compress: Option<bool>) -> Result<(), Error> {
        self.check_size(message.len() as u64)?;
        let opcode = opcode(&message);
        let key = self.mask_key()?;
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
            let deflated = deflater.deflate_once(message.as_bytes(), prepared.compressed());
            let key = self.mask_key()?;
            self.encode(key, true, true, opcode(message), deflated);
            return Ok(());
        }
        self.send_message(message.clone(), Some(false))
    }
}

fn opcode(message: &Message) -> OpCode {
    match message {
        Message::Text(_) => OpCode::Text,
        Message::Binary(_) => OpCode::Binary,
    }
}
