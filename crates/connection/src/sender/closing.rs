//! Closing a connection with one half of it.

use sockeye_errors::{Close, CloseCode, Error};
use sockeye_net::{Io, Runtime};

use crate::{Sender, io::ConnectionIo};

impl<S: Unpin, R: Runtime + Io<S>> Sender<S, R> {
    /// Sends a close frame with 1000 ([RFC 6455 §7.1.2](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.2)).
    ///
    /// The method does not wait for the end of the connection. The [`Receiver`](crate::Receiver) completes the closing
    /// handshake: keep receiving until [`next`](crate::Receiver::next) returns `None`. Closing a connection that has ended
    /// does nothing.
    ///
    /// # Errors
    ///
    /// Returns no error. The signature is that of [`close_with`](Self::close_with).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped before it completes, the close frame will be sent completely.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// let (sender, mut receiver) = ws.split();
    /// sender.close().await?;
    /// while let Some(message) = receiver.next().await? {
    ///     println!("sent by the peer before it closed: {message:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close(&self) -> Result<(), Error> {
        self.close_with(CloseCode::NORMAL, "").await
    }

    /// Sends a close frame with a code and a reason, like [`close`](Self::close).
    ///
    /// A reason has at most 123 bytes of UTF-8 ([RFC 6455 §5.5](https://www.rfc-editor.org/rfc/rfc6455#section-5.5)).
    /// [`Close::truncated`] shortens a longer one. [`CloseCode::NO_STATUS`] without a reason sends an empty close frame.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Protocol`] in these cases, and the connection stays open:
    ///
    /// - [`InvalidCloseCode`](sockeye_errors::ProtocolError::InvalidCloseCode) for a code that must not be sent
    ///   ([RFC 6455 §7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4)).
    /// - [`CloseReasonTooLong`](sockeye_errors::ProtocolError::CloseReasonTooLong) for a reason of more than 123 bytes,
    ///   which [`Close::truncated`](sockeye_errors::Close::truncated) shortens.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped before it completes, the close frame will be sent completely.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(sender: sockeye::Sender) -> Result<(), sockeye::Error> {
    /// use sockeye::CloseCode;
    ///
    /// sender.close_with(CloseCode::POLICY_VIOLATION, "too many requests").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close_with(
        &self,
        code: impl Into<CloseCode>,
        reason: impl Into<String>,
    ) -> Result<(), Error> {
        let close = Close::new(code, reason);
        self.shared.with_io(|io| io.close(&close))?;
        let _ = self.flush().await;
        // The receiver has new deadlines to keep.
        self.shared.wake_all();
        Ok(())
    }

    /// Ends the connection at once, without a closing handshake.
    ///
    /// Queued messages are lost, the receiver returns an error, and the transport ends. Use it for a peer that does not read, on
    /// which the closing handshake would wait until the close timeout. The peer sees a lost connection (close code 1006).
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(sender: sockeye::Sender) {
    /// use sockeye::Error;
    ///
    /// if let Err(Error::QueueFull(_)) = sender.try_send("update") {
    ///     sender.abort(); // a slow consumer
    /// }
    /// # }
    /// ```
    pub fn abort(&self) {
        self.shared.with_io(ConnectionIo::abort);
        self.shared.wake_all();
    }
}
