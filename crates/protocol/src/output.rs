//! What waits to be written, if anything does.

use std::{io::IoSlice, time::Instant};

use bytes::Bytes;
use sockeye_frames::Header;

use crate::{queue::Queue, spare};

/// Encoded frames that wait to be written.
///
/// An output that has been written owns no memory: its queue goes to the thread.
#[derive(Debug, Default)]
pub(crate) struct Output(Option<Box<Queue>>);

impl Output {
    /// Bytes that wait.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |queue| queue.len())
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|queue| queue.is_empty())
    }

    /// Appends a frame, masked if its header says so, with a copy of the payload.
    #[inline]
    pub(crate) fn push_copy(&mut self, header: &Header, payload: &[u8]) {
        self.queue().push_copy(header, payload);
    }

    /// Appends a frame, masked if its header says so; a big payload without a copy, if that is possible.
    pub(crate) fn push_frame(&mut self, header: &Header, payload: Bytes) {
        self.queue().push_frame(header, payload);
    }

    #[inline]
    fn queue(&mut self) -> &mut Queue {
        self.0.get_or_insert_with(|| spare::take_output().unwrap_or_default())
    }

    /// The first piece that waits.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        self.0.as_ref().and_then(|queue| queue.first())
    }

    /// Whether all that waits is one piece.
    #[inline]
    pub(crate) fn is_one_piece(&self) -> bool {
        self.0.as_ref().is_none_or(|queue| queue.is_one_piece())
    }

    /// Fills `slices` with the pieces that wait, in order; returns how many there are.
    pub(crate) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.0.as_ref().map_or(0, |queue| queue.slices(slices))
    }

    /// Forgets the first `len` bytes: they are written, and with nothing left all is. The memory of a payload of up to
    /// `max_spare` bytes may be kept for another message.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize, max_spare: usize) {
        let Some(queue) = &mut self.0 else { return };
        queue.advance(len, max_spare);
        if queue.is_empty() {
            self.release();
        } else if len > 0 {
            queue.deadline = None;
        }
    }

    /// When something must have been written, if nothing could be when it was tried last.
    #[inline]
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.0.as_ref().and_then(|queue| queue.deadline)
    }

    /// Nothing can be written at the moment; how long that may take counts from the first time.
    pub(crate) fn block(&mut self, deadline: Option<Instant>) {
        let queue = self.queue();
        queue.deadline = queue.deadline.or(deadline);
    }

    /// Gives the memory to the thread: all is written.
    #[inline]
    fn release(&mut self) {
        if let Some(mut queue) = self.0.take() {
            queue.reset();
            spare::keep_output(queue);
        }
    }

    /// Forgets what waits, but not for how long: the end of the transport may have to be written yet.
    pub(crate) fn clear(&mut self) {
        if let Some(queue) = &mut self.0 {
            let deadline = queue.deadline;
            **queue = Queue::default();
            queue.deadline = deadline;
        }
    }
}

#[cfg(test)]
mod tests {
    use sockeye_frames::{Header, OpCode};

    use super::Output;

    #[test]
    fn a_written_output_owns_no_memory() {
        let mut output = Output::default();
        for length in [5, 100_000] {
            let opcode = OpCode::Binary;
            let header = Header { fin: true, rsv1: false, opcode, mask: None, length };
            output
                .push_frame(&header, vec![7; usize::try_from(length).expect("it is small")].into());
            output.advance(1, 0);
            assert!(output.0.is_some());
            output.advance(output.len(), 0);
            assert!(output.0.is_none(), "{length}");
        }
    }
}
