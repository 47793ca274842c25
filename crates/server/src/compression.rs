//! The compression option of [`Accept`] and [`Serve`].

use sockeye_connection::deflate::DeflateOption;
use sockeye_deflate::DeflateConfig;

use crate::{Accept, Serve};

impl<R, S> Accept<R, S> {
    /// Accepts compression of messages (permessage-deflate, [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)) if the client
    /// offers it. Off by default.
    pub fn compression(mut self, deflate: DeflateConfig) -> Self {
        self.settings().policy_mut().compression = DeflateOption::new(deflate);
        self
    }
}

impl<R, A> Serve<R, A> {
    /// Accepts compression of messages (permessage-deflate, [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)) if the client
    /// offers it. Off by default.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// use sockeye::DeflateConfig;
    ///
    /// let server = sockeye::serve("127.0.0.1:8765", handle).compression(DeflateConfig::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn compression(mut self, deflate: DeflateConfig) -> Self {
        self.accept = self.accept.compression(deflate);
        self
    }
}
