//! Encoded frames in the order in which they are written.

use std::{collections::VecDeque, fmt, io::IoSlice, time::Instant};

use bytes::Bytes;
use sockeye_frames::{Header, mask};

use super::payload::{MaskState, Payload};
use crate::memory::buffer_pool;

mod overtaking;

/// Encoded frames that wait to be written.
///
/// Small frames are stored one after the other in a buffer. Big payloads stay in the memory of their message, and are
/// written between two bytes of the buffer. An empty queue keeps its buffer for the next frames of the thread.
#[derive(Default)]
pub(crate) struct FrameQueue {
    /// Initialized memory, of which the range from `start` to `end` waits to be written. A frame is written into a slice of
    /// it: growing a `Vec` for each part of a small frame would cost more than the frame does.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Big payloads. The first one is never `MaskState::Pending`.
    payloads: VecDeque<Payload>,
    /// Bytes in the payloads.
    payload_len: usize,
    /// The number of bytes that remain of a frame that is written in part; zero if the queue begins with a whole frame.
    begun: usize,
    /// The position in the buffer behind the last control frame that has overtaken data.
    control_end: usize,
    /// Whether the transport has accepted no bytes since the last attempt to write.
    pub(crate) is_blocked: bool,
    /// The time by which a blocked transport must accept bytes.
    pub(crate) deadline: Option<Instant>,
}

impl FrameQueue {
    /// Returns the size of the buffer.
    pub(crate) fn capacity(&self) -> usize {
        self.buffer.len()
    }

    /// Returns the number of queued bytes.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.end - self.start + self.payload_len
    }

    /// Returns whether the queue has `len` bytes, all of them in the buffer.
    #[inline]
    pub(crate) fn is_copied(&self, len: usize) -> bool {
        self.end - self.start == len && self.payload_len == 0
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end && self.payload_len == 0
    }

    /// Appends a frame with a copy of the payload, which is masked if the header has a key.
    #[inline]
    pub(crate) fn push_copy(&mut self, header: &Header, payload: &[u8]) {
        let (bytes, header_len) = header.to_bytes();
        let len = header_len + payload.len();
        let memory = self.spare_memory(Header::MAX_LEN + payload.len());
        memory[..Header::MAX_LEN].copy_from_slice(&bytes);
        let place = &mut memory[header_len..len];
        match header.mask {
            None => place.copy_from_slice(payload),
            Some(key) => mask::copy(payload, key, 0, place),
        }
        self.end += len;
    }

    /// Appends a frame, without a copy of a big payload if possible. The payload is masked if the header has a key.
    pub(crate) fn push_frame(&mut self, header: &Header, payload: Bytes) {
        if payload.len() < MIN_BY_REFERENCE {
            return self.push_copy(header, &payload);
        }
        let (bytes, len) = header.to_bytes();
        self.spare_memory(Header::MAX_LEN)[..Header::MAX_LEN].copy_from_slice(&bytes);
        self.end += len;
        let Some(key) = header.mask else { return self.push(payload, MaskState::None) };
        // A payload without other owners is masked in place, unless it is so big that it would leave the cache before it is
        // written.
        let owned = if payload.len() <= MAX_MASKED_IN_PLACE {
            payload.try_into_mut()
        } else {
            Err(payload)
        };
        match owned {
            Ok(mut payload) => {
                mask::apply(&mut payload, key, 0);
                self.push(payload.freeze(), MaskState::None);
            }
            Err(payload) => self.push(payload, MaskState::Pending { key, offset: 0 }),
        }
    }

    /// Keeps the message whose last fragment was pushed, so that its memory is recycled as a whole. Without that, a server that
    /// echoes 16 MiB takes 1.5 times as long.
    pub(crate) fn keep_message(&mut self, message: Bytes) {
        if let Some(Payload { mask: MaskState::None, message: kept, .. }) = self.payloads.back_mut()
        {
            *kept = Some(message);
        }
    }

    /// Returns the unused end of the buffer, with at least `len` bytes.
    #[inline]
    fn spare_memory(&mut self, len: usize) -> &mut [u8] {
        if self.buffer.len() - self.end < len {
            self.grow(len);
        }
        &mut self.buffer[self.end..]
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        let needed = self.end + len;
        if self.buffer.len() < needed {
            self.buffer.resize(needed.max(2 * self.buffer.len()).max(MIN_CAPACITY), 0);
        }
    }

    /// Appends a payload without a copy.
    fn push(&mut self, payload: Bytes, mask: MaskState) {
        if !payload.is_empty() {
            self.payload_len += payload.len();
            self.payloads.push_back(Payload::new(self.end, payload, mask));
            self.mask_next();
        }
    }

    /// Masks the next piece of the first payload, if that is pending.
    fn mask_next(&mut self) {
        let Some(Payload { at, bytes, mask: MaskState::Pending { key, offset }, .. }) =
            self.payloads.front_mut()
        else {
            return;
        };
        let piece = bytes.split_to(MASKED_PIECE.min(bytes.len()));
        let mut masked = buffer_pool::acquire_masked(piece.len());
        mask::append(&piece, *key, *offset, &mut masked);
        *offset += piece.len();
        let masked = Payload::new(*at, masked.into(), MaskState::Copied);
        if bytes.is_empty() {
            self.payloads.pop_front();
        }
        self.payloads.push_front(masked);
    }

    /// Returns the first contiguous piece.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        match self.payloads.front() {
            Some(payload) if payload.at == self.start => Some(payload.remaining()),
            Some(payload) => Some(&self.buffer[self.start..payload.at]),
            None if self.end > self.start => Some(&self.buffer[self.start..self.end]),
            None => None,
        }
    }

    /// Fills `slices` with contiguous pieces in order; returns how many there are.
    pub(crate) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        let mut start = self.start;
        let mut put = |piece: &'a [u8]| {
            if !piece.is_empty()
                && let Some(slice) = slices.get_mut(count)
            {
                *slice = IoSlice::new(piece);
                count += 1;
            }
        };
        for payload in self.payloads.iter().take(MAX_PAYLOADS_PER_WRITE) {
            put(&self.buffer[start..payload.at]);
            start = payload.at;
            if matches!(payload.mask, MaskState::Pending { .. }) {
                return count;
            }
            put(payload.remaining());
        }
        if self.payloads.len() <= MAX_PAYLOADS_PER_WRITE {
            put(&self.buffer[start..self.end]);
        }
        count
    }

    /// Removes the first `len` bytes, which are written. The memory of payloads of up to `max_pooled` bytes is recycled.
    pub(crate) fn advance(&mut self, mut len: usize, max_pooled: usize) {
        debug_assert!(len <= self.len(), "at most the queued bytes are written");
        // Most writes write everything.
        if len < self.len() {
            self.follow_frames(len);
        } else {
            self.begun = 0;
        }
        while let Some(payload) = self.payloads.front_mut() {
            let before = payload.at - self.start;
            if len < before {
                break;
            }
            self.start += before;
            len -= before;
            let part = len.min(payload.remaining().len());
            payload.written += part;
            self.payload_len -= part;
            len -= part;
            if !payload.remaining().is_empty() {
                return;
            }
            match self.payloads.pop_front() {
                Some(Payload { bytes, mask: MaskState::Copied, .. }) => {
                    buffer_pool::recycle_masked(bytes);
                }
                Some(Payload { bytes, message, .. }) => {
                    // A fragment alone shares its memory with the others.
                    let memory = if let Some(message) = message {
                        drop(bytes);
                        message
                    } else {
                        bytes
                    };
                    buffer_pool::recycle(memory, max_pooled);
                }
                None => {}
            }
            self.mask_next();
        }
        self.start = (self.start + len).min(self.end);
        if self.start > MIN_COMPACTED && self.start * 2 > self.end {
            // More bytes are removed than moved, so each byte moves at most once on average.
            self.buffer.copy_within(self.start..self.end, 0);
            for payload in &mut self.payloads {
                payload.at -= self.start;
            }
            self.end -= self.start;
            self.control_end = self.control_end.saturating_sub(self.start);
            self.start = 0;
        }
    }

    /// Removes all frames, but keeps the deadline.
    pub(crate) fn clear(&mut self) {
        *self = Self { is_blocked: self.is_blocked, deadline: self.deadline, ..Self::default() };
    }

    /// Resets an empty queue to its initial state, but keeps its buffer.
    #[inline]
    pub(crate) fn reset(&mut self) {
        (self.start, self.end, self.begun, self.control_end) = (0, 0, 0, 0);
        (self.is_blocked, self.deadline) = (false, None);
        if self.payloads.capacity() > 0 {
            self.payloads = VecDeque::new();
        }
    }
}

/// Omits the buffer, which may contain frames of other connections.
impl fmt::Debug for FrameQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameQueue").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The length from which on payloads are written without a copy.
pub(crate) const MIN_BY_REFERENCE: usize = 8 << 10;

/// The least size of the buffer.
const MIN_CAPACITY: usize = 512;

/// The greatest number of payloads in one vectored write.
const MAX_PAYLOADS_PER_WRITE: usize = 31;

/// The number of bytes of a payload that are copied and masked at a time. With 128 or 256 KiB, single messages of 1 MiB take
/// up to a fifth longer.
const MASKED_PIECE: usize = 512 << 10;

/// The length of the biggest payload that is masked in place before its first byte is written.
const MAX_MASKED_IN_PLACE: usize = 4 << 20;

/// The number of written bytes from which on the buffer is compacted.
const MIN_COMPACTED: usize = 64 << 10;

#[cfg(test)]
mod tests;
