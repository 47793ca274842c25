//! The write queue of a connection.

use std::{cell::Cell, io::IoSlice, time::Instant};

use super::frame_queue::FrameQueue;
use crate::memory::Lazy;

thread_local! {
    static RECYCLED: Cell<Option<Box<FrameQueue>>> = const { Cell::new(None) };
}

/// Encoded frames that wait to be written.
///
/// The frames, with their deadline, exist only while bytes wait: an empty queue moves to the thread, for the next connection
/// that sends. Together with pooled read buffers and inline texts, this reduces the echo of a text of 16 bytes from 2,566 to
/// 1,350 instructions.
#[derive(Debug, Default)]
pub(crate) struct WriteQueue(Lazy<FrameQueue>);

impl WriteQueue {
    /// Returns the number of queued bytes.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.get().map_or(0, FrameQueue::len)
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.get().is_none_or(FrameQueue::is_empty)
    }

    /// Returns the frames, to append one.
    #[inline]
    pub(crate) fn frames_mut(&mut self) -> &mut FrameQueue {
        // A connection can outlive the thread-local storage of its thread.
        self.0
            .get_or_insert_with(|| RECYCLED.try_with(Cell::take).ok().flatten().unwrap_or_default())
    }

    /// Returns the number of bytes in control frames that overtake data; `None` if there is no data to overtake.
    pub(crate) fn overtaking_len(&self) -> Option<usize> {
        self.0.get().filter(|frames| frames.has_data()).map(FrameQueue::control_len)
    }

    /// Returns the first contiguous piece.
    #[inline]
    pub(crate) fn first(&self) -> Option<&[u8]> {
        self.0.get().and_then(FrameQueue::first)
    }

    /// Fills `slices` with contiguous pieces in order; returns how many there are.
    pub(crate) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.0.get().map_or(0, |frames| frames.slices(slices))
    }

    /// Removes the first `len` bytes, which are written. The memory of payloads of up to `max_pooled` bytes is recycled.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize, max_pooled: usize) {
        let Some(frames) = self.0.get_mut() else { return };
        // Most writes write all frames, which are small.
        if frames.is_copied(len) {
            return self.recycle();
        }
        frames.advance(len, max_pooled);
        if frames.is_empty() {
            self.recycle();
        } else if len > 0 {
            (frames.is_blocked, frames.deadline) = (false, None);
        }
    }

    /// Records that the transport was flushed, and so has accepted all that was written.
    pub(crate) fn handle_flushed(&mut self) {
        if self.is_empty() {
            self.recycle();
        }
    }

    /// Returns the time by which the transport must accept bytes, if it has accepted none since the last attempt to write.
    #[inline]
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.0.get().and_then(|frames| frames.deadline)
    }

    /// Returns whether the transport has accepted no bytes since the last attempt to write.
    #[inline]
    pub(crate) fn is_blocked(&self) -> bool {
        self.0.get().is_some_and(|frames| frames.is_blocked)
    }

    /// Records an attempt to write that failed. The deadline counts from the first one.
    pub(crate) fn handle_blocked(&mut self, deadline: Option<Instant>) {
        let frames = self.frames_mut();
        frames.is_blocked = true;
        frames.deadline = frames.deadline.or(deadline);
    }

    /// Passes an empty queue to the thread.
    #[inline]
    fn recycle(&mut self) {
        if let Some(mut frames) = self.0.take() {
            frames.reset();
            if frames.capacity() <= MAX_RECYCLED {
                let _ = RECYCLED.try_with(|recycled| recycled.set(Some(frames)));
            }
        }
    }

    /// Removes all frames, but keeps the deadline: the end of the transport may still have to be written.
    pub(crate) fn clear(&mut self) {
        if let Some(frames) = self.0.get_mut() {
            frames.clear();
        }
    }
}

/// The size of the biggest buffer that is recycled. A slow consumer makes buffers grow beyond it.
const MAX_RECYCLED: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use sockeye_frames::{Header, OpCode};

    use super::WriteQueue;

    #[test]
    fn an_empty_queue_owns_no_memory() {
        let mut queue = WriteQueue::default();
        for length in [5, 100_000] {
            let opcode = OpCode::Binary;
            let header = Header { fin: true, rsv1: false, opcode, mask: None, length };
            let payload = vec![7; usize::try_from(length).expect("it is small")];
            queue.frames_mut().push_frame(&header, payload.into());
            queue.advance(1, 0);
            assert!(!queue.0.is_none());
            queue.advance(queue.len(), 0);
            assert!(queue.0.is_none(), "{length}");
        }
    }
}
