//! The buffers that a thread reads into.
//!
//! All connections of a thread read into the same few buffers. They are initialized once and stay in the cache, and an idle
//! connection owns none. [`Receiver::read_with`](crate::Receiver::read_with) uses them for frames; [`with`] lends one for other
//! reads, such as those of the opening handshake.

use std::{
    cell::RefCell,
    fmt, iter, mem,
    sync::atomic::{AtomicUsize, Ordering},
};

thread_local! {
    #[expect(clippy::vec_box, reason = "a buffer moves to a connection and back in its box")]
    static POOL: RefCell<Vec<Box<ReadBuffer>>> = const { RefCell::new(Vec::new()) };
}

/// The number of pooled buffers of all threads, in use or not.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A buffer with bytes that were received and are not decoded yet.
pub(crate) struct ReadBuffer {
    memory: Vec<u8>,
    start: usize,
    end: usize,
    /// Whether this is a buffer of the pool, and not a copy of undecoded bytes.
    is_pooled: bool,
}

/// Lends a read buffer of this thread to `read` and returns its result.
///
/// The buffer has 256 KiB. It may contain bytes of other connections, so use only the part that was written to. Calls can be
/// nested, for example because one connection is tunneled through another: each call gets its own buffer.
///
/// # Examples
///
/// ```
/// use std::io::Read;
///
/// use sockeye::protocol::read_buffer;
///
/// let mut stream = &b"HTTP/1.1 101 Switching Protocols\r\n"[..];
/// let head = read_buffer::with(|buffer| stream.read(buffer).map(|len| buffer[..len].to_vec()))?;
/// assert!(head.starts_with(b"HTTP/1.1 101"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn with<T>(read: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut buffer = acquire();
    let result = read(buffer.capacity_mut());
    recycle(buffer);
    result
}

/// Takes a buffer from the pool of this thread, which creates buffers if it has none.
#[expect(clippy::unnecessary_box_returns, reason = "the pool stores the box")]
pub(crate) fn acquire() -> Box<ReadBuffer> {
    let pooled = POOL.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        if pool.is_empty() && COUNT.load(Ordering::Relaxed) <= MAX_ALL_THREADS {
            pool.extend(iter::repeat_with(|| Box::new(ReadBuffer::pooled())).take(POOL_SIZE));
        }
        pool.pop()
    });
    pooled.ok().flatten().unwrap_or_else(|| Box::new(ReadBuffer::pooled()))
}

/// Returns a buffer to the pool of this thread, unless the pool is full.
#[inline]
pub(crate) fn recycle(buffer: Box<ReadBuffer>) {
    if buffer.is_pooled {
        // A connection can outlive the thread-local storage of its thread.
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < POOL_SIZE {
                pool.push(buffer);
            }
        });
    }
}

/// Whether a connection may keep a buffer with `len` bytes until these are decoded.
///
/// The task of the connection may take long, and many tasks can do so at the same time. Copying the bytes costs less than new
/// buffers for the next reads, unless there are many bytes, or the pool has another buffer.
fn may_keep(len: usize) -> bool {
    2 * len >= SIZE || POOL.try_with(|pool| !pool.borrow().is_empty()).unwrap_or_default()
}

impl ReadBuffer {
    /// Creates a buffer for the pool.
    fn pooled() -> Self {
        COUNT.fetch_add(1, Ordering::Relaxed);
        let memory = vec![0; HEADROOM + SIZE];
        Self { memory, start: HEADROOM, end: HEADROOM, is_pooled: true }
    }

    /// Returns the memory to read into.
    pub(crate) fn capacity_mut(&mut self) -> &mut [u8] {
        &mut self.memory[HEADROOM..]
    }

    /// Records that `len` bytes were read.
    pub(crate) fn set_len(&mut self, len: usize) {
        (self.start, self.end) = (HEADROOM, HEADROOM + len);
    }

    /// Stores a copy of `bytes` as if they had been read; returns `false` if there is not enough memory.
    pub(crate) fn copy_from(&mut self, bytes: &[u8]) -> bool {
        let memory = self.capacity_mut().get_mut(..bytes.len());
        let fits = memory.map(|memory| memory.copy_from_slice(bytes)).is_some();
        self.set_len(if fits { bytes.len() } else { 0 });
        fits
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.memory[self.start..self.end]
    }

    #[inline]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.end]
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Returns the size of the memory in bytes.
    pub(crate) fn capacity(&self) -> usize {
        self.memory.capacity()
    }

    /// Removes the first `len` bytes, which are decoded.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize) {
        self.start += len;
    }

    /// Prepends a copy of `bytes`; returns `false` if there is no headroom, or if the connection must not keep the buffer.
    pub(crate) fn keep_behind(&mut self, bytes: &[u8]) -> bool {
        match self.start.checked_sub(bytes.len()) {
            Some(start) if may_keep(self.end - start) => {
                self.memory[start..self.start].copy_from_slice(bytes);
                self.start = start;
                true
            }
            _ => false,
        }
    }

    /// Appends a copy of `bytes`; returns `false` if this is a buffer of the pool.
    pub(crate) fn extend(&mut self, bytes: &[u8]) -> bool {
        if !self.is_pooled {
            if 2 * self.start > self.end {
                // More bytes are removed than moved, so each byte moves at most once on average.
                self.memory.drain(..mem::take(&mut self.start));
            }
            self.memory.extend_from_slice(bytes);
            self.end = self.memory.len();
        }
        !self.is_pooled
    }
}

impl From<Vec<u8>> for ReadBuffer {
    fn from(memory: Vec<u8>) -> Self {
        Self { start: 0, end: memory.len(), memory, is_pooled: false }
    }
}

/// Omits the memory, which may contain bytes of other connections.
impl fmt::Debug for ReadBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadBuffer").field("len", &self.as_slice().len()).finish_non_exhaustive()
    }
}

impl Drop for ReadBuffer {
    fn drop(&mut self) {
        if self.is_pooled {
            COUNT.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The greatest number of bytes in one read. Reads of 64 or 128 KiB cost the same for messages up to 64 KiB, and more for
/// 1 MiB.
const SIZE: usize = 256 << 10;

/// Memory before the bytes of a read, for the undecoded rest of the previous read: an incomplete header or control frame.
const HEADROOM: usize = 256;

/// The number of buffers that a thread keeps. It creates all at once: the operating system provides their memory only when
/// it is written to.
const POOL_SIZE: usize = 4;

/// With more buffers than these in all threads, 32 MiB, a thread whose pool is empty creates a single buffer.
const MAX_ALL_THREADS: usize = 128;

#[cfg(test)]
mod tests {
    use super::{HEADROOM, POOL_SIZE, SIZE, acquire, with};

    #[test]
    fn a_thread_reads_into_the_same_buffer_again() {
        let place = with(|buffer| buffer.as_ptr());
        assert_eq!(with(|buffer| buffer.as_ptr()), place);
        let inner = with(|_| with(|buffer| buffer.as_ptr()));
        assert_ne!(inner, place);
        assert_eq!(with(|buffer| buffer.len()), SIZE);
    }

    #[test]
    fn the_last_buffer_is_kept_only_if_at_least_half_of_it_is_used() {
        let _others: Vec<_> = (1..POOL_SIZE).map(|_| acquire()).collect();
        let mut buffer = acquire();
        for (len, is_kept) in [(1, false), (SIZE / 2 - 1, false), (SIZE / 2, true), (SIZE, true)] {
            buffer.set_len(len);
            assert_eq!(buffer.keep_behind(&[]), is_kept, "{len}");
        }
    }

    #[test]
    fn a_buffer_has_headroom_before_its_bytes() {
        let mut buffer = acquire();
        buffer.set_len(7);
        assert!(!buffer.keep_behind(&[7; HEADROOM + 1]));
        assert!(buffer.keep_behind(&[1, 2, 3]));
        assert_eq!(buffer.as_slice().len(), 10);
        assert!(buffer.as_slice().starts_with(&[1, 2, 3]));
        assert_eq!(format!("{buffer:?}"), "ReadBuffer { len: 10, .. }");
        assert!(buffer.keep_behind(&[7; HEADROOM - 3]));
    }
}
