//! The families of errors, and their severity.

use std::fmt;

/// The family of an [`Error`](crate::Error).
///
/// # Examples
///
/// ```
/// use sockeye::{
///     Error,
///     error::{ErrorCategory, HandshakeError, SecurityError},
/// };
///
/// let error = Error::from(HandshakeError::from(SecurityError::Downgrade));
/// assert_eq!(error.category(), ErrorCategory::Security);
/// assert_eq!(error.category().to_string(), "security_error");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorCategory {
    /// [`Error::ConnectionClosed`](crate::Error::ConnectionClosed).
    ConnectionClosed,
    /// [`HandshakeError::Security`](crate::HandshakeError::Security).
    Security,
    /// [`Error::Handshake`](crate::Error::Handshake), except for security and proxies.
    Handshake,
    /// [`HandshakeError::Proxy`](crate::HandshakeError::Proxy).
    Proxy,
    /// [`Error::Protocol`](crate::Error::Protocol).
    Protocol,
    /// [`Error::InvalidUri`](crate::Error::InvalidUri).
    Uri,
    /// [`Error::Io`](crate::Error::Io).
    Io,
    /// [`Error::Timeout`](crate::Error::Timeout).
    Timeout,
    /// [`Error::QueueFull`](crate::Error::QueueFull).
    Queue,
}

impl fmt::Display for ErrorCategory {
    /// Writes `connection_closed`, `security_error`, and so on: labels for metrics and logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConnectionClosed => "connection_closed",
            Self::Security => "security_error",
            Self::Handshake => "handshake_error",
            Self::Proxy => "proxy_error",
            Self::Protocol => "protocol_error",
            Self::Uri => "uri_error",
            Self::Io => "io_error",
            Self::Timeout => "timeout_error",
            Self::Queue => "queue_full",
        })
    }
}

/// The log level that suits an [`Error`](crate::Error).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Severity {
    /// Nothing failed.
    Info,
    /// Something outside of the program failed.
    Warn,
    /// The program or its configuration may be wrong, or security was at risk.
    Error,
}
