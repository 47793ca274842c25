//! The compression option of [`Connect`].

use sockeye_connection::deflate::DeflateOption;
use sockeye_deflate::Deflate;

use crate::Connect;

impl<R, W> Connect<R, W> {
    /// Offers to compress messages. Off by default.
    pub fn compression(mut self, deflate: Deflate) -> Self {
        self.compression = DeflateOption::new(deflate);
        self
    }
}
