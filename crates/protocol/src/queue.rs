//! What waits to be written, in order.

use std::{collections::VecDeque, fmt, io::IoSlice, time::Instant};

use bytes::Bytes;
use sockeye_frames::{Header, mask};

use crate::{
    payload::{Masking, Payload},
    spare,
};

/// Encoded frames that wait to be written: small ones one behind the other in a buffer, big payloads as they are, by
/// reference, between two bytes of it.
///
/// A queue that has been written keeps its buffer, for what a thread writes next.
#[derive(Default)]
pub(crate) struct Queue {
    /// Initialised memory, of which the part from `start` to `end` waits. Nothing is cleared before it is written to: that
    /// would cost more than a small frame does.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Big payloads. The first one can be written as it is.
    payloads: VecDeque<Payload>,
    /// Bytes in the payloads.
    payload_len: usize,
    /// When something must have been written, if nothing could be when it was tried last.
    pub(crate) deadline: Option<Instant>,
}

impl Queue {
    /// Bytes of memory to write frames to.
    pub(crate) fn capacity(&self) -> usize {
        self.buffer.len()
    }

    /// Bytes that wait.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.end - self.start + self.payload_len
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end && self.payload_len == 0
    }

    /// Appends a frame, masked if its header says so, with a copy of the payload.
    #[inline]
    pub(crate) fn push_copy(&mut self, header: &Header, payload: &[u8]) {
        let (bytes, header_len) = header.to_bytes();
        let len = header_len + payload.len();
        let room = self.room(Header::MAX_LEN + payload.len());
        room[..Header::MAX_LEN].copy_from_slice(&bytes);
        let place = &mut room[header_len..len];
        match header.mask {
            None => place.copy_from_slice(payload),
            Some(key) => mask::copy(payload, key, 0, place),
        }
        self.end += len;
    }

    /// Appends a frame, masked if its header says so; a big payload without a copy, if that is possible.
    pub(crate) fn push_frame(&mut self, header: &Header, payload: Bytes) {
        if payload.len() < BY_REFERENCE {
            return self.push_copy(header, &payload);
        }
        let (bytes, len) = header.to_bytes();
        self.room(Header::MAX_LEN)[..Header::MAX_LEN].copy_from_slice(&bytes);
        self.end += len;
        let Some(key) = header.mask else { return self.push(payload, Masking::None) };
        // What nobody else holds is masked where it is, if it is still in the cache when it is written.
        let owned = if payload.len() <= AT_ONCE { payload.try_into_mut() } else { Err(payload) };
        match owned {
            Ok(mut payload) => {
                mask::apply(&mut payload, key, 0);
                self.push(payload.freeze(), Masking::None);
            }
            Err(payload) => self.push(payload, Masking::Due { key, offset: 0 }),
        }
    }

    /// The end of the buffer, with room for at least `len` bytes.
    #[inline]
    fn room(&mut self, len: usize) -> &mut [u8] {
        if self.buffer.len() - self.end < len {
            self.grow(len);
        }
        &mut self.buffer[self.end..]
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        let needed = self.end + len;
        if self.buffer.len() < needed {
            self.buffer.resize(needed.max(2 * self.buffer.len()).max(SMALLEST), 0);
        }
    }

    /// Puts a payload behind what is there, without a copy.
    fn push(&mut self, payload: Bytes, masking: Masking) {
        if !payload.is_empty() {
            self.payload_len += payload.len();
            self.payloads.push_back(Payload::new(self.end, payload, masking));
            self.mask();
        }
    }

    /// Masks the next piece of the first payload, if that is due.
    fn mask(&mut self) {
        let Some(Payload { at, bytes, masking: Masking::Due { key, offset }, .. }) =
            self.payloads.front_mut()
        else {
            return;
        };
        let piece = bytes.split_to(PIECE.min(bytes.len()));
        let mut masked = spare::take_masked(piece.len());
        mask::append(&piece, *key, *offset, &mut masked);
        *offset += piece.len();
        let masked = Payload::new(*at, masked.into(), Masking::Done);
        if bytes.is_empty() {
            self.payloads.pop_front();
        }
        self.payloads.push_front(masked);
    }

    /// The first piece that waits.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        match self.payloads.front() {
            Some(payload) if payload.at == self.start => Some(payload.rest()),
            Some(payload) => Some(&self.buffer[self.start..payload.at]),
            None if self.end > self.start => Some(&self.buffer[self.start..self.end]),
            None => None,
        }
    }

    /// Whether all that waits is one piece.
    #[inline]
    pub(crate) fn is_one_piece(&self) -> bool {
        self.payloads.is_empty()
    }

    /// Fills `slices` with the pieces that wait, in order; returns how many there are.
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
        for payload in self.payloads.iter().take(MAX_PAYLOADS) {
            put(&self.buffer[start..payload.at]);
            start = payload.at;
            if matches!(payload.masking, Masking::Due { .. }) {
                return count;
            }
            put(payload.rest());
        }
        if self.payloads.len() <= MAX_PAYLOADS {
            put(&self.buffer[start..self.end]);
        }
        count
    }

    /// Forgets the first `len` bytes: they are written. The memory of a payload of up to `max_spare` bytes may be kept for
    /// another message.
    pub(crate) fn advance(&mut self, mut len: usize, max_spare: usize) {
        debug_assert!(len <= self.len(), "more was written than there was");
        while let Some(payload) = self.payloads.front_mut() {
            let before = payload.at - self.start;
            if len < before {
                break;
            }
            self.start += before;
            len -= before;
            let part = len.min(payload.rest().len());
            payload.written += part;
            self.payload_len -= part;
            len -= part;
            if !payload.rest().is_empty() {
                return;
            }
            match self.payloads.pop_front() {
                Some(Payload { bytes, masking: Masking::Done, .. }) => spare::keep_masked(bytes),
                Some(Payload { bytes, .. }) => spare::keep(bytes, max_spare),
                None => {}
            }
            self.mask();
        }
        self.start = (self.start + len).min(self.end);
        if self.start > COMPACT && self.start * 2 > self.end {
            // What is dropped is more than what is moved, so each byte moves once at the most, on average.
            self.buffer.copy_within(self.start..self.end, 0);
            for payload in &mut self.payloads {
                payload.at -= self.start;
            }
            self.end -= self.start;
            self.start = 0;
        }
    }

    /// Makes it as good as new: all is written.
    #[inline]
    pub(crate) fn reset(&mut self) {
        (self.start, self.end, self.deadline) = (0, 0, None);
        if self.payloads.capacity() > 0 {
            self.payloads = VecDeque::new();
        }
    }
}

/// What the buffer held before is nobody's business.
impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Payloads of so many bytes are written from where they are; smaller ones are copied behind their header.
pub(crate) const BY_REFERENCE: usize = 8 << 10;

/// The least memory for frames that wait.
const SMALLEST: usize = 512;

/// Payloads that one vectored write takes along.
const MAX_PAYLOADS: usize = 31;

/// Bytes of a big payload that are masked at a time.
const PIECE: usize = 512 << 10;

/// Bytes of a payload that are masked before the first of them is written.
const AT_ONCE: usize = 4 << 20;

/// Written bytes from which on the buffer is compacted.
const COMPACT: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use std::io::IoSlice;

    use bytes::Bytes;
    use proptest::prelude::*;
    use sockeye_frames::OpCode;

    use super::{Header, Masking, PIECE, Queue, mask, spare};

    /// The header of a frame of a client.
    fn header(length: u64) -> Header {
        let (opcode, mask) = (OpCode::Binary, Some([1, 2, 3, 4]));
        Header { fin: true, rsv1: false, opcode, mask, length }
    }

    fn append(queue: &mut Queue, bytes: &[u8]) {
        queue.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        queue.end += bytes.len();
    }

    fn written_in_steps(queue: &mut Queue, mut step: impl FnMut(usize) -> usize) -> Vec<u8> {
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
    fn the_memory_of_what_was_written_is_known_to_be_initialised() {
        let mut queue = Queue::default();
        queue.push(vec![7; 100_000].into(), Masking::None);
        for len in [1, 65_536, 100_000 - 65_537] {
            queue.advance(len, usize::MAX);
        }
        assert_eq!(spare::take(100_000), vec![7; 100_000]);
    }

    #[test]
    fn what_is_shown_of_it_is_its_length() {
        let mut queue = Queue::default();
        append(&mut queue, b"secret");
        queue.push(b"secret"[..].into(), Masking::None);
        assert_eq!(format!("{queue:?}"), "Queue { len: 12, .. }");
    }

    proptest! {
        #[test]
        fn what_is_put_comes_out_in_order_whatever_is_written_at_a_time(
            pieces in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..300)), 0..80),
            steps in prop::collection::vec(1_usize..700, 1..20),
        ) {
            let mut queue = Queue::default();
            let mut expected = Vec::new();
            for (by_reference, piece) in pieces {
                expected.extend_from_slice(&piece);
                if by_reference { queue.push(Bytes::from(piece), Masking::None) } else { append(&mut queue, &piece) }
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
        fn a_big_payload_is_masked_as_a_whole_wherever_it_is_cut(
            frames in prop::collection::vec((0..4 * PIECE, any::<[u8; 4]>(), any::<bool>()), 1..4),
            steps in prop::collection::vec(1..2 * PIECE, 1..20),
        ) {
            let mut queue = Queue::default();
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
    fn what_nobody_else_holds_is_masked_where_it_is() {
        let mut queue = Queue::default();
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
        let mut queue = Queue::default();
        let header = header(64 << 20);
        queue.push_frame(&header, vec![7; 64 << 20].into());
        assert!(
            queue.payloads.iter().any(|payload| matches!(payload.masking, Masking::Due { .. }))
        );
    }

    #[test]
    fn a_masked_copy_is_never_larger_than_a_piece() {
        let mut queue = Queue::default();
        let header = header(1 << 20);
        let shared = Bytes::from(vec![0; 1 << 20]);
        queue.push_frame(&header, shared.clone());
        queue.push_frame(&header, shared.clone());
        while !queue.is_empty() {
            let copies =
                queue.payloads.iter().filter(|payload| matches!(payload.masking, Masking::Done));
            assert!(copies.map(|payload| payload.bytes.len()).sum::<usize>() <= PIECE);
            queue.advance(queue.first().map_or(0, <[u8]>::len), 0);
        }
    }

    #[test]
    fn a_backlog_that_never_empties_does_not_grow() {
        let mut queue = Queue::default();
        append(&mut queue, &[0; 1000]);
        for _ in 0..10_000 {
            append(&mut queue, &[0; 1000]);
            queue.advance(1000, 0);
        }
        assert!(queue.buffer.capacity() < 512 << 10, "{}", queue.buffer.capacity());
    }
}
