//! The handle of a running server.

use std::{fmt, future::poll_fn, net::SocketAddr, sync::Arc};

use sockeye_errors::{Close, CloseCode, Error, ProtocolError};
use sockeye_protocol::Prepared;

use crate::connections::Connections;

/// A server that is listening; made by awaiting [`Serve`](crate::Serve).
///
/// Dropping it stops the listening. The connections that are open go on.
#[must_use = "dropping the server stops listening"]
pub struct Server<A = SocketAddr> {
    address: A,
    connections: Arc<Connections>,
}

impl<A> Server<A> {
    pub(crate) const fn new(address: A, connections: Arc<Connections>) -> Self {
        Self { address, connections }
    }

    /// The address that the server listens on: that of TCP, or that of a Unix socket.
    pub fn local_addr(&self) -> A
    where
        A: Clone,
    {
        self.address.clone()
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Sends a message on all connections that are open; it is compressed once, and not copied. Returns on how many.
    ///
    /// The message is left to the connections, which send it in their own time, while their handlers wait for
    /// something. A connection that does not keep up, with more than 1 MiB of such messages waiting, is closed with 1008:
    /// better an end than gaps.
    #[expect(clippy::unused_async, reason = "one day it may wait for those who are slow")]
    pub async fn broadcast(&self, message: impl Into<Prepared>) -> usize {
        self.connections.broadcast(&message.into(), MAX_QUEUED)
    }

    /// Closes the server: stops listening, answers handshakes that are under way with 503, closes all connections
    /// with 1001, and waits for their handlers.
    ///
    /// A handler is never interrupted: its connection is closed while it waits for something.
    pub async fn close(&self) {
        // §7.3: a server may close whenever it likes.
        self.shut_down(Some(Close::new(CloseCode::GOING_AWAY, ""))).await;
    }

    /// [`close`](Self::close) with another code and a reason. [`Close::truncated`] shortens a reason to the 123 bytes that a
    /// frame has room for.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] for a code that must not be sent, and for a reason of more than 123 bytes.
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
        self.connections.close(None);
    }
}

/// Bytes of broadcast messages that may wait on one connection.
const MAX_QUEUED: usize = 1 << 20;
