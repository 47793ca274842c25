//! Encoded frames in the order in which they are written.

use std::{collections::VecDeque, fmt, io::IoSlice, time::Instant};

use bytes::Bytes;
use sockeye_frames::{Header, mask};

use super::payload::{MaskState, Payload};
use crate::memory::buffer_pool;

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
    /// The time by which the transport must accept bytes, if it has accepted none since the last attempt to write.
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
                Some(Payload { bytes, .. }) => buffer_pool::recycle(bytes, max_pooled),
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
            self.start = 0;
        }
    }

    /// Removes all frames, but keeps the deadline.
    pub(crate) fn clear(&mut self) {
        *self = Self { deadline: self.deadline, ..Self::default() };
    }

    /// Resets an empty queue to its initial state, but keeps its buffer.
    #[inline]
    pub(crate) fn reset(&mut self) {
        (self.start, self.end, self.deadline) = (0, 0, None);
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
mod tests {
    use std::io::IoSlice;

    use bytes::Bytes;
    use proptest::prelude::*;
    use sockeye_frames::OpCode;

    use super::{FrameQueue, Header, MASKED_PIECE, MaskState, buffer_pool, mask};

    /// The header of a frame of a client.
    fn header(length: u64) -> Header {
        let (opcode, mask) = (OpCode::Binary, Some([1, 2, 3, 4]));
        Header { fin: true, rsv1: false, opcode, mask, length }
    }

    fn append(queue: &mut FrameQueue, bytes: &[u8]) {
        queue.spare_memory(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        queue.end += bytes.len();
    }

    fn written_in_steps(queue: &mut FrameQueue, mut step: impl FnMut(usize) -> usize) -> Vec<u8> {
        let mut all = Vec::new();
        while !queue.is_empty() {
            let mut slices = [IoSlice::new(&[]); 64];
            let count = queue.slices(&mut slices);
            let flat: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
            assert!(flat.starts_with(queue.first().expect("not empty")));
            let len = step(flat.len()).clamp(1, flat.len());
            all.extend_from_slice(&flat[..len]);
            queue.advance(len, 0);
        }
        assert_eq!(queue.len(), 0);
        all
    }

    #[test]
    fn the_memory_of_a_written_payload_is_recycled_as_initialized() {
        let mut queue = FrameQueue::default();
        queue.push(vec![7; 100_000].into(), MaskState::None);
        for len in [1, 65_536, 100_000 - 65_537] {
            queue.advance(len, usize::MAX);
        }
        assert_eq!(buffer_pool::acquire(100_000), vec![7; 100_000]);
    }

    #[test]
    fn debug_output_shows_nothing_but_the_length() {
        let mut queue = FrameQueue::default();
        append(&mut queue, b"secret");
        queue.push(b"secret"[..].into(), MaskState::None);
        assert_eq!(format!("{queue:?}"), "FrameQueue { len: 12, .. }");
    }

    proptest! {
        #[test]
        fn frames_are_written_in_order_in_steps_of_any_length(
            pieces in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..300)), 0..80),
            steps in prop::collection::vec(1_usize..700, 1..20),
        ) {
            let mut queue = FrameQueue::default();
            let mut expected = Vec::new();
            for (by_reference, piece) in pieces {
                expected.extend_from_slice(&piece);
                if by_reference { queue.push(Bytes::from(piece), MaskState::None) } else { append(&mut queue, &piece) }
            }
            prop_assert_eq!(queue.len(), expected.len());
            let mut steps = steps.into_iter().cycle();
            let all = written_in_steps(&mut queue, |_| steps.next().unwrap_or(1));
            prop_assert_eq!(all, expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_big_payload_is_masked_correctly_in_steps_of_any_length(
            frames in prop::collection::vec((0..4 * MASKED_PIECE, any::<[u8; 4]>(), any::<bool>()), 1..4),
            steps in prop::collection::vec(1..2 * MASKED_PIECE, 1..20),
        ) {
            let mut queue = FrameQueue::default();
            let mut expected = Vec::new();
            let mut held = Vec::new();
            for (len, key, is_shared) in frames {
                let payload: Bytes = (0..=u8::MAX).cycle().take(len).collect();
                let length = len as u64;
                let header = Header { fin: true, rsv1: false, opcode: OpCode::Binary, mask: Some(key), length };
                let (bytes, header_len) = header.to_bytes();
                expected.extend_from_slice(&bytes[..header_len]);
                mask::append(&payload, key, 0, &mut expected);
                held.extend(is_shared.then(|| payload.clone()));
                queue.push_frame(&header, payload);
            }
            let mut steps = steps.into_iter().cycle();
            let all = written_in_steps(&mut queue, |_| steps.next().unwrap_or(1));
            prop_assert!(all == expected);
        }
    }

    #[test]
    fn a_payload_without_other_owners_is_masked_in_place() {
        let mut queue = FrameQueue::default();
        let payload = vec![7; 1 << 20];
        let place = payload.as_ptr();
        let header = header(1 << 20);
        queue.push_frame(&header, payload.into());
        queue.advance(Header::MAX_LEN, 0);
        assert_eq!(queue.first().map(<[u8]>::as_ptr), Some(place));
        assert_eq!(queue.first().map(|payload| payload[..4].to_vec()), Some(vec![6, 5, 4, 3]));
    }

    #[test]
    fn a_huge_payload_is_not_masked_all_at_once() {
        let mut queue = FrameQueue::default();
        let header = header(64 << 20);
        queue.push_frame(&header, vec![7; 64 << 20].into());
        assert!(
            queue.payloads.iter().any(|payload| matches!(payload.mask, MaskState::Pending { .. }))
        );
    }

    #[test]
    fn a_masked_copy_is_never_larger_than_a_piece() {
        let mut queue = FrameQueue::default();
        let header = header(1 << 20);
        let shared = Bytes::from(vec![0; 1 << 20]);
        queue.push_frame(&header, shared.clone());
        queue.push_frame(&header, shared.clone());
        while !queue.is_empty() {
            let copies =
                queue.payloads.iter().filter(|payload| matches!(payload.mask, MaskState::Copied));
            assert!(copies.map(|payload| payload.bytes.len()).sum::<usize>() <= MASKED_PIECE);
            queue.advance(queue.first().map_or(0, <[u8]>::len), 0);
        }
    }

    #[test]
    fn the_buffer_of_a_queue_that_never_empties_is_bounded() {
        let mut queue = FrameQueue::default();
        append(&mut queue, &[0; 1000]);
        for _ in 0..10_000 {
            append(&mut queue, &[0; 1000]);
            queue.advance(1000, 0);
        }
        assert!(queue.buffer.capacity() < 512 << 10, "{}", queue.buffer.capacity());
    }
}
