//! A transport that a receiver reads from.

use sockeye_protocol::{Receiver, read_buffer};

/// A transport that returns its bytes in steps.
pub(crate) struct Transport<'a> {
    pub(crate) rest: &'a [u8],
    /// Bytes that were read directly into a message.
    pub(crate) direct: usize,
}

impl Transport<'_> {
    pub(crate) fn take(&mut self, max: usize) -> &[u8] {
        let (taken, rest) = self.rest.split_at(max.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// Reads once, at most `step` bytes.
    pub(crate) fn read(&mut self, receiver: &mut Receiver, step: usize) {
        let (is_direct, read) = read(receiver, |buffer| {
            let taken = self.take(step.min(buffer.len()));
            buffer[..taken.len()].copy_from_slice(taken);
            Ok::<_, ()>(taken.len())
        });
        let len = read.expect("it does not fail");
        self.direct += if is_direct { len } else { 0 };
    }
}

/// Reads once; returns whether that was directly into a message, and not into the buffer of the thread.
pub(crate) fn read<E>(
    receiver: &mut Receiver,
    read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
) -> (bool, Result<usize, E>) {
    let buffer = read_buffer::with(|buffer| buffer.as_ptr());
    let mut is_direct = false;
    let result = receiver.read_with(|memory| {
        is_direct = memory.as_ptr() != buffer;
        read(memory)
    });
    (is_direct, result)
}
