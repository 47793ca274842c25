//! What was received and is not decoded yet.

use std::{cell::Cell, mem};

use bytes::{Buf, Bytes, BytesMut};

thread_local! {
    static SPARE: Cell<Option<BytesMut>> = const { Cell::new(None) };
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
            && let Some(mut spare) = SPARE.take()
            && spare.try_reclaim(bytes.len())
            && spare.capacity() <= 2 * bytes.len()
        {
            self.bytes = spare;
        }
        self.bytes.extend_from_slice(bytes);
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
        if !self.is_empty() && self.bytes.capacity() > 2 * self.len() {
            let left = BytesMut::from(self.as_slice());
            self.release();
            self.bytes = left;
        }
    }

    /// Forgets everything, and gives the memory to the thread.
    #[inline]
    pub(crate) fn release(&mut self) {
        let mut spare = mem::take(self).bytes;
        if spare.capacity() <= MAX_SPARE {
            spare.clear();
            SPARE.set(Some(spare));
        }
    }
}

/// The memory of a larger burst is not kept.
const MAX_SPARE: usize = 512 << 10;
