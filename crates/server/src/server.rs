//! The handle of a running server.

use std::{fmt, future::poll_fn, net::SocketAddr, sync::Arc};

use sockeye_connection::SlowConsumer;
use sockeye_errors::{Close, CloseCode, Error, ProtocolError};
use sockeye_net::Runtime;
use sockeye_protocol::Prepared;

use crate::{
    broadcast::{Sleep, broadcast, sleep},
    connections::Connections,
};

/// A running server. Created by awaiting [`Serve`](crate::Serve).
///
/// Dropping it stops listening. Open connections continue until their handlers end. `A` is the type of the address.
///
/// # Examples
///
/// A server that runs until it is interrupted, and then shuts down gracefully:
///
/// ```no_run
/// # async fn interrupted() {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sockeye::Error> {
/// use sockeye::WebSocket;
///
/// let server = sockeye::serve("127.0.0.1:8765", |mut ws: WebSocket| async move {
///     while let Some(message) = ws.next().await? {
///         ws.feed(message).await?;
///     }
///     Ok(())
/// })
/// .await?;
/// println!("listening on {}", server.local_addr());
///
/// interrupted().await; // for example: tokio::signal::ctrl_c()
/// server.close().await;
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping the server stops listening"]
pub struct Server<A = SocketAddr> {
    address: A,
    connections: Arc<Connections>,
    slow_consumers: SlowConsumer,
    /// Creates a timer of the runtime, which is not part of the type of a server.
    sleep: Sleep,
}

impl<A> Server<A> {
    pub(crate) fn new<R: Runtime>(
        address: A,
        connections: Arc<Connections>,
        slow_consumers: SlowConsumer,
    ) -> Self {
        Self { address, connections, slow_consumers, sleep: sleep::<R> }
    }

    /// Returns the address that the server listens on. It contains the port that the operating system selected if the server
    /// was bound to port 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// let server = sockeye::serve("127.0.0.1:0", handle).await?;
    /// println!("ws://{}", server.local_addr());
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> A
    where
        A: Clone,
    {
        self.address.clone()
    }

    /// Returns the number of open connections. Handshakes in progress do not count. A connection counts from the moment at which
    /// the server begins to write the response that opens it.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Sends a message on all open connections, and returns their number.
    ///
    /// The message is encoded once and compressed once for each window size. The method only queues the message: each connection
    /// sends it while its handler awaits one of its methods. If too many messages wait on a connection, the method waits until
    /// there is room, so that it keeps the pace of the slowest client. A connection whose socket accepts no data for ten
    /// seconds is a slow consumer. It is closed with 1013, because messages must not be lost silently, and does not count.
    /// [`Serve::slow_consumers`](crate::Serve::slow_consumers) changes the limits and the treatment.
    ///
    /// A handler that calls this method does not send meanwhile. If it broadcasts more than 1 MiB in a row, it must use a task of
    /// its own, or await a method of its connection in between. Otherwise the method waits for the connection of the handler
    /// itself, until it counts as a slow consumer.
    ///
    /// # Cancel safety
    ///
    /// Once the method has been polled, the message is queued on all connections that have room. If the future is dropped before
    /// it completes, the other connections do not receive the message.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sockeye::Error> {
    /// use sockeye::WebSocket;
    ///
    /// let server = sockeye::serve("127.0.0.1:0", |mut ws: WebSocket| async move {
    ///     ws.send("welcome").await?;
    ///     while ws.next().await?.is_some() {} // broadcast messages are sent meanwhile
    ///     Ok(())
    /// })
    /// .await?;
    ///
    /// let mut client = sockeye::connect(format!("ws://{}", server.local_addr())).await?;
    /// assert_eq!(client.recv().await?.as_text(), Some("welcome"));
    /// assert_eq!(server.broadcast("news").await, 1);
    /// assert_eq!(client.recv().await?.as_text(), Some("news"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn broadcast(&self, message: impl Into<Prepared>) -> usize {
        // The queues are not locked: a connection that is woken may run at once on another thread, and end.
        broadcast(&message.into(), self.connections.open(), &self.slow_consumers, self.sleep).await
    }

    /// Shuts the server down gracefully, and waits until all handlers have ended, but not longer than
    /// [`Serve::shutdown_timeout`](crate::Serve::shutdown_timeout) (20 seconds by default).
    ///
    /// The server stops listening, rejects handshakes in progress with 503, and closes all connections with 1001
    /// ([RFC 6455 §7.4.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1)). The connection of a handler is closed while the
    /// handler awaits one of the connection's methods, and `next` returns `None` then. After the time limit, the server cancels
    /// the handlers that are still running, by dropping their futures at the point at which they wait, and ends their
    /// connections without a close frame. A handler that blocks its thread cannot be cancelled. The method does not wait for it
    /// longer than one second more.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the shutdown continues if the future is dropped. Call the method again to wait for its end.
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sockeye::Error> {
    /// use sockeye::WebSocket;
    ///
    /// let server = sockeye::serve("127.0.0.1:0", |mut ws: WebSocket| async move {
    ///     while ws.next().await?.is_some() {}
    ///     Ok(())
    /// })
    /// .await?;
    /// let mut client = sockeye::connect(format!("ws://{}", server.local_addr())).await?;
    ///
    /// let receiving = tokio::spawn(async move { client.recv().await });
    /// server.close().await;
    /// let error = receiving.await.expect("the task does not panic").expect_err("the server closed");
    /// assert_eq!(error.close_code(), Some(1001.into()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close(&self) {
        // §7.3: a server may close the connection at any time.
        self.shut_down(Some(Close::new(CloseCode::GOING_AWAY, ""))).await;
    }

    /// Shuts the server down with another close code and a reason. Otherwise like [`close`](Self::close).
    ///
    /// A reason has at most 123 bytes of UTF-8. [`Close::truncated`] shortens a longer one.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Protocol`] for a code that must not be sent, and for a reason of more than 123 bytes. The server
    /// continues to run then.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the shutdown continues if the future is dropped. Call the method again to wait for its end.
    /// # Examples
    ///
    /// ```
    /// # async fn example(server: sockeye::Server) -> Result<(), sockeye::Error> {
    /// use sockeye::CloseCode;
    ///
    /// server.close_with(CloseCode::SERVICE_RESTART, "new version").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close_with(
        &self,
        code: impl Into<CloseCode>,
        reason: impl Into<String>,
    ) -> Result<(), Error> {
        let close = Close::new(code, reason);
        if !close.code.is_sendable() {
            return Err(ProtocolError::InvalidCloseCode { code: close.code }.into());
        }
        if close.reason.len() > 123 {
            return Err(ProtocolError::CloseReasonTooLong { length: close.reason.len() }.into());
        }
        self.shut_down(Some(close)).await;
        Ok(())
    }

    /// Stops listening, and waits until all connections have ended by themselves.
    ///
    /// Use it where clients end their connections soon, and [`close`](Self::close) otherwise.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the server does not listen again if the future is dropped. Call the method again to wait.
    /// # Examples
    ///
    /// Waiting for clients for a minute, before closing the remaining connections:
    ///
    /// ```
    /// # async fn example(server: sockeye::Server) {
    /// use std::time::Duration;
    ///
    /// if tokio::time::timeout(Duration::from_secs(60), server.drain()).await.is_err() {
    ///     server.close().await;
    /// }
    /// # }
    /// ```
    pub async fn drain(&self) {
        self.shut_down(None).await;
    }

    async fn shut_down(&self, close: Option<Close>) {
        self.connections.close(close);
        poll_fn(|cx| self.connections.poll_empty(cx)).await;
    }
}

impl<A: fmt::Debug> fmt::Debug for Server<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}

impl<A> Drop for Server<A> {
    fn drop(&mut self) {
        self.connections.detach();
    }
}
