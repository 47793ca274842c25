//! The memory of big payloads, which a thread keeps for the next big messages.
//!
//! Fresh memory for a big message costs more than filling it: the kernel clears and maps it page by page, and some allocators
//! return it to the kernel as soon as it is free.

use std::{cell::RefCell, thread::LocalKey};

use bytes::Bytes;

thread_local! {
    static PAYLOADS: RefCell<BufferPool> = const { RefCell::new(BufferPool(Vec::new())) };
    static MASKED: RefCell<BufferPool> = const { RefCell::new(BufferPool(Vec::new())) };
}

/// Returns an empty buffer with memory for a masked copy of `len` bytes.
pub(crate) fn acquire_masked(len: usize) -> Vec<u8> {
    let mut buffer = acquire_from(&MASKED, len as u64);
    buffer.clear();
    buffer.reserve_exact(len);
    buffer
}

/// Recycles the memory of a masked copy that has been written.
pub(crate) fn recycle_masked(copy: Bytes) {
    recycle_in(&MASKED, copy, usize::MAX);
}

/// Recycles the memory of a payload that has been written, if it has no other owner, and at most `max` bytes.
pub(crate) fn recycle(payload: Bytes, max: usize) {
    recycle_in(&PAYLOADS, payload, max);
}

/// Returns a buffer for a message of about `len` bytes: a recycled one, with its old content, or one without memory.
pub(crate) fn acquire(len: u64) -> Vec<u8> {
    if len < MIN as u64 { Vec::new() } else { acquire_from(&PAYLOADS, len) }
}

fn acquire_from(pool: &'static LocalKey<RefCell<BufferPool>>, len: u64) -> Vec<u8> {
    // A connection can outlive the thread-local storage of its thread.
    pool.try_with(|pool| pool.borrow_mut().acquire(len)).unwrap_or_default()
}

fn recycle_in(pool: &'static LocalKey<RefCell<BufferPool>>, payload: Bytes, max: usize) {
    if payload.len() > max {
        return;
    }
    // This may drop the payload, which can run code of the application, so the pool is not borrowed yet.
    let Ok(buffer) = payload.try_into_mut() else { return };
    // A payload that does not begin where its memory begins is moved there.
    let buffer = Vec::from(buffer);
    if (MIN..=max).contains(&buffer.capacity()) {
        let _ = pool.try_with(|pool| pool.borrow_mut().recycle(buffer));
    }
}

/// Recycled buffers with their old content, the most recent one last.
struct BufferPool(Vec<Vec<u8>>);

impl BufferPool {
    /// Adds a buffer, and drops the oldest ones while all have more than [`MAX_TOTAL`] bytes together.
    fn recycle(&mut self, buffer: Vec<u8>) {
        self.0.push(buffer);
        let mut total: usize = self.0.iter().map(Vec::capacity).sum();
        while total > MAX_TOTAL && self.0.len() > 1 {
            total -= self.0.remove(0).capacity();
        }
    }

    /// Returns a buffer of about `len` bytes, or one without memory.
    fn acquire(&mut self, len: u64) -> Vec<u8> {
        // A message must not occupy much more memory than it needs.
        let fits = |buffer: &Vec<u8>| {
            let capacity = buffer.capacity() as u64;
            (capacity / 2..=capacity).contains(&len)
        };
        self.0.iter().rposition(fits).map_or_else(Vec::new, |index| self.0.remove(index))
    }
}

/// The size of the smallest buffer that is worth recycling.
const MIN: usize = 16 << 10;

/// The size of all recycled buffers together, unless there is only one. Keeping more than one buffer saves two tasks with
/// messages of 64 KiB in flight 10 to 16 percent of their time.
const MAX_TOTAL: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{BufferPool, MAX_TOTAL, MIN, acquire, recycle};

    fn place(buffer: &[u8]) -> *const u8 {
        buffer.as_ptr()
    }

    #[test]
    fn concurrent_messages_reuse_the_memory_of_earlier_ones() {
        let payloads: Vec<Vec<u8>> = (0..4).map(|_| vec![7; 64 << 10]).collect();
        let mut places: Vec<_> = payloads.iter().map(|payload| place(payload)).collect();
        for payload in payloads {
            recycle(payload.into(), usize::MAX);
        }
        let buffers: Vec<Vec<u8>> = (0..4).map(|_| acquire(60_000)).collect();
        assert!(buffers.iter().all(|buffer| buffer.capacity() == 64 << 10));
        places.reverse();
        assert_eq!(buffers.iter().map(|buffer| place(buffer)).collect::<Vec<_>>(), places);
        assert_eq!(acquire(60_000).capacity(), 0);
    }

    #[test]
    fn a_message_gets_at_most_twice_the_memory_that_it_needs() {
        recycle(vec![7; 128 << 10].into(), usize::MAX);
        for len in [(64 << 10) - 1, (128 << 10) + 1, u64::MAX] {
            assert_eq!(acquire(len).capacity(), 0, "{len}");
        }
        assert_eq!(acquire(64 << 10).capacity(), 128 << 10);
    }

    #[test]
    fn the_pool_is_bounded_and_keeps_the_most_recent_buffer() {
        let mut pool = BufferPool(Vec::new());
        let kept = |pool: &BufferPool| pool.0.iter().map(Vec::capacity).sum::<usize>();
        for _ in 0..1000 {
            pool.recycle(vec![7; MIN]);
            assert!(kept(&pool) <= MAX_TOTAL);
        }
        assert_eq!(kept(&pool), MAX_TOTAL);
        pool.recycle(vec![7; 2 * MAX_TOTAL]);
        assert_eq!(kept(&pool), 2 * MAX_TOTAL);
        pool.recycle(vec![7; MIN]);
        assert_eq!(kept(&pool), MIN);
    }

    #[test]
    fn small_huge_and_shared_payloads_are_not_recycled() {
        recycle(vec![7; MIN - 1].into(), usize::MAX);
        recycle(vec![7; MIN + 1].into(), MIN);
        let payload = Bytes::from(vec![7; MIN]);
        recycle(payload.clone(), usize::MAX);
        assert_eq!(acquire(MIN as u64).capacity(), 0);
        drop(payload);
    }

    /// Memory of an application that sends a message when it is dropped.
    struct Sends;

    impl AsRef<[u8]> for Sends {
        fn as_ref(&self) -> &[u8] {
            &[7; MIN]
        }
    }

    impl Drop for Sends {
        fn drop(&mut self) {
            recycle(acquire(MIN as u64).into(), usize::MAX);
        }
    }

    #[test]
    fn code_that_runs_when_a_payload_is_dropped_may_send_and_receive() {
        recycle(Bytes::from_owner(Sends), usize::MAX);
    }
}
