//! Where bytes go as they come from the transport: straight to the message, or to those that are not decoded yet.

use sockeye_errors::ProtocolError;
use sockeye_frames::{Header, WholeFrame};

use super::{Delivery, Receiver, SMALL};
use crate::scratch;

impl Receiver {
    /// Takes bytes from the transport, which are overwritten in the process.
    ///
    /// May be called at any time. Call [`poll_event`](Self::poll_event) until it returns `None` before the next call,
    /// or what was not decoded piles up here.
    pub fn handle_received(&mut self, bytes: &mut [u8]) {
        let taken = self.receive_spanning(bytes);
        self.backlog.extend(&bytes[taken..]);
    }

    /// Takes bytes from the transport, with a copy less than [`handle_received`](Self::handle_received) where there are several
    /// messages: `read` reads into a buffer of the thread, and says how many bytes that were. What is in the buffer before may be
    /// another connection's, and who tells of more than was read hands that out.
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
        self.brief = false;
        result
    }

    /// Takes bytes of a big message from the transport, without any copy: `read` reads into the memory of the message, and says
    /// how many bytes that were. What is there before may be another connection's, as with [`read_with`](Self::read_with).
    ///
    /// `None`: no such message is arriving; then [`read_with`](Self::read_with) is the way.
    ///
    /// # Errors
    ///
    /// Those of `read`.
    ///
    /// # Panics
    ///
    /// If `read` tells of more than there was room for.
    pub fn read_payload_with<E>(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Option<Result<usize, E>> {
        let whole = self.open && self.delivery == Delivery::Whole && self.backlog.is_empty();
        let message = self.message.as_mut().filter(|_| whole)?;
        let room = message.room()?;
        let size = room.len();
        let result = read(room);
        if let Ok(len) = result {
            assert!(len <= size, "read as it was asked to");
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
}

/// Bytes that are read at once where a big message is expected.
const BRIEF: usize = 16 << 10;
