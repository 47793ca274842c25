//! Control frames that overtake data frames.

use sockeye_frames::Header;

use super::{FrameQueue, MIN_BY_REFERENCE};

impl FrameQueue {
    /// Inserts a control frame before the first data frame that is not begun (§5.4: control frames may be injected between
    /// the fragments of a message); returns the number of bytes from the front of the queue to the end of the frame.
    pub(crate) fn insert_control(&mut self, header: &Header, payload: &[u8]) -> usize {
        let boundary = self.boundary();
        let at = boundary.max(self.control_end);
        let moved = self.end - at;
        let start = self.end;
        // The frame is appended, and then rotated to its place.
        self.push_copy(header, payload);
        let len = self.end - start;
        self.buffer[at..self.end].rotate_left(moved);
        for payload in &mut self.payloads {
            // A payload at this position belongs to the frame before it.
            if payload.at > at {
                payload.at += len;
            }
        }
        self.control_end = at + len;
        self.begun + self.control_end - boundary
    }

    /// Returns the number of bytes in control frames that have overtaken data and are not begun.
    pub(crate) fn control_len(&self) -> usize {
        self.control_end.saturating_sub(self.boundary())
    }

    /// Returns whether a control frame would have data to overtake.
    pub(crate) fn has_data(&self) -> bool {
        self.boundary().max(self.control_end) < self.end
    }

    /// Returns the position in the buffer of the first frame that is not begun.
    fn boundary(&self) -> usize {
        let inline = self.start + self.begun;
        // The rest of a frame with a big payload: the end of its header, if that remains, and the payload at `at`.
        self.payloads.front().map_or(inline, |payload| inline.min(payload.at))
    }

    /// Follows the frames through the first `len` bytes, which are written and not yet removed.
    pub(super) fn follow_frames(&mut self, mut len: usize) {
        if len < self.begun {
            self.begun -= len;
            return;
        }
        len -= self.begun;
        let mut at = self.boundary();
        self.begun = 0;
        while len > 0 {
            let Ok(Some((header, header_len))) = Header::parse(&self.buffer[at..self.end]) else {
                unreachable!("the queue contains whole frames");
            };
            let payload_len = usize::try_from(header.length).expect("the payload is in memory");
            let frame_len = header_len + payload_len;
            if len < frame_len {
                self.begun = frame_len - len;
                return;
            }
            len -= frame_len;
            at += if payload_len < MIN_BY_REFERENCE { frame_len } else { header_len };
        }
    }
}
