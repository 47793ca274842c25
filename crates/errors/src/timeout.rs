//! Deadlines that passed.

use std::fmt;

use crate::remote::Remote;

/// A deadline passed.
///
/// # Examples
///
/// ```no_run
/// # #[tokio::main]
/// # async fn main() -> Result<(), sockeye::Error> {
/// use std::time::Duration;
///
/// use sockeye::{Error, error::Operation};
///
/// let connect = sockeye::connect("wss://example.com").open_timeout(Duration::from_secs(3));
/// match connect.await {
///     Ok(_ws) => println!("connected"),
///     Err(Error::Timeout(timeout)) if timeout.operation == Operation::Resolve => {
///         println!("the name server does not answer");
///     }
///     Err(error) => println!("{error:#}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("timed out during {operation}")]
#[non_exhaustive]
pub struct Timeout {
    /// The operation that took too long.
    pub operation: Operation,
    pub(crate) remote: Remote,
}

impl Timeout {
    /// Creates the error for an operation that took too long.
    pub const fn new(operation: Operation) -> Self {
        Self { operation, remote: Remote::NONE }
    }
}

/// An operation that a [`Timeout`] interrupted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// The resolution of the host name.
    Resolve,
    /// The TCP connect.
    Connect,
    /// The negotiation with the proxy.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The opening handshake of WebSocket.
    Handshake,
    /// A keepalive ping: the peer answered neither with a pong nor with any other data.
    Keepalive,
    /// A ping of the application.
    Ping,
    /// A write: the peer did not accept a single byte.
    Write,
    /// The reception of a message: the peer did not complete it.
    Receive,
    /// The closing handshake.
    Close,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "name resolution",
            Self::Connect => "TCP connect",
            Self::Proxy => "proxy negotiation",
            Self::Tls => "TLS handshake",
            Self::Handshake => "opening handshake",
            Self::Keepalive => "keepalive ping",
            Self::Ping => "ping",
            Self::Write => "write",
            Self::Receive => "message reception",
            Self::Close => "closing handshake",
        })
    }
}
