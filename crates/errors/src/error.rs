//! The sum of everything that can go wrong, and the questions that callers ask of it.

use std::{convert::Infallible, fmt, io, time::Duration};

use http::{HeaderMap, StatusCode, header};

use crate::{
    CloseCause, CloseCode, ConnectionClosed, HandshakeError, InvalidUri, ProtocolError, ProxyError,
    SocksReply, Timeout,
};

/// Everything that can go wrong with a WebSocket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The connection ended: closed by either side, or lost.
    #[error(transparent)]
    ConnectionClosed(Box<ConnectionClosed>),
    /// The opening handshake failed; there is no connection.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// The URI is malformed, or not that of a WebSocket.
    #[error(transparent)]
    InvalidUri(Box<InvalidUri>),
    /// The application broke a rule of the protocol.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The network failed before there was a connection.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A deadline passed before there was a connection, or while waiting for a pong.
    #[error(transparent)]
    Timeout(#[from] Timeout),
}

impl Error {
    /// The family of the error, the most specific one.
    pub fn category(&self) -> ErrorCategory {
        match self {
            Self::ConnectionClosed(_) => ErrorCategory::ConnectionClosed,
            Self::Handshake(HandshakeError::Security(_)) => ErrorCategory::Security,
            Self::Handshake(HandshakeError::Proxy(_)) => ErrorCategory::Proxy,
            Self::Handshake(_) => ErrorCategory::Handshake,
            Self::InvalidUri(_) => ErrorCategory::Uri,
            Self::Protocol(_) => ErrorCategory::Protocol,
            Self::Io(_) => ErrorCategory::Io,
            Self::Timeout(_) => ErrorCategory::Timeout,
        }
    }

    /// Whether the same call could succeed later.
    ///
    /// Yes for failures of the network, for deadlines, for a handshake that was cut off, for HTTP 429, 500, 502, 503
    /// and 504, for a 5xx of a proxy, for a SOCKS proxy that failed or found no way, and for a connection lost or closed
    /// with 1001, 1006, 1011, 1012 or 1013. No for URIs, security, other failures of the handshake, mistakes of the
    /// application, and a clean close.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::ConnectionClosed(closed) => is_retryable_close(closed),
            Self::Handshake(HandshakeError::InvalidMessage(error)) => error.is_truncated(),
            Self::Handshake(HandshakeError::InvalidStatus(error)) => {
                matches!(error.status_code.as_u16(), 429 | 500 | 502..=504)
            }
            Self::Handshake(HandshakeError::Proxy(error)) => match error {
                ProxyError::InvalidProxyMessage(error) => error.is_truncated(),
                ProxyError::InvalidProxyStatus(error) => error.status_code / 100 == 5,
                // RFC 1928 §6: a general failure, and what may be different the next time. SOCKS 4 does not tell them apart.
                ProxyError::Socks(error) => {
                    matches!(error.reply, SocksReply::V4(91) | SocksReply::V5(1 | 3..=6))
                }
                ProxyError::InvalidProxy(_) => false,
            },
            // What the peer says is not TLS, and will not be the next time; nor will the application be right.
            Self::Io(error) => {
                !matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
            }
            Self::Timeout(_) => true,
            Self::Handshake(_) | Self::InvalidUri(_) | Self::Protocol(_) => false,
        }
    }

    /// How long the server asks to wait before another try: the `Retry-After` of HTTP 429 and 503, where it is a
    /// number of seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        let Self::Handshake(HandshakeError::InvalidStatus(error)) = self else { return None };
        let value = matches!(error.status_code.as_u16(), 429 | 503)
            .then(|| error.headers.get(header::RETRY_AFTER))??
            .to_str()
            .ok()?;
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| value.parse().ok().map(Duration::from_secs)).flatten()
    }

    /// How loudly the error should be logged: a normal close is information; a lost connection, or a failure of the
    /// handshake, of the proxy, of the network, is a warning; the rest are errors.
    pub fn level(&self) -> ErrorLevel {
        match self.category() {
            ErrorCategory::ConnectionClosed => match self {
                Self::ConnectionClosed(closed) if closed.is_ok() => ErrorLevel::Info,
                _ => ErrorLevel::Warn,
            },
            ErrorCategory::Handshake
            | ErrorCategory::Proxy
            | ErrorCategory::Io
            | ErrorCategory::Timeout => ErrorLevel::Warn,
            ErrorCategory::Security | ErrorCategory::Protocol | ErrorCategory::Uri => {
                ErrorLevel::Error
            }
        }
    }

    /// The close code that the error stands for: of the close frame received, else of the one sent, else 1006 for a
    /// connection that was lost; or the code that would answer a broken rule.
    pub fn close_code(&self) -> Option<CloseCode> {
        match self {
            Self::ConnectionClosed(closed) => Some(
                closed
                    .rcvd
                    .as_ref()
                    .or(closed.sent.as_ref())
                    .map_or(CloseCode::ABNORMAL, |c| c.code),
            ),
            Self::Protocol(error) => Some(error.close_code()),
            _ => None,
        }
    }

    /// The HTTP status that the server, or the proxy, answered.
    pub fn status_code(&self) -> Option<StatusCode> {
        match self {
            Self::Handshake(HandshakeError::InvalidStatus(error)) => Some(error.status_code),
            Self::Handshake(HandshakeError::Proxy(ProxyError::InvalidProxyStatus(error))) => {
                StatusCode::from_u16(error.status_code).ok()
            }
            _ => None,
        }
    }

    /// The headers of the server's answer, where the answer was not 101.
    pub fn headers(&self) -> Option<&HeaderMap> {
        match self {
            Self::Handshake(HandshakeError::InvalidStatus(error)) => Some(&error.headers),
            _ => None,
        }
    }
}

fn is_retryable_close(closed: &ConnectionClosed) -> bool {
    // A failure that we saw decides, whatever code we sent about it.
    match &closed.cause {
        Some(CloseCause::Protocol(_)) => return false,
        Some(CloseCause::Timeout(_) | CloseCause::Io(_)) => return true,
        None => {}
    }
    match closed.code() {
        Some(code) => matches!(code.as_u16(), 1001 | 1006 | 1011..=1013),
        None => true,
    }
}

/// The families of [`Error`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorCategory {
    /// [`Error::ConnectionClosed`].
    ConnectionClosed,
    /// [`HandshakeError::Security`].
    Security,
    /// [`Error::Handshake`], but for security and the proxy.
    Handshake,
    /// [`HandshakeError::Proxy`].
    Proxy,
    /// [`Error::Protocol`].
    Protocol,
    /// [`Error::InvalidUri`].
    Uri,
    /// [`Error::Io`].
    Io,
    /// [`Error::Timeout`].
    Timeout,
}

impl fmt::Display for ErrorCategory {
    /// Writes `connection_closed`, `security_error`, … as the specification's central handler does.
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
        })
    }
}

/// How loudly an [`Error`] should be logged.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ErrorLevel {
    /// Nothing went wrong.
    Info,
    /// Something outside the program went wrong.
    Warn,
    /// Somebody should look at it.
    Error,
}

/// What cannot fail, fails with nothing.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<ConnectionClosed> for Error {
    fn from(error: ConnectionClosed) -> Self {
        Self::ConnectionClosed(Box::new(error))
    }
}

impl From<InvalidUri> for Error {
    fn from(error: InvalidUri) -> Self {
        Self::InvalidUri(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorLevel};
    use crate::{Close, ConnectionClosed, ProtocolError};

    const _: () = assert!(size_of::<Error>() <= 40);
    const _: () = assert!(size_of::<ProtocolError>() <= 24);

    #[test]
    fn errors_cross_threads() {
        fn assert_send_sync<T: Send + Sync + 'static>() {}
        assert_send_sync::<Error>();
    }

    #[test]
    fn a_close_after_a_violation_by_the_peer_is_not_worth_a_retry() {
        let error = Error::from(ConnectionClosed {
            sent: Some(Close::new(1011, "")),
            cause: Some(crate::CloseCause::Protocol(ProtocolError::Masked)),
            ..ConnectionClosed::default()
        });
        assert!(!error.is_retryable());
        assert_eq!(error.level(), ErrorLevel::Warn);
    }
}
