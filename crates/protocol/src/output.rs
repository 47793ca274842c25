//! What waits to be written.

use std::{collections::VecDeque, io::IoSlice, mem};

use bytes::{Buf, Bytes};
use sockeye_frames::{Header, mask};

use crate::spare;

/// Encoded frames that wait to be written: small ones one behind the other in a buffer, big payloads as they are, by
/// reference, between two bytes of it.
///
/// An output that has been written owns no memory.
#[derive(Debug, Default)]
pub(crate) struct Output {
    buffer: Vec<u8>,
    /// Bytes of the buffer that are written.
    written: usize,
    /// Payloads, each with the place in the buffer that it stands before.
    payloads: VecDeque<(usize, Bytes)>,
    /// Bytes in the payloads.
    payload_len: usize,
}

impl Output {
    /// Bytes that wait.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.buffer.len() - self.written + self.payload_len
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.buffer.len() == self.written && self.payload_len == 0
    }

    /// The end of the buffer, to encode a frame to.
    #[inline]
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        if self.buffer.capacity() == 0 {
            self.buffer = spare::take_output();
        }
        &mut self.buffer
    }

    /// Appends a frame that is small: less than 64 KiB, `first` being its first byte.
    #[inline]
    pub(crate) fn push_small(&mut self, first: u8, key: Option<[u8; 4]>, payload: &[u8]) {
        let length = payload.len();
        let buffer = self.buffer();
        buffer.reserve(MAX_HEADER + length);
        // §5.1: a client masks, a server does not.
        let mask = if key.is_some() { 0x80 } else { 0 };
        // §5.2: a length has its shortest form.
        let [.., high, low] = length.to_be_bytes();
        if length < 126 {
            buffer.extend_from_slice(&[first, mask | low]);
        } else {
            buffer.extend_from_slice(&[first, mask | 126, high, low]);
        }
        match key {
            Some(key) => {
                buffer.extend_from_slice(&key);
                mask::append(payload, key, 0, buffer);
            }
            None => buffer.extend_from_slice(payload),
        }
    }

    /// Appends a frame, masked if its header says so.
    #[inline]
    pub(crate) fn push_frame(&mut self, header: &Header, payload: Bytes) {
        let buffer = self.buffer();
        match header.mask {
            None if payload.len() < BY_REFERENCE => {
                buffer.reserve(MAX_HEADER + payload.len());
                header.encode(buffer);
                buffer.extend_from_slice(&payload);
            }
            None => {
                header.encode(buffer);
                self.push(payload);
            }
            Some(key) if payload.len() < BY_REFERENCE => {
                buffer.reserve(MAX_HEADER + payload.len());
                header.encode(buffer);
                mask::append(&payload, key, 0, buffer);
            }
            Some(key) => {
                header.encode(buffer);
                // A payload that nobody else holds is masked where it is.
                let payload = match payload.try_into_mut() {
                    Ok(mut payload) => {
                        mask::apply(&mut payload, key, 0);
                        payload.freeze()
                    }
                    Err(payload) => {
                        let mut masked = Vec::with_capacity(payload.len());
                        mask::append(&payload, key, 0, &mut masked);
                        masked.into()
                    }
                };
                self.push(payload);
            }
        }
    }

    /// Puts a payload behind what is there, without a copy.
    pub(crate) fn push(&mut self, payload: Bytes) {
        if !payload.is_empty() {
            self.payload_len += payload.len();
            self.payloads.push_back((self.buffer.len(), payload));
        }
    }

    /// The first piece that waits.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        match self.payloads.front() {
            Some((at, payload)) if *at == self.written => Some(payload),
            Some((at, _)) => Some(&self.buffer[self.written..*at]),
            None if self.buffer.len() > self.written => Some(&self.buffer[self.written..]),
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
        let mut start = self.written;
        let mut put = |piece: &'a [u8]| {
            if !piece.is_empty()
                && let Some(slice) = slices.get_mut(count)
            {
                *slice = IoSlice::new(piece);
                count += 1;
            }
        };
        for (at, payload) in self.payloads.iter().take(MAX_PAYLOADS) {
            put(&self.buffer[start..*at]);
            put(payload);
            start = *at;
        }
        if self.payloads.len() <= MAX_PAYLOADS {
            put(&self.buffer[start..]);
        }
        count
    }

    /// Forgets the first `len` bytes: they are written. The memory of a payload of up to `max_spare` bytes may be kept for
    /// another message.
    pub(crate) fn advance(&mut self, mut len: usize, max_spare: usize) {
        debug_assert!(len <= self.len(), "more was written than there was");
        while let Some((at, payload)) = self.payloads.front_mut() {
            let before = *at - self.written;
            if len < before {
                break;
            }
            self.written += before;
            len -= before;
            let part = len.min(payload.len());
            payload.advance(part);
            self.payload_len -= part;
            len -= part;
            if !payload.is_empty() {
                return;
            }
            if let Some((_, payload)) = self.payloads.pop_front() {
                spare::keep(payload, max_spare);
            }
        }
        self.written = (self.written + len).min(self.buffer.len());
        if self.is_empty() {
            self.release();
        } else if self.written > COMPACT && self.written * 2 > self.buffer.len() {
            // What is dropped is more than what is moved, so each byte moves once at the most, on average.
            self.buffer.drain(..self.written);
            for (at, _) in &mut self.payloads {
                *at -= self.written;
            }
            self.written = 0;
        }
    }

    /// Gives the memory to the thread: all is written.
    #[inline]
    fn release(&mut self) {
        self.written = 0;
        let buffer = mem::take(&mut self.buffer);
        if buffer.capacity() > 0 {
            spare::keep_output(buffer);
        }
        if self.payloads.capacity() > 0 {
            self.payloads = VecDeque::new();
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Payloads of so many bytes are written from where they are; smaller ones are copied behind their header.
pub(crate) const BY_REFERENCE: usize = 8 << 10;

/// Bytes in the longest header.
const MAX_HEADER: usize = 14;

/// Payloads that one vectored write takes along.
const MAX_PAYLOADS: usize = 31;

/// Written bytes from which on the buffer is compacted.
const COMPACT: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use std::io::IoSlice;

    use bytes::Bytes;
    use proptest::prelude::*;

    use super::Output;

    fn written_in_steps(output: &mut Output, mut step: impl FnMut(usize) -> usize) -> Vec<u8> {
        let mut all = Vec::new();
        while !output.is_empty() {
            let mut slices = [IoSlice::new(&[]); 64];
            let count = output.slices(&mut slices);
            let flat: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
            assert!(flat.starts_with(output.first().expect("not empty")));
            let len = step(flat.len()).clamp(1, flat.len());
            all.extend_from_slice(&flat[..len]);
            output.advance(len, 0);
        }
        assert_eq!(output.len(), 0);
        assert_eq!(output.buffer.capacity(), 0, "a written output owns memory");
        all
    }

    proptest! {
        #[test]
        fn what_is_put_comes_out_in_order_whatever_is_written_at_a_time(
            pieces in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..300)), 0..80),
            steps in prop::collection::vec(1_usize..700, 1..20),
        ) {
            let mut output = Output::default();
            let mut expected = Vec::new();
            for (by_reference, piece) in pieces {
                expected.extend_from_slice(&piece);
                if by_reference { output.push(Bytes::from(piece)) } else { output.buffer().extend(piece) }
            }
            prop_assert_eq!(output.len(), expected.len());
            let mut steps = steps.into_iter().cycle();
            let all = written_in_steps(&mut output, |_| steps.next().unwrap_or(1));
            prop_assert_eq!(all, expected);
        }
    }

    #[test]
    fn a_backlog_that_never_empties_does_not_grow() {
        let mut output = Output::default();
        output.buffer().extend([0; 1000]);
        for _ in 0..10_000 {
            output.buffer().extend([0; 1000]);
            output.advance(1000, 0);
        }
        assert!(output.buffer.capacity() < 512 << 10, "{}", output.buffer.capacity());
    }
}
