//! The compression option of [`Accept`] and [`Serve`].

use sockeye_connection::deflate::DeflateOption;
use sockeye_deflate::DeflateConfig;

use crate::{Accept, Serve};

impl<R, S> Accept<R, S> {
    /// Compresses messages if the client offers it. Off by default.
    pub fn compression(mut self, deflate: DeflateConfig) -> Self {
        self.settings().policy_mut().compression = DeflateOption::new(deflate);
        self
    }
}

impl<R, H, B> Serve<R, H, B> {
    /// Compresses messages if the client offers it. Off by default.
    pub fn compression(mut self, deflate: DeflateConfig) -> Self {
        self.accept = self.accept.compression(deflate);
        self
    }
}
