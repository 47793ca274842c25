//! What was received and is not decoded yet.

use std::{cell::Cell, mem};

use bytes::{Buf, Bytes, BytesMut};

thread_local! {
    static SPARE: Cell<Option<Box<Burst>>> = const { Cell::new(None) };
}

/// The bytes of a burst, in memory that messages may come to share with it; none where all is decoded, as it is nearly
/// always.
///
/// A thread keeps the memory of one burst for the next. It serves again only where it is not much larger than what came,
/// since a message that takes a part of it holds on to the whole.
#[derive(Debug, Default)]
pub(crate) struct Backlog(Option<Box<Burst>>);

#[derive(Debug, Default)]
struct Burst {
    bytes: BytesMut,
    /// Bytes at the start that are decoded; never all of them.
    decoded: usize,
    /// Bytes of the whole memory, of which `bytes` is what no message has taken.
    capacity: usize,
}

impl Backlog {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.as_slice().len()
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |burst| &burst.bytes[burst.decoded..])
    }

    #[inline]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        self.0.as_mut().map_or(&mut [], |burst| &mut burst.bytes[burst.decoded..])
    }

    /// Puts `bytes` behind what is there.
    #[inline]
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let burst = self.0.get_or_insert_with(|| {
            let mut burst = SPARE.take().unwrap_or_default();
            burst.fit(bytes.len());
            burst
        });
        burst.bytes.extend_from_slice(bytes);
        burst.capacity = burst.capacity.max(burst.bytes.capacity());
    }

    /// Forgets `len` bytes: they are decoded.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize) {
        let Some(burst) = &mut self.0 else { return };
        burst.decoded += len;
        if burst.decoded == burst.bytes.len() {
            self.release();
        }
    }

    /// Takes out the bytes from `start` to `end`, without a copy; those before them are decoded.
    #[inline]
    pub(crate) fn take(&mut self, start: usize, end: usize) -> Bytes {
        let Some(burst) = &mut self.0 else { return Bytes::new() };
        burst.bytes.advance(mem::take(&mut burst.decoded) + start);
        let taken = burst.bytes.split_to(end - start).freeze();
        if burst.bytes.is_empty() {
            self.release();
        }
        taken
    }

    /// Keeps no more memory than what is left needs: nobody knows for how long it will wait.
    pub(crate) fn settle(&mut self) {
        if self.0.as_ref().is_some_and(|burst| burst.capacity > 2 * self.len()) {
            let left = BytesMut::from(self.as_slice());
            self.release();
            self.0 = Some(Box::new(Burst { capacity: left.capacity(), bytes: left, decoded: 0 }));
        }
    }

    /// Forgets everything, and gives the memory to the thread.
    #[inline]
    pub(crate) fn release(&mut self) {
        if let Some(mut burst) = self.0.take()
            && (1..=MAX_SPARE).contains(&burst.capacity)
        {
            burst.bytes.clear();
            burst.decoded = 0;
            SPARE.set(Some(burst));
        }
    }
}

impl Burst {
    /// Forgets the memory of the last burst, unless it is fit for one of `len` bytes.
    fn fit(&mut self, len: usize) {
        if self.capacity > 2 * len || !self.bytes.try_reclaim(len) {
            *self = Self::default();
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
