//! The buffer that a thread reads into.

use std::cell::Cell;

thread_local! {
    static SCRATCH: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// Lends the buffer of this thread to `read`.
///
/// All connections of a thread read into one buffer, which is initialised once and always in the cache: so an idle
/// connection needs none of its own. Where a stream reads from another connection while it is read, the inner one gets
/// a buffer of its own.
pub(crate) fn with<T>(read: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut buffer = SCRATCH.take().unwrap_or_else(|| vec![0; SIZE].into_boxed_slice());
    let result = read(&mut buffer);
    SCRATCH.set(Some(buffer));
    result
}

/// Bytes that are read at once.
const SIZE: usize = 256 << 10;
