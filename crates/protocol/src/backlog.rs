//! What was received and is not decoded yet.

use std::{cell::Cell, mem};

use bytes::{Buf, Bytes, BytesMut};

thread_local! {
    static SPARE: Cell<Option<(BytesMut, usize)>> = const { Cell::new(None) };
}

/// The bytes of a burst, in memory that messages may come to share with it.
///
/// A thread keeps the memory of one burst for the next. It serves again only where it is not much larger than what came,
/// since a message that takes a part of it holds on to the whole.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    bytes: BytesMut,
    /// Bytes at the start that are decoded.
    decoded: usize,
    /// Bytes of the whole memory, of which `bytes` is what no message has taken.
    capacity: usize,
}

impl Backlog {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.decoded
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.decoded..]
    }

    #[inline]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.bytes[self.decoded..]
    }

    /// Puts `bytes` behind what is there.
    #[inline]
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        if self.is_empty()
            && let Some((mut spare, capacity)) = SPARE.take()
            && capacity <= 2 * bytes.len()
            && spare.try_reclaim(bytes.len())
        {
            (self.bytes, self.capacity) = (spare, capacity);
        }
        self.bytes.extend_from_slice(bytes);
        self.capacity = self.capacity.max(self.bytes.capacity());
    }

    /// Forgets `len` bytes: they are decoded.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize) {
        self.decoded += len;
        if self.is_empty() {
            self.release();
        }
    }

    /// Takes out the bytes from `start` to `end`, without a copy; those before them are decoded.
    #[inline]
    pub(crate) fn take(&mut self, start: usize, end: usize) -> Bytes {
        self.bytes.advance(mem::take(&mut self.decoded) + start);
        let taken = self.bytes.split_to(end - start).freeze();
        if self.is_empty() {
            self.release();
        }
        taken
    }

    /// Keeps no more memory than what is left needs: nobody knows for how long it will wait.
    pub(crate) fn settle(&mut self) {
        if !self.is_empty() && self.capacity > 2 * self.len() {
            let left = BytesMut::from(self.as_slice());
            self.release();
            (self.capacity, self.bytes) = (left.capacity(), left);
        }
    }

    /// Forgets everything, and gives the memory to the thread.
    #[inline]
    pub(crate) fn release(&mut self) {
        let Self { bytes: mut spare, capacity, .. } = mem::take(self);
        if (1..=MAX_SPARE).contains(&capacity) {
            spare.clear();
            SPARE.set(Some((spare, capacity)));
        }
    }
}

/// The memory of a larger burst is not kept.
const MAX_SPARE: usize = 512 << 10;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Backlog, MAX_SPARE, SPARE};

    fn taken(backlog: &mut Backlog, len: usize) -> Bytes {
        backlog.extend(&vec![7; len]);
        backlog.take(0, len)
    }

    #[test]
    fn what_is_left_shares_no_memory_with_the_messages_before_it() {
        let mut backlog = Backlog::default();
        backlog.extend(&vec![7; 200_000]);
        let message = backlog.take(0, 199_997);
        assert!(!message.is_unique());
        backlog.settle();
        assert_eq!(backlog.as_slice(), [7; 3]);
        SPARE.take();
        assert!(message.is_unique(), "three bytes hold all that came along with them");
    }

    #[test]
    fn no_burst_goes_to_what_is_left_of_much_larger_memory() {
        let mut backlog = Backlog::default();
        drop(taken(&mut backlog, 256 << 10));
        let kept: Vec<Bytes> = [200, 30, 15, 8, 1].map(|kib| taken(&mut backlog, kib << 10)).into();
        SPARE.take();
        // What shares memory is looked at last, when it is alone with it.
        for message in kept {
            let len = message.len();
            let capacity = Vec::from(message).capacity();
            assert!(capacity <= 2 * len, "{capacity} bytes are held by {len}");
        }
    }

    #[test]
    fn the_memory_of_a_burst_serves_the_next_of_about_its_size() {
        let mut backlog = Backlog::default();
        let place = taken(&mut backlog, 1000).as_ptr();
        backlog.release();
        assert_eq!(taken(&mut backlog, 600).as_ptr(), place);
        assert_eq!(taken(&mut backlog, 1000).as_ptr(), place);
    }

    #[test]
    fn the_memory_of_a_pile_is_not_kept() {
        let mut backlog = Backlog::default();
        backlog.extend(&vec![7; MAX_SPARE + 1]);
        for _ in 0..=MAX_SPARE {
            backlog.take(0, 1);
        }
        assert!(SPARE.take().is_none());
    }
}
