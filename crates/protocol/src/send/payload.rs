//! A big payload in the write queue.

use bytes::Bytes;

/// A payload that is written from the memory of its message.
pub(crate) struct Payload {
    /// The position in the buffer of the queue before which the payload is written.
    pub(crate) at: usize,
    pub(crate) bytes: Bytes,
    /// The number of bytes that are written. They are not split off, so that the whole memory can be recycled.
    pub(crate) written: usize,
    pub(crate) mask: MaskState,
    /// The message of which this is the last big fragment. Its memory can be recycled when all fragments are written.
    pub(crate) message: Option<Bytes>,
}

impl Payload {
    pub(crate) fn new(at: usize, bytes: Bytes, mask: MaskState) -> Self {
        Self { at, bytes, written: 0, mask, message: None }
    }

    /// Returns the bytes that are not written yet.
    pub(crate) fn remaining(&self) -> &[u8] {
        &self.bytes[self.written..]
    }
}

/// The progress of masking a payload (§5.3).
#[derive(Clone, Copy, Debug)]
pub(crate) enum MaskState {
    /// The bytes are written as they are.
    None,
    /// The bytes are copied and masked piece by piece, each before it is written. So no task needs memory for a masked copy
    /// of a whole payload, and each piece is in the cache when it is written.
    Pending {
        key: [u8; 4],
        /// The number of bytes of the payload before these.
        offset: usize,
    },
    /// The bytes are a masked copy of a piece.
    Copied,
}
