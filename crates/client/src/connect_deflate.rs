//! The compression option of [`Connect`].

use sockeye_connection::deflate::DeflateOption;
use sockeye_deflate::DeflateConfig;

use crate::Connect;

impl<R, W> Connect<R, W> {
    /// Offers to compress messages. Off by default.
    pub fn compression(mut self, deflate: DeflateConfig) -> Self {
        self.compression = DeflateOption::new(deflate);
        self
    }
}
