//! The compression of outgoing messages.

use sockeye_deflate::{Agreement, DeflateConfig};

use super::Sender;
use crate::deflate::Deflater;

impl Sender {
    /// Enables the compression that was negotiated in the opening handshake.
    #[must_use]
    pub fn compress(mut self, settings: &DeflateConfig, agreement: &Agreement) -> Self {
        self.deflater = Some(Box::new(Deflater::new(settings, *agreement)));
        self
    }
}
