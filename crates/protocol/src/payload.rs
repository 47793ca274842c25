//! A big payload that waits to be written.

use bytes::Bytes;

/// A payload that is written from where it is.
pub(crate) struct Payload {
    /// The place in the buffer that it stands before.
    pub(crate) at: usize,
    pub(crate) bytes: Bytes,
    /// How much of it is written. That is not cut off, so that all of its memory is known when it is kept.
    pub(crate) written: usize,
    pub(crate) masking: Masking,
}

impl Payload {
    pub(crate) fn new(at: usize, bytes: Bytes, masking: Masking) -> Self {
        Self { at, bytes, written: 0, masking }
    }

    /// What waits.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.written..]
    }
}

/// How far the masking of a payload has come (§5.3).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Masking {
    /// There is none: it is written as it is.
    None,
    /// It is masked piece by piece when its turn comes. So nobody needs memory for a whole masked copy, and a piece is still in
    /// the cache when it is written.
    Due {
        key: [u8; 4],
        /// How much of the frame's payload was masked before.
        offset: usize,
    },
    /// This piece is a masked copy.
    Done,
}
