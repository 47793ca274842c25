//! Tests of the frame queue.

use std::{collections::VecDeque, io::IoSlice};

use bytes::Bytes;
use proptest::prelude::*;
use sockeye_frames::OpCode;

use super::{FrameQueue, Header, MASKED_PIECE, MIN_BY_REFERENCE, MaskState, buffer_pool, mask};

/// The header of a frame of a client.
fn header(length: u64) -> Header {
    let (opcode, mask) = (OpCode::Binary, Some([1, 2, 3, 4]));
    Header { fin: true, rsv1: false, opcode, mask, length }
}

/// Appends a frame of a server, and returns its bytes.
fn append(queue: &mut FrameQueue, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u64;
    let header = Header { fin: true, rsv1: false, opcode: OpCode::Binary, mask: None, length };
    queue.push_frame(&header, Bytes::copy_from_slice(payload));
    let (bytes, len) = header.to_bytes();
    [&bytes[..len], payload].concat()
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
    append(&mut queue, &vec![7; 100_000]);
    for len in [10, 1, 65_536, 100_000 - 65_537] {
        queue.advance(len, usize::MAX);
    }
    assert_eq!(buffer_pool::acquire(100_000), vec![7; 100_000]);
}

#[test]
fn the_memory_of_a_fragmented_message_is_recycled_as_a_whole() {
    let mut queue = FrameQueue::default();
    let message = Bytes::from(vec![7; 100_000]);
    for fragment in [message.slice(..60_000), message.slice(60_000..)] {
        let length = fragment.len() as u64;
        let header = Header { fin: true, rsv1: false, opcode: OpCode::Binary, mask: None, length };
        queue.push_frame(&header, fragment);
    }
    queue.keep_message(message);
    while !queue.is_empty() {
        queue.advance(queue.first().map_or(0, <[u8]>::len), usize::MAX);
    }
    assert_eq!(buffer_pool::acquire(100_000), vec![7; 100_000]);
}

#[test]
fn debug_output_shows_nothing_but_the_length() {
    let mut queue = FrameQueue::default();
    append(&mut queue, b"secret");
    append(&mut queue, &b"secret".repeat(2000));
    assert_eq!(format!("{queue:?}"), "FrameQueue { len: 12012, .. }");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn frames_are_written_in_order_in_steps_of_any_length(
        payloads in prop::collection::vec((0..300_usize, any::<bool>(), any::<u8>()), 0..40),
        steps in prop::collection::vec(prop_oneof![1_usize..700, 1_usize..20_000], 1..20),
    ) {
        let mut queue = FrameQueue::default();
        let mut expected = Vec::new();
        for (len, by_reference, byte) in payloads {
            let len = if by_reference { MIN_BY_REFERENCE + len } else { len };
            expected.extend(append(&mut queue, &vec![byte; len]));
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
    assert!(queue.payloads.iter().any(|payload| matches!(payload.mask, MaskState::Pending { .. })));
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
        queue.advance(1004, 0);
    }
    assert!(queue.buffer.capacity() < 512 << 10, "{}", queue.buffer.capacity());
}

/// The order in which frames leave: data frames in order, and each control frame before the data frames that are not begun.
#[derive(Default)]
struct Model {
    frames: VecDeque<(bool, Vec<u8>)>,
    /// The number of written bytes of the first frame.
    written: usize,
}

impl Model {
    fn push(&mut self, frame: Vec<u8>) {
        self.frames.push_back((false, frame));
    }

    /// Inserts a control frame; returns the number of bytes to write until it is written.
    fn insert_control(&mut self, frame: Vec<u8>) -> usize {
        let begun = usize::from(self.written > 0);
        let controls = self.frames.iter().skip(begun).take_while(|(is_control, _)| *is_control);
        let at = begun + controls.count();
        let len = frame.len();
        self.frames.insert(at, (true, frame));
        let before: usize = self.frames.iter().take(at).map(|(_, frame)| frame.len()).sum();
        before - self.written + len
    }

    fn write(&mut self, len: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while all.len() < len {
            let (_, frame) = self.frames.front().expect("no more is written than queued");
            let part = (len - all.len()).min(frame.len() - self.written);
            all.extend_from_slice(&frame[self.written..self.written + part]);
            self.written += part;
            if self.written == frame.len() {
                self.frames.pop_front();
                self.written = 0;
            }
        }
        all
    }
}

#[derive(Clone, Debug)]
enum Step {
    Data(usize),
    Control(usize),
    Write(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_usize..300).prop_map(Step::Data),
        (MIN_BY_REFERENCE..3 * MIN_BY_REFERENCE).prop_map(Step::Data),
        (0_usize..=125).prop_map(Step::Control),
        (1_usize..20).prop_map(Step::Write),
        (1_usize..20_000).prop_map(Step::Write),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn control_frames_overtake_all_data_that_is_not_begun(
        steps in prop::collection::vec(step(), 1..100),
        role in prop::sample::select(vec![None, Some([1, 2, 3, 4])]),
        seed in any::<u8>(),
    ) {
        let (mut queue, mut model) = (FrameQueue::default(), Model::default());
        let mut byte = seed;
        for step in steps {
            byte = byte.wrapping_add(1);
            match step {
                Step::Data(len) | Step::Control(len) => {
                    let is_control = matches!(step, Step::Control(_));
                    let opcode = if is_control { OpCode::Ping } else { OpCode::Binary };
                    let length = len as u64;
                    let header = Header { fin: true, rsv1: false, opcode, mask: role, length };
                    let payload = vec![byte; len];
                    let (bytes, header_len) = header.to_bytes();
                    let mut frame = bytes[..header_len].to_vec();
                    mask::append(&payload, role.unwrap_or_default(), 0, &mut frame);
                    if is_control {
                        let before = queue.insert_control(&header, &payload);
                        prop_assert_eq!(before, model.insert_control(frame));
                    } else {
                        queue.push_frame(&header, payload.into());
                        model.push(frame);
                    }
                }
                Step::Write(len) => {
                    let len = len.min(queue.len());
                    prop_assert!(write(&mut queue, len) == model.write(len));
                }
            }
        }
        let len = queue.len();
        prop_assert!(write(&mut queue, len) == model.write(len));
        prop_assert!(model.frames.is_empty());
    }
}

/// Writes `len` bytes in as few steps as the pieces of the queue allow.
fn write(queue: &mut FrameQueue, len: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < len {
        let piece = queue.first().expect("bytes are queued");
        let part = piece.len().min(len - all.len());
        all.extend_from_slice(&piece[..part]);
        queue.advance(part, 0);
    }
    all
}
