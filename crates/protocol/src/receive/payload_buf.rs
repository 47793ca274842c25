//! The payload of a message while it arrives.

use std::fmt;

use bytes::Bytes;
use sockeye_frames::mask;

use crate::memory::buffer_pool;

/// The received bytes of a message, followed by memory to read into.
///
/// Memory that contained an earlier message is initialized already, so it is not cleared before it is read into.
#[derive(Default)]
pub(super) struct PayloadBuf {
    /// The initialized memory.
    memory: Vec<u8>,
    len: usize,
}

impl PayloadBuf {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Returns the size of the memory in bytes.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.memory.capacity()
    }

    /// Returns the received bytes.
    pub(super) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.memory[..self.len]
    }

    /// Reserves memory for `len` bytes, of `remaining` ones that are announced. `is_all` says whether these complete the
    /// message; otherwise the memory doubles, so that each byte moves once on average.
    ///
    /// A peer cannot force an allocation by announcing a large length: beyond `len`, memory is reserved in proportion to the
    /// bytes that have arrived.
    pub(super) fn reserve(&mut self, len: usize, remaining: u64, is_all: bool) {
        if self.memory.capacity() == 0 {
            self.memory = buffer_pool::acquire(remaining);
        }
        if self.memory.capacity() - self.len < len {
            let step = self.len.max(MIN_STEP) as u64;
            let reserved = remaining.min(step).max(len as u64);
            let end = self.len + usize::try_from(reserved).unwrap_or(len);
            let more = end - self.memory.len();
            if is_all {
                self.memory.reserve_exact(more);
            } else {
                self.memory.reserve(more);
            }
        }
    }

    /// Appends bytes, unmasked with this key from this offset on.
    pub(super) fn append(&mut self, bytes: &[u8], mask: Option<([u8; 4], usize)>) {
        let end = self.len + bytes.len();
        if let Some(memory) = self.memory.get_mut(self.len..end) {
            match mask {
                Some((key, offset)) => mask::copy(bytes, key, offset, memory),
                None => memory.copy_from_slice(bytes),
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

    /// Calls `append` with a vector that contains the received bytes.
    pub(super) fn append_with<T>(&mut self, append: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        self.memory.truncate(self.len);
        let result = append(&mut self.memory);
        self.len = self.memory.len();
        result
    }

    /// Returns at most `max` bytes of reserved memory to read into.
    ///
    /// Memory that was not used before is limited to the number of bytes that have arrived, because clearing it makes the
    /// operating system provide it.
    pub(super) fn spare_capacity(&mut self, max: usize) -> &mut [u8] {
        let most = self.memory.len().max(self.memory.capacity().min(2 * self.len));
        let end = most.min(self.len.saturating_add(max));
        if self.memory.len() < end {
            self.memory.resize(end, 0);
        }
        &mut self.memory[self.len..end]
    }

    /// Records that `len` bytes were read into the spare capacity.
    pub(super) fn advance(&mut self, len: usize) {
        self.len += len;
    }
}

impl From<PayloadBuf> for Bytes {
    fn from(PayloadBuf { mut memory, len }: PayloadBuf) -> Self {
        memory.truncate(len);
        memory.into()
    }
}

/// Omits the memory, which may contain bytes of other connections.
impl fmt::Debug for PayloadBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayloadBuf").field("len", &self.len).finish_non_exhaustive()
    }
}

/// The number of bytes that an announced length alone can reserve.
const MIN_STEP: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::PayloadBuf;
    use crate::memory::buffer_pool;

    #[test]
    fn old_content_of_recycled_memory_is_never_visible() {
        buffer_pool::recycle(vec![0xff; 100_000].into(), usize::MAX);
        let mut payload = PayloadBuf::default();
        payload.reserve(10, 60_000, true);
        payload.append(b"abc", None);
        payload.append(&[b'd' ^ 1, b'e' ^ 2], Some(([1, 2, 3, 4], 0)));
        let memory = payload.spare_capacity(50_000);
        assert_eq!(memory.len(), 50_000);
        memory[..2].copy_from_slice(b"fg");
        payload.advance(2);
        payload.append_with(|memory| memory.extend_from_slice(b"hi"));
        assert_eq!(payload.as_mut_slice(), b"abcdefghi");
        assert_eq!(format!("{payload:?}"), "PayloadBuf { len: 9, .. }");
        assert_eq!(Bytes::from(payload), &b"abcdefghi"[..]);
    }

    #[test]
    fn recycled_memory_is_not_cleared() {
        buffer_pool::recycle(vec![0xff; 100_000].into(), usize::MAX);
        let mut payload = PayloadBuf::default();
        payload.reserve(10, 60_000, true);
        payload.append(b"abc", None);
        assert!(payload.spare_capacity(usize::MAX).iter().all(|&byte| byte == 0xff));
        assert_eq!(payload.spare_capacity(usize::MAX).len(), 100_000 - 3);
        // Unused memory is, and at most as much as has arrived.
        payload.append_with(|_| ());
        assert_eq!(payload.spare_capacity(usize::MAX), [0; 3]);
        payload.advance(3);
        assert_eq!(payload.spare_capacity(usize::MAX), [0; 6]);
    }

    #[test]
    fn spare_capacity_is_limited_to_reserved_memory() {
        let mut payload = PayloadBuf::default();
        assert_eq!(payload.spare_capacity(10), b"");
        payload.reserve(10, 10, true);
        payload.append(&[7; 6], None);
        assert_eq!(payload.spare_capacity(20), [0; 4]);
        assert_eq!(payload.spare_capacity(3), [0; 3]);
        payload.advance(4);
        assert_eq!(payload.spare_capacity(20), b"");
    }
}
