//! Where received bytes are stored: in their message, or in the backlog.

use sockeye_errors::ProtocolError;
use sockeye_frames::{Header, UnfragmentedFrame};

use super::{Delivery, MAX_FAST_PATH, Receiver};
use crate::memory::read_buffer;

impl Receiver {
    /// Reads bytes of the transport: calls `read` with a buffer and returns its result, the number of bytes that it has read.
    ///
    /// The buffer is the memory of a big message whose frame is being received, and a buffer of the thread otherwise. Its
    /// content before the call is unspecified, and may come from another connection, so `read` must not return more than it
    /// has written.
    ///
    /// Call [`poll_event`](Self::poll_event) until it returns `None` before the next call. This method copies less than
    /// [`handle_received`](Self::handle_received).
    ///
    /// # Errors
    ///
    /// Returns the error of `read`. The receiver does not change then, so `read` can also report that no bytes are available.
    ///
    /// # Panics
    ///
    /// If `read` returns more than the length of the buffer.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    /// use std::sync::Arc;
    ///
    /// use sockeye::Config;
    /// use sockeye::protocol::{Event, Receiver, Role};
    ///
    /// let mut transport = &[0x82, 0x02, 1, 2][..];
    /// let mut receiver = Receiver::new(Role::Client, Arc::new(Config::default()));
    /// receiver.read_with(|buffer| transport.read(buffer))?;
    /// assert!(matches!(receiver.poll_event(), Some(Event::Message(_))));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn read_with<E>(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let can_be_direct =
            self.open && self.delivery == Delivery::Whole && self.backlog.is_empty();
        // A big message is received without a copy. That saves a client with four messages of 1 MiB in flight 11 to 16 percent
        // of its time, and a server 6 to 9 percent for a message of 16 MiB.
        if let Some(message) = self.message.as_mut().filter(|_| can_be_direct)
            && let Some(memory) = message.spare_capacity()
        {
            let size = memory.len();
            let result = read(memory);
            if let Ok(len) = result {
                assert!(len <= size, "`read` reads no more than the buffer holds");
                self.short_read = true;
                if let Err(error) = message.handle_read(len) {
                    self.fail(error);
                }
            }
            return result;
        }
        self.read_to_buffer(read)
    }

    fn read_to_buffer<E>(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let mut buffer = read_buffer::acquire();
        let memory = buffer.capacity_mut();
        let size = if self.short_read { SHORT_READ } else { memory.len() };
        let result = read(&mut memory[..size]);
        let Ok(len) = result else {
            read_buffer::recycle(buffer);
            return result;
        };
        // The bytes behind those that were read belong to other connections.
        assert!(len <= size, "`read` reads no more than the buffer holds");
        buffer.set_len(len);
        let taken = self.receive_large_frame(buffer.as_mut_slice());
        buffer.advance(taken);
        self.backlog.push(buffer);
        self.short_read = false;
        result
    }

    /// Takes bytes that were received, and overwrites them.
    ///
    /// Use it for bytes that are in memory already, such as those that follow the opening handshake. It can be called at any
    /// time, but call [`poll_event`](Self::poll_event) until it returns `None` before the next call, because undecoded bytes
    /// accumulate.
    pub fn handle_received(&mut self, bytes: &mut [u8]) {
        let taken = self.receive_large_frame(bytes);
        self.backlog.extend(&bytes[taken..]);
    }

    /// Adds the bytes to a message if all of them belong to one frame that is not small; returns how many it has taken.
    fn receive_large_frame(&mut self, bytes: &mut [u8]) -> usize {
        // §1.4: all bytes after a close frame are discarded.
        if !self.open {
            return bytes.len();
        }
        if !self.backlog.is_empty() || self.delivery != Delivery::Whole {
            return 0;
        }
        match self.take_large_frame(bytes) {
            Ok(taken) => taken,
            Err(error) => {
                self.fail(error);
                bytes.len()
            }
        }
    }

    fn take_large_frame(&mut self, bytes: &mut [u8]) -> Result<usize, ProtocolError> {
        let mut taken = 0;
        if !self.is_inside_frame() {
            let is_large = match UnfragmentedFrame::find(bytes, self.is_masked()) {
                Some(frame) => frame.end == bytes.len() && frame.end > MAX_FAST_PATH,
                None => true,
            };
            if !is_large {
                return Ok(0);
            }
            taken = self.begin_large_frame(bytes)?;
        }
        if self.is_inside_frame() {
            taken += self.receive_payload(&mut bytes[taken..])?;
        }
        Ok(taken)
    }

    /// Begins the data frame at the start of `bytes` if all of them belong to it; returns the length of its header, or 0.
    fn begin_large_frame(&mut self, bytes: &[u8]) -> Result<usize, ProtocolError> {
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

/// The number of bytes that are read at once if another big message may follow. Together with masking in place, it saves a
/// client with four messages of 1 MiB in flight 9 to 17 percent of its time.
const SHORT_READ: usize = 16 << 10;
