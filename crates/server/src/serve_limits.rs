//! The options of [`Serve`] for what the server may hold, and for how long.

use std::time::Duration;

use sockeye_connection::SlowConsumer;

use crate::{Serve, pending_handshakes::HandshakeLimits};

impl<R, A> Serve<R, A> {
    /// Sets the maximum number of handshakes in progress. The default is 4096.
    ///
    /// The server never stops accepting connections: when the limit is reached, the oldest handshake ends. A handshake in
    /// progress takes about 2 KiB of memory. A limit of 0 is a limit of 1.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// let server = sockeye::serve("127.0.0.1:8765", handle)
    ///     .max_handshakes(10_000)
    ///     .max_handshakes_per_address(10_000) // all clients connect through one proxy
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_handshakes(mut self, handshakes: usize) -> Self {
        self.limits.handshakes.total = handshakes.max(1);
        self
    }

    /// Sets the maximum number of handshakes in progress from one address. The default is 1024.
    ///
    /// When the limit is reached, the oldest handshake from that address ends. All IPv6 addresses with the same prefix of 64
    /// bits count as one. Behind a reverse proxy, all clients have the address of the proxy. Unix sockets have no address and
    /// no such limit.
    pub fn max_handshakes_per_address(mut self, handshakes: usize) -> Self {
        self.limits.handshakes.per_address = handshakes.max(1);
        self
    }

    /// Sets the time limit for [`Server::close`](crate::Server::close). The default is 20 seconds, and `None` is no limit.
    ///
    /// Afterwards the server cancels the handlers that are still running, by dropping their futures, and ends their
    /// connections without a close frame. The default leaves time for the closing handshake, and is shorter than the 30
    /// seconds that Kubernetes waits before it kills a process.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// use std::time::Duration;
    ///
    /// let server =
    ///     sockeye::serve("127.0.0.1:8765", handle).shutdown_timeout(Duration::from_secs(5)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.limits.shutdown_timeout = timeout.into();
        self
    }

    /// Sets the limits for broadcast messages that wait on one connection, and the treatment of slow consumers.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// use std::time::Duration;
    /// use sockeye::server::SlowConsumer;
    ///
    /// let slow = SlowConsumer::default().max_bytes(64 << 10).timeout(Duration::from_secs(3));
    /// let server = sockeye::serve("127.0.0.1:8765", handle).slow_consumers(slow).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn slow_consumers(mut self, limits: SlowConsumer) -> Self {
        self.limits.slow_consumers = limits;
        self
    }
}

/// The limits of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerLimits {
    pub(crate) handshakes: HandshakeLimits,
    pub(crate) shutdown_timeout: Option<Duration>,
    pub(crate) slow_consumers: SlowConsumer,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            handshakes: HandshakeLimits::default(),
            shutdown_timeout: Some(Duration::from_secs(20)),
            slow_consumers: SlowConsumer::default(),
        }
    }
}
