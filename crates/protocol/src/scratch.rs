//! The buffers that a thread reads into.

use std::{
    cell::RefCell,
    fmt, iter, mem,
    sync::atomic::{AtomicUsize, Ordering},
};

thread_local! {
    #[expect(clippy::vec_box, reason = "a box is moved, from here to a connection and back")]
    static SPARE: RefCell<Vec<Box<Burst>>> = const { RefCell::new(Vec::new()) };
}

/// Buffers to read into, of all threads and all connections.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Bytes that were read, and are not decoded yet.
pub(crate) struct Burst {
    memory: Vec<u8>,
    start: usize,
    end: usize,
    /// Whether this is a buffer to read into, and not a copy.
    is_scratch: bool,
}

/// Lends a buffer of this thread to `read`.
///
/// All connections of a thread read into the same few buffers, which are initialised once and always in the cache: so an idle
/// connection needs none of its own. What is in it may be another connection's. Where a stream reads from another connection
/// while it is read, the inner one gets another buffer.
pub fn with<T>(read: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut burst = take();
    let result = read(burst.room());
    give(burst);
    result
}

/// A buffer of this thread.
#[expect(clippy::unnecessary_box_returns, reason = "it was in that box before")]
pub(crate) fn take() -> Box<Burst> {
    let spare = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        if spare.is_empty() && COUNT.load(Ordering::Relaxed) <= MANY {
            spare.extend(iter::repeat_with(|| Box::new(Burst::scratch())).take(MAX_SPARE));
        }
        spare.pop()
    });
    spare.ok().flatten().unwrap_or_else(|| Box::new(Burst::scratch()))
}

/// Gives a buffer to this thread, for what it reads next.
#[inline]
pub(crate) fn give(burst: Box<Burst>) {
    if burst.is_scratch {
        // A connection may be dropped when the thread has nothing any more.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < MAX_SPARE {
                spare.push(burst);
            }
        });
    }
}

/// Whether a connection may keep the buffer that it has read `len` bytes into until all is decoded. A connection whose owner is slow
/// may take its time, and there can be many of those: new buffers for the next reads would cost far more than to copy a little.
fn may_be_kept(len: usize) -> bool {
    2 * len >= SIZE || SPARE.try_with(|spare| !spare.borrow().is_empty()).unwrap_or_default()
}

impl Burst {
    /// A new buffer to read into.
    fn scratch() -> Self {
        COUNT.fetch_add(1, Ordering::Relaxed);
        let memory = vec![0; HEADROOM + SIZE];
        Self { memory, start: HEADROOM, end: HEADROOM, is_scratch: true }
    }

    /// Where to read to.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        &mut self.memory[HEADROOM..]
    }

    /// `len` bytes were read.
    pub(crate) fn fill(&mut self, len: usize) {
        (self.start, self.end) = (HEADROOM, HEADROOM + len);
    }

    /// Takes `bytes` as if they had been read; `false` if there is no room.
    pub(crate) fn copy(&mut self, bytes: &[u8]) -> bool {
        let fits = self.room().get_mut(..bytes.len()).map(|room| room.copy_from_slice(bytes));
        self.fill(fits.map_or(0, |()| bytes.len()));
        fits.is_some()
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

    /// Bytes of memory.
    pub(crate) fn capacity(&self) -> usize {
        self.memory.capacity()
    }

    /// Forgets the first `len` bytes: they are decoded.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize) {
        self.start += len;
    }

    /// Puts a copy of `bytes` before what is there; `false` if there is no room, or if this may not be kept.
    pub(crate) fn keep_behind(&mut self, bytes: &[u8]) -> bool {
        match self.start.checked_sub(bytes.len()) {
            Some(start) if may_be_kept(self.end - start) => {
                self.memory[start..self.start].copy_from_slice(bytes);
                self.start = start;
                true
            }
            _ => false,
        }
    }

    /// Puts a copy of `bytes` behind what is there; `false` if this is a buffer to read into.
    pub(crate) fn extend(&mut self, bytes: &[u8]) -> bool {
        if !self.is_scratch {
            if 2 * self.start > self.end {
                // What is dropped is more than what is moved, so each byte moves once at the most, on average.
                self.memory.drain(..mem::take(&mut self.start));
            }
            self.memory.extend_from_slice(bytes);
            self.end = self.memory.len();
        }
        !self.is_scratch
    }
}

impl From<Vec<u8>> for Burst {
    fn from(memory: Vec<u8>) -> Self {
        Self { start: 0, end: memory.len(), memory, is_scratch: false }
    }
}

/// The memory around the bytes is nobody's business.
impl fmt::Debug for Burst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Burst").field("len", &self.as_slice().len()).finish_non_exhaustive()
    }
}

impl Drop for Burst {
    fn drop(&mut self) {
        if self.is_scratch {
            COUNT.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Bytes that are read at once.
const SIZE: usize = 256 << 10;

/// Bytes before them, for what is left of the burst before: a header or a control frame that is not whole.
const HEADROOM: usize = 256;

/// Buffers that a thread keeps; it makes as many at once, whose memory the operating system provides when it is written to.
const MAX_SPARE: usize = 4;

/// With more buffers than these, of all threads, a thread that has none left makes only the one that it needs: 32 MiB.
const MANY: usize = 128;

#[cfg(test)]
mod tests {
    use super::{HEADROOM, MAX_SPARE, SIZE, take, with};

    #[test]
    fn a_thread_reads_into_the_same_buffer_again() {
        let place = with(|room| room.as_ptr());
        assert_eq!(with(|room| room.as_ptr()), place);
        let inner = with(|_| with(|room| room.as_ptr()));
        assert_ne!(inner, place);
        assert_eq!(with(|room| room.len()), SIZE);
    }

    #[test]
    fn the_last_buffer_is_kept_only_where_a_copy_would_need_as_much() {
        let _others: Vec<_> = (1..MAX_SPARE).map(|_| take()).collect();
        let mut burst = take();
        for (len, is_kept) in [(1, false), (SIZE / 2 - 1, false), (SIZE / 2, true), (SIZE, true)] {
            burst.fill(len);
            assert_eq!(burst.keep_behind(&[]), is_kept, "{len}");
        }
    }

    #[test]
    fn there_is_room_before_what_is_read() {
        let mut burst = take();
        burst.fill(7);
        assert!(!burst.keep_behind(&[7; HEADROOM + 1]));
        assert!(burst.keep_behind(&[1, 2, 3]));
        assert_eq!(burst.as_slice().len(), 10);
        assert!(burst.as_slice().starts_with(&[1, 2, 3]));
        assert_eq!(format!("{burst:?}"), "Burst { len: 10, .. }");
        assert!(burst.keep_behind(&[7; HEADROOM - 3]));
    }
}
