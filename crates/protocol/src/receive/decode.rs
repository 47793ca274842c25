//! How the backlog becomes events, frame by frame: [RFC 6455 §6.2](https://www.rfc-editor.org/rfc/rfc6455#section-6.2).

use std::mem;

use bytes::Bytes;
use sockeye_errors::ProtocolError;
use sockeye_frames::{Header, OpCode, close, mask};

use super::{Delivery, Receiver};
use crate::Event;

impl Receiver {
    /// Returns the next event; `None` if more bytes must be received first.
    pub fn poll_event(&mut self) -> Option<Event> {
        if self.is_drained() {
            return None;
        }
        match self.poll_message() {
            Some(message) => Some(Event::Message(message)),
            None => self.poll_any(),
        }
    }

    /// Returns `true` if [`poll_event`](Self::poll_event) would certainly return `None`.
    #[inline]
    pub fn is_drained(&self) -> bool {
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

    fn decode(&mut self) -> Result<Option<Event>, ProtocolError> {
        if let Some(failure) = self.failure.take() {
            return Err(*failure);
        }
        if !self.open {
            return Ok(None);
        }
        let mut frames = 0;
        loop {
            if frames == MAX_FRAMES || self.has_inflated_much() {
                return Ok(Some(Event::Progress));
            }
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
                self.backlog.shrink();
                return Ok(None);
            };
            self.check(&header)?;
            let arrived = (self.backlog.len() - len) as u64;
            if header.opcode.is_control() {
                if arrived < header.length {
                    self.backlog.shrink();
                    return Ok(None);
                }
                let payload = self.take_control_payload(&header, len);
                return self.control(header.opcode, payload).map(Some);
            }
            self.begin_frame(&header)?;
            self.backlog.advance(len);
            frames += 1;
        }
    }

    /// Returns whether enough data was decompressed to let other tasks run.
    fn has_inflated_much(&mut self) -> bool {
        self.inflater.as_mut().is_some_and(|inflater| inflater.take_output_flag(MAX_OUTPUT))
    }

    /// Ends the frame if all of it has arrived; returns the resulting event, if any.
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
                self.message_incomplete = self.message.is_some();
                self.close();
                Event::Close(close)
            }
        })
    }

    /// Removes a complete control frame from the backlog; returns its unmasked payload.
    fn take_control_payload(&mut self, header: &Header, len: usize) -> Bytes {
        let length = usize::try_from(header.length).expect("received bytes fit into memory");
        let mut payload = self.backlog.as_slice()[len..len + length].to_vec();
        self.backlog.advance(len + length);
        if let Some(key) = header.mask {
            mask::apply(&mut payload, key, 0);
        }
        payload.into()
    }
}

/// The number of data frames that are decoded without an event.
const MAX_FRAMES: usize = 256;

/// The number of bytes of decompressed data after which the caller may yield.
const MAX_OUTPUT: usize = 128 << 10;
