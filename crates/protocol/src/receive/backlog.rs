//! Bytes that were received and are not decoded.

use crate::memory::{Lazy, ReadBuffer, read_buffer};

/// The undecoded bytes of a connection.
///
/// There are hardly ever any. They are decoded in the buffer of the thread that they were read into, which moves to the
/// connection until then.
#[derive(Debug, Default)]
pub(super) struct Backlog(Lazy<ReadBuffer>);

impl Backlog {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.as_slice().len()
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        self.0.get().map_or(&[], ReadBuffer::as_slice)
    }

    #[inline]
    pub(super) fn as_mut_slice(&mut self) -> &mut [u8] {
        self.0.get_mut().map_or(&mut [], ReadBuffer::as_mut_slice)
    }

    /// Appends the bytes of a buffer, and keeps the buffer if possible.
    pub(super) fn push(&mut self, mut buffer: Box<ReadBuffer>) {
        if buffer.is_empty() {
            read_buffer::recycle(buffer);
        } else if buffer.keep_behind(self.as_slice()) {
            self.release();
            self.0.set(buffer);
        } else {
            self.append(buffer.as_slice());
            read_buffer::recycle(buffer);
        }
    }

    /// Appends a copy of `bytes`.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        if self.is_empty() && !bytes.is_empty() {
            let mut buffer = read_buffer::acquire();
            if buffer.copy_from(bytes) {
                return self.push(buffer);
            }
            read_buffer::recycle(buffer);
        }
        self.append(bytes);
    }

    /// Appends a copy of `bytes`, in memory that does not belong to the pool.
    fn append(&mut self, bytes: &[u8]) {
        let done = bytes.is_empty() || self.0.get_mut().is_some_and(|buffer| buffer.extend(bytes));
        if !done {
            self.replace([self.as_slice(), bytes].concat());
        }
    }

    /// Removes the first `len` bytes, which are decoded.
    #[inline]
    pub(super) fn advance(&mut self, len: usize) {
        let Some(buffer) = self.0.get_mut() else { return };
        buffer.advance(len);
        if buffer.is_empty() {
            self.release();
        }
    }

    /// Removes the first `len` bytes, which must not be all.
    #[inline]
    pub(super) fn advance_partial(&mut self, len: usize) {
        debug_assert!(len < self.len(), "bytes remain");
        if let Some(buffer) = self.0.get_mut() {
            buffer.advance(len);
        }
    }

    /// Reduces the memory to the size of the remaining bytes, because the time until the next read is unknown.
    pub(super) fn shrink(&mut self) {
        if self.0.get().is_some_and(|buffer| buffer.capacity() > 2 * self.len()) {
            self.replace(self.as_slice().to_vec());
        }
    }

    fn replace(&mut self, bytes: Vec<u8>) {
        self.release();
        self.0.set(Box::new(bytes.into()));
    }

    /// Removes all bytes, and returns the buffer to the pool of the thread.
    #[inline]
    pub(super) fn release(&mut self) {
        if let Some(buffer) = self.0.take() {
            read_buffer::recycle(buffer);
        }
    }
}

impl Drop for Backlog {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::Backlog;
    use crate::memory::read_buffer;

    fn read(backlog: &mut Backlog, bytes: &[u8]) {
        let mut buffer = read_buffer::acquire();
        buffer.capacity_mut()[..bytes.len()].copy_from_slice(bytes);
        buffer.set_len(bytes.len());
        backlog.push(buffer);
    }

    #[test]
    fn bytes_are_appended_to_undecoded_ones() {
        let mut backlog = Backlog::default();
        let mut expected = Vec::new();
        // Also more bytes than the headroom holds.
        for (read_len, copied_len, decoded) in
            [(3, 0, 1), (5, 2, 4), (300, 7, 0), (9, 0, 310), (4, 4, 0)]
        {
            for (len, is_read) in [(read_len, true), (copied_len, false)] {
                let bytes: Vec<u8> = (0..=u8::MAX).cycle().skip(expected.len()).take(len).collect();
                expected.extend_from_slice(&bytes);
                if is_read {
                    read(&mut backlog, &bytes);
                } else {
                    backlog.extend(&bytes);
                }
                assert_eq!(backlog.as_slice(), expected);
            }
            backlog.advance(decoded);
            expected.drain(..decoded);
            assert_eq!(backlog.as_slice(), expected);
            backlog.shrink();
            assert_eq!(backlog.as_slice(), expected);
        }
    }

    #[test]
    fn a_decoded_backlog_returns_its_buffer() {
        let place = read_buffer::with(|buffer| buffer.as_ptr());
        let mut backlog = Backlog::default();
        read(&mut backlog, &[7; 100]);
        assert_ne!(read_buffer::with(|buffer| buffer.as_ptr()), place, "it is in use");
        let other = read_buffer::acquire();
        backlog.advance(100);
        assert_eq!(read_buffer::with(|buffer| buffer.as_ptr()), place);
        read(&mut backlog, &[7; 100]);
        drop(backlog);
        assert_eq!(read_buffer::with(|buffer| buffer.as_ptr()), place);
        drop(other);
    }
}
