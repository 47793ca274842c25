//! Options of TCP connections.

/// Options of the TCP connections that the library makes or accepts.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TcpOptions {
    /// Whether small writes leave at once (`TCP_NODELAY`); on by default.
    pub nodelay: bool,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self { nodelay: true }
    }
}
