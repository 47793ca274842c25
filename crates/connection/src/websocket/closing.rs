//! Closing the connection.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use sockeye_errors::{Close, CloseCode, Error};
use sockeye_net::{Io, Runtime};

use crate::WebSocket;

impl<S: Unpin, R: Runtime + Io<S>> WebSocket<S, R> {
    /// Closes the connection with 1000 and waits for its end
    /// ([RFC 6455 §7.1.2](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.2)).
    ///
    /// Waits for the close frame of the peer and, as a client, for the end of the transport, but not longer than the close
    /// timeout (10 seconds by default). Messages that still arrive are discarded. [`outcome`](Self::outcome) describes the
    /// result. Closing a connection that has ended does nothing.
    ///
    /// # Errors
    ///
    /// Returns no error. The signature is that of [`close_with`](Self::close_with).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the connection stores all progress. Call the method again to continue.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sockeye::Error> {
    /// # let (near, far) = tokio::io::duplex(1024);
    /// # let connect = async { sockeye::client("ws://localhost/", near).await };
    /// # let accept = async { sockeye::accept(far).await?.accept().await };
    /// # let (mut ws, mut server) = tokio::try_join!(connect, accept)?;
    /// # let server = tokio::spawn(async move { server.next().await });
    /// ws.close().await?;
    /// assert!(ws.outcome().is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close(&mut self) -> Result<(), Error> {
        self.close_with(CloseCode::NORMAL, "").await
    }

    /// Closes the connection with a code and a reason, and waits for its end, like [`close`](Self::close).
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
    /// Cancel safe: the connection stores all progress. Call the method again to continue.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sockeye::Error> {
    /// # let (near, far) = tokio::io::duplex(1024);
    /// # let connect = async { sockeye::client("ws://localhost/", near).await };
    /// # let accept = async { sockeye::accept(far).await?.accept().await };
    /// # let (mut ws, mut server) = tokio::try_join!(connect, accept)?;
    /// # let server = tokio::spawn(async move { server.recv().await });
    /// use sockeye::{Close, CloseCode};
    ///
    /// let error = "unexpected field ".repeat(20);
    /// let close = Close::truncated(CloseCode::UNSUPPORTED_DATA, error);
    /// ws.close_with(close.code, close.reason).await?;
    /// # let error = server.await.expect("the task does not panic").expect_err("the connection ended");
    /// # assert_eq!(error.close_code(), Some(CloseCode::UNSUPPORTED_DATA));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close_with(
        &mut self,
        code: impl Into<CloseCode>,
        reason: impl Into<String>,
    ) -> Result<(), Error> {
        let inner = self.inner_mut();
        inner.io.close(&Close::new(code, reason))?;
        poll_fn(|cx| inner.poll_closed(cx)).await;
        Ok(())
    }

    /// Waits until the peer ends the connection. Messages that arrive are discarded.
    ///
    /// Meanwhile, pings are answered and keepalive runs, so that a handler that only sends can await it between messages.
    ///
    /// # Errors
    ///
    /// Returns [`Error::ConnectionClosed`] unless the connection was closed normally, as [`next`](Self::next) does.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: only messages that arrive before the future is dropped are discarded.
    ///
    /// # Examples
    ///
    /// A handler that sends the messages of a channel, and never receives:
    ///
    /// ```
    /// use sockeye::{HandlerError, WebSocket};
    /// use tokio::sync::mpsc;
    ///
    /// async fn push(mut ws: WebSocket, mut news: mpsc::Receiver<String>) -> Result<(), HandlerError> {
    ///     loop {
    ///         tokio::select! {
    ///             Some(message) = news.recv() => ws.send(message).await?,
    ///             end = ws.closed() => return Ok(end?),
    ///         }
    ///     }
    /// }
    /// ```
    pub async fn closed(&mut self) -> Result<(), Error> {
        let inner = self.inner_mut();
        match poll_fn(|cx| inner.inbound.poll_peer_end(&mut inner.io, cx)).await {
            Error::ConnectionClosed(closed) if closed.is_ok() => Ok(()),
            error => Err(error),
        }
    }

    /// Drops the transport at once, without a closing handshake.
    ///
    /// Queued messages are lost. Use it for a peer that does not read, on which [`close`](Self::close) would wait until the
    /// close timeout. The peer sees a lost connection (close code 1006).
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// use std::time::Duration;
    ///
    /// if tokio::time::timeout(Duration::from_secs(1), ws.close()).await.is_err() {
    ///     ws.abort();
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn abort(mut self) {
        self.inner_mut().io.abort();
    }

    /// Queues a close frame. Together with [`poll_closed`](Self::poll_closed), this is the poll form of
    /// [`close_with`](Self::close_with).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`close_with`](Self::close_with).
    pub fn start_close(&mut self, close: &Close) -> Result<(), Error> {
        self.inner_mut().io.close(close)
    }

    /// Polls for the end of the connection. Receives and discards all messages until then.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// use std::future::poll_fn;
    /// use sockeye::{Close, CloseCode};
    ///
    /// ws.start_close(&Close::new(CloseCode::GOING_AWAY, "maintenance"))?;
    /// poll_fn(|cx| ws.poll_closed(cx)).await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.inner_mut().poll_closed(cx)
    }
}
