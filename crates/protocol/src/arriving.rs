//! The payload of a message as it arrives.

use std::fmt;

use bytes::Bytes;
use sockeye_frames::mask;

use crate::spare;

/// Bytes that have arrived, and behind them memory to read into.
///
/// What was a message before is initialised, so memory that is used again need not be cleared to be read into.
#[derive(Default)]
pub(crate) struct Arriving {
    /// All that is initialised.
    memory: Vec<u8>,
    len: usize,
}

impl Arriving {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes of memory.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.memory.capacity()
    }

    /// What has arrived.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.memory[..self.len]
    }

    /// Makes room for `len` bytes of the `remaining` ones that are announced; for more of those only in proportion to what has
    /// come: a header alone makes nobody rich.
    ///
    /// If they are not all that is to come, the memory doubles, so that each byte moves once on average.
    pub(crate) fn reserve(&mut self, len: usize, remaining: u64, is_all: bool) {
        if self.memory.capacity() == 0 {
            self.memory = spare::take(remaining);
        }
        if self.memory.capacity() - self.len < len {
            let step = self.len.max(STEP) as u64;
            let room = remaining.min(step).max(len as u64);
            let end = self.len + usize::try_from(room).unwrap_or(len);
            let more = end - self.memory.len();
            if is_all {
                self.memory.reserve_exact(more);
            } else {
                self.memory.reserve(more);
            }
        }
    }

    /// Appends bytes, unmasked by this key from this position on.
    pub(crate) fn append(&mut self, bytes: &[u8], mask: Option<([u8; 4], usize)>) {
        let end = self.len + bytes.len();
        if let Some(room) = self.memory.get_mut(self.len..end) {
            match mask {
                Some((key, offset)) => mask::copy(bytes, key, offset, room),
                None => room.copy_from_slice(bytes),
            }
        } else {
            self.memory.truncate(self.len);
            match mask {
                Some((key, offset)) => mask::append(bytes, key, offset, &mut self.memory),
                None => self.memory.extend_from_slice(bytes),
            }
        }
        self.len = end;
    }

    /// Has something appended.
    pub(crate) fn append_with<T>(&mut self, append: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        self.memory.truncate(self.len);
        let result = append(&mut self.memory);
        self.len = self.memory.len();
        result
    }

    /// As many as `max` bytes to read into, as far as room was made. Memory that was not used before comes only in proportion to
    /// what has arrived: to clear it is to take it from the system.
    pub(crate) fn room(&mut self, max: usize) -> &mut [u8] {
        let most = self.memory.len().max(self.memory.capacity().min(2 * self.len));
        let end = most.min(self.len.saturating_add(max));
        if self.memory.len() < end {
            self.memory.resize(end, 0);
        }
        &mut self.memory[self.len..end]
    }

    /// `len` bytes were read.
    pub(crate) fn fill(&mut self, len: usize) {
        self.len += len;
    }
}

impl From<Arriving> for Bytes {
    fn from(Arriving { mut memory, len }: Arriving) -> Self {
        memory.truncate(len);
        memory.into()
    }
}

/// What the memory held before is nobody's business.
impl fmt::Debug for Arriving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arriving").field("len", &self.len).finish_non_exhaustive()
    }
}

/// The most bytes by which a peer's announcement alone makes a message grow.
const STEP: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::Arriving;
    use crate::spare;

    #[test]
    fn what_was_there_before_is_never_seen() {
        spare::keep(vec![0xff; 100_000].into(), usize::MAX);
        let mut payload = Arriving::default();
        payload.reserve(10, 60_000, true);
        payload.append(b"abc", None);
        payload.append(&[b'd' ^ 1, b'e' ^ 2], Some(([1, 2, 3, 4], 0)));
        let room = payload.room(50_000);
        assert_eq!(room.len(), 50_000);
        room[..2].copy_from_slice(b"fg");
        payload.fill(2);
        payload.append_with(|memory| memory.extend_from_slice(b"hi"));
        assert_eq!(payload.as_mut_slice(), b"abcdefghi");
        assert_eq!(format!("{payload:?}"), "Arriving { len: 9, .. }");
        assert_eq!(Bytes::from(payload), &b"abcdefghi"[..]);
    }

    #[test]
    fn memory_that_was_used_is_not_cleared() {
        spare::keep(vec![0xff; 100_000].into(), usize::MAX);
        let mut payload = Arriving::default();
        payload.reserve(10, 60_000, true);
        payload.append(b"abc", None);
        assert!(payload.room(usize::MAX).iter().all(|&byte| byte == 0xff));
        assert_eq!(payload.room(usize::MAX).len(), 100_000 - 3);
        // What nobody used is, as much as has arrived at the most.
        payload.append_with(|_| ());
        assert_eq!(payload.room(usize::MAX), [0; 3]);
        payload.fill(3);
        assert_eq!(payload.room(usize::MAX), [0; 6]);
    }

    #[test]
    fn there_is_as_much_room_as_was_made() {
        let mut payload = Arriving::default();
        assert_eq!(payload.room(10), b"");
        payload.reserve(10, 10, true);
        payload.append(&[7; 6], None);
        assert_eq!(payload.room(20), [0; 4]);
        assert_eq!(payload.room(3), [0; 3]);
        payload.fill(4);
        assert_eq!(payload.room(20), b"");
    }
}
