//! The compression option of [`Connect`].

use sockeye_connection::deflate::DeflateOption;
use sockeye_deflate::DeflateConfig;

use crate::Connect;

impl<R, W> Connect<R, W> {
    /// Offers compression of messages (permessage-deflate, [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)). Off by
    /// default.
    ///
    /// The server decides. [`WebSocket::is_compressed`](sockeye_connection::WebSocket::is_compressed) returns the result.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use sockeye::DeflateConfig;
    ///
    /// let ws = sockeye::connect("ws://localhost:8765").compression(DeflateConfig::default()).await?;
    /// println!("compressed: {}", ws.is_compressed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn compression(mut self, deflate: DeflateConfig) -> Self {
        self.compression = DeflateOption::new(deflate);
        self
    }
}
