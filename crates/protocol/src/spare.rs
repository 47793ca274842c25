//! Memory that a thread keeps between two uses: for the next big message that arrives, and for what is to be written next.

use std::{cell::Cell, thread::LocalKey};

use bytes::Bytes;

use crate::queue::Queue;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static MASKED: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static OUTPUT: Cell<Option<Box<Queue>>> = const { Cell::new(None) };
}

/// The queue that was kept: empty, with memory for what is to be written.
pub(crate) fn take_output() -> Option<Box<Queue>> {
    OUTPUT.take()
}

/// Keeps a queue that is as good as new.
#[inline]
pub(crate) fn keep_output(queue: Box<Queue>) {
    if queue.capacity() <= MAX_OUTPUT {
        OUTPUT.set(Some(queue));
    }
}

/// Memory for a masked copy of `len` bytes.
pub(crate) fn take_masked(len: usize) -> Vec<u8> {
    let mut buffer = take_from(&MASKED, len as u64);
    buffer.reserve_exact(len);
    buffer
}

/// Keeps the memory of a masked copy that has been written.
pub(crate) fn keep_masked(copy: Bytes) {
    keep_in(&MASKED, copy, usize::MAX);
}

/// Keeps the memory of a payload that has been written, if nobody else holds it.
///
/// Fresh memory for a big message costs more than to fill it: the kernel clears and maps it page by page. A thread keeps
/// one buffer of at most `max` bytes.
pub(crate) fn keep(payload: Bytes, max: usize) {
    keep_in(&SPARE, payload, max);
}

/// A buffer for a message of about `len` bytes: empty, and with or without memory.
pub(crate) fn take(len: u64) -> Vec<u8> {
    if len < MIN as u64 { Vec::new() } else { take_from(&SPARE, len) }
}

fn keep_in(slot: &'static LocalKey<Cell<Vec<u8>>>, payload: Bytes, max: usize) {
    if let Ok(buffer) = payload.try_into_mut() {
        let mut buffer = Vec::from(buffer);
        if (MIN..=max).contains(&buffer.capacity()) {
            buffer.clear();
            slot.set(buffer);
        }
    }
}

fn take_from(slot: &'static LocalKey<Cell<Vec<u8>>>, len: u64) -> Vec<u8> {
    let buffer = slot.take();
    let capacity = buffer.capacity() as u64;
    // A message should not hold on to much more than it needs.
    if (capacity / 2..=capacity).contains(&len) {
        return buffer;
    }
    slot.set(buffer);
    Vec::new()
}

/// A queue that grew beyond this, under a peer that reads slowly, is not kept.
const MAX_OUTPUT: usize = 256 << 10;

/// Smaller buffers are not worth the trouble.
const MIN: usize = 16 << 10;
