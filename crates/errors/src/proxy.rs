//! Failures of a proxy.

use std::{convert::Infallible, error::Error as StdError, fmt, io, sync::Arc};

use crate::{InvalidUri, SecurityError, remote::Remote};

/// The proxy failed, or refused the request.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The configuration of the proxy is invalid.
    #[error(transparent)]
    InvalidProxy(Box<InvalidProxy>),
    /// The proxy did not send a complete and valid response.
    #[error(transparent)]
    InvalidProxyMessage(#[from] InvalidProxyMessage),
    /// The proxy answered with a status other than 2xx.
    #[error(transparent)]
    InvalidProxyStatus(Box<InvalidProxyStatus>),
    /// The SOCKS proxy refused the request.
    #[error(transparent)]
    Socks(#[from] SocksError),
}

impl ProxyError {
    pub(crate) fn remote(&self) -> &Remote {
        match self {
            Self::InvalidProxy(error) => &error.remote,
            Self::InvalidProxyMessage(error) => &error.remote,
            Self::InvalidProxyStatus(error) => &error.remote,
            Self::Socks(error) => &error.remote,
        }
    }

    pub(crate) fn remote_mut(&mut self) -> &mut Remote {
        match self {
            Self::InvalidProxy(error) => &mut error.remote,
            Self::InvalidProxyMessage(error) => &mut error.remote,
            Self::InvalidProxyStatus(error) => &mut error.remote,
            Self::Socks(error) => &mut error.remote,
        }
    }
}

/// Lets arguments whose conversion cannot fail be used where a conversion may fail.
impl From<Infallible> for ProxyError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<InvalidProxy> for ProxyError {
    fn from(error: InvalidProxy) -> Self {
        Self::InvalidProxy(Box::new(error))
    }
}

impl From<InvalidProxyStatus> for ProxyError {
    fn from(error: InvalidProxyStatus) -> Self {
        Self::InvalidProxyStatus(Box::new(error))
    }
}

/// The configuration of the proxy is invalid.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Invalid proxy {proxy}: {reason}")]
#[non_exhaustive]
pub struct InvalidProxy {
    /// The URI of the proxy; `***` replaces the user information.
    pub proxy: String,
    /// The reason why it is invalid.
    pub reason: String,
    pub(crate) remote: Remote,
}

impl InvalidProxy {
    /// Creates the error for the URI of a proxy. The user information is removed.
    pub fn new(proxy: &str, reason: impl Into<String>) -> Self {
        Self { proxy: InvalidUri::new(proxy, "").uri, reason: reason.into(), remote: Remote::NONE }
    }
}

/// The proxy did not send a complete and valid response.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InvalidProxyMessage {
    /// The reason.
    pub cause: Arc<io::Error>,
    pub(crate) remote: Remote,
}

impl InvalidProxyMessage {
    /// Creates the error for a response that violates its protocol; `problem` says how.
    pub fn malformed(problem: impl Into<String>) -> Self {
        Self::new(io::Error::new(io::ErrorKind::InvalidData, problem.into()))
    }

    /// Creates the error for a connection that the proxy closed before its response was complete.
    pub fn truncated() -> Self {
        let text = "the connection was closed before the end of the response";
        Self::new(io::Error::new(io::ErrorKind::UnexpectedEof, text))
    }

    fn new(cause: io::Error) -> Self {
        Self { cause: Arc::new(cause), remote: Remote::NONE }
    }

    /// Returns whether the proxy closed the connection before its response was complete.
    pub fn is_truncated(&self) -> bool {
        self.cause.kind() == io::ErrorKind::UnexpectedEof
    }
}

impl From<SecurityError> for InvalidProxyMessage {
    /// Creates the error for a response that exceeds its limits.
    fn from(error: SecurityError) -> Self {
        Self::new(io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

impl fmt::Display for InvalidProxyMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("did not receive a valid response from the proxy")
    }
}

impl StdError for InvalidProxyMessage {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // Not the `Arc`, so that callers can downcast to `io::Error`.
        Some(&*self.cause)
    }
}

impl PartialEq for InvalidProxyMessage {
    fn eq(&self, other: &Self) -> bool {
        self.cause.kind() == other.cause.kind() && self.cause.to_string() == other.cause.to_string()
    }
}

/// The proxy answered with a status other than 2xx.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct InvalidProxyStatus {
    /// The status code of the response.
    pub status_code: u16,
    /// The reason phrase of the response.
    pub reason: Option<String>,
    pub(crate) remote: Remote,
}

impl InvalidProxyStatus {
    /// Creates the error for this status line. An empty reason counts as no reason.
    pub fn new(status_code: u16, reason: impl Into<String>) -> Self {
        let reason = Some(reason.into()).filter(|reason| !reason.is_empty());
        Self { status_code, reason, remote: Remote::NONE }
    }
}

impl fmt::Display for InvalidProxyStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Some(reason) => {
                write!(f, "Proxy error {}: {}", self.status_code, reason.escape_debug())
            }
            None => write!(f, "Proxy error: {}", self.status_code),
        }
    }
}

impl std::error::Error for InvalidProxyStatus {}

/// The SOCKS proxy refused the request.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the SOCKS proxy refused: {reply}")]
#[non_exhaustive]
pub struct SocksError {
    /// The reply of the proxy.
    pub reply: SocksReply,
    pub(crate) remote: Remote,
}

impl SocksError {
    /// Creates the error for this reply.
    pub const fn new(reply: SocksReply) -> Self {
        Self { reply, remote: Remote::NONE }
    }
}

/// The reply of a SOCKS proxy that refuses the request.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SocksReply {
    /// SOCKS 4: the reply code, 91 to 93 ("CD").
    V4(u8),
    /// SOCKS 5: the reply code of [RFC 1928 §6](https://www.rfc-editor.org/rfc/rfc1928#section-6) ("REP").
    V5(u8),
    /// SOCKS 5: the proxy accepts none of the offered authentication methods.
    NoAcceptableMethod,
    /// SOCKS 5: the proxy rejected the user name and the password ([RFC 1929](https://www.rfc-editor.org/rfc/rfc1929)).
    Authentication,
}

impl fmt::Display for SocksReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::V4(91) => f.write_str("request rejected or failed"),
            Self::V4(92) => f.write_str("it cannot reach the identd of the client"),
            Self::V4(93) => f.write_str("the identd of the client names another user"),
            Self::V5(1) => f.write_str("general failure"),
            Self::V5(2) => f.write_str("connection not allowed by its rules"),
            Self::V5(3) => f.write_str("network unreachable"),
            Self::V5(4) => f.write_str("host unreachable"),
            Self::V5(5) => f.write_str("connection refused"),
            Self::V5(6) => f.write_str("TTL expired"),
            Self::V5(7) => f.write_str("command not supported"),
            Self::V5(8) => f.write_str("address type not supported"),
            Self::V4(code) | Self::V5(code) => write!(f, "reply code {code}"),
            Self::NoAcceptableMethod => f.write_str("no acceptable way to authenticate"),
            Self::Authentication => f.write_str("wrong user or password"),
        }
    }
}
