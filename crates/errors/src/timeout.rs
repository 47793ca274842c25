//! Deadlines that passed.

use std::fmt;

/// A deadline passed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("timed out during {operation}")]
#[non_exhaustive]
pub struct Timeout {
    /// What took too long.
    pub operation: Operation,
}

impl Timeout {
    /// The failure of this operation to end in time.
    pub const fn new(operation: Operation) -> Self {
        Self { operation }
    }
}

/// What a [`Timeout`] interrupted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// The name of the host was being resolved.
    Resolve,
    /// The TCP connection was being made.
    Connect,
    /// The proxy was being asked for a tunnel.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The opening handshake of WebSocket.
    Handshake,
    /// A keepalive ping was not answered, and nothing else arrived either.
    Keepalive,
    /// A ping of the application was not answered.
    Ping,
    /// The peer took nothing of what was to be written.
    Write,
    /// The peer did not end the message that it had begun.
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
