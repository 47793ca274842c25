//! The decompression of incoming messages.

use sockeye_deflate::Agreement;

use super::Receiver;
use crate::deflate::Inflater;

impl Receiver {
    /// Enables the decompression that was negotiated in the opening handshake.
    #[must_use]
    pub fn decompress(mut self, agreement: &Agreement) -> Self {
        self.inflater = Some(Box::new(Inflater::new(*agreement)));
        self
    }
}
