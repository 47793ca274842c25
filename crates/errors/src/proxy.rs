//! Failures on the way through a proxy.

use std::{convert::Infallible, error::Error as StdError, fmt, io, sync::Arc};

use crate::{InvalidUri, SecurityError};

/// The proxy failed, or refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The proxy is not configured in a way that makes sense.
    #[error(transparent)]
    InvalidProxy(Box<InvalidProxy>),
    /// The proxy did not speak HTTP, or SOCKS.
    #[error(transparent)]
    InvalidProxyMessage(#[from] InvalidProxyMessage),
    /// The proxy answered with another status than 2xx.
    #[error(transparent)]
    InvalidProxyStatus(Box<InvalidProxyStatus>),
    /// The SOCKS proxy refused.
    #[error(transparent)]
    Socks(#[from] SocksError),
}

/// What cannot fail, fails with nothing.
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

/// The proxy is not configured in a way that makes sense.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Invalid proxy {proxy}: {reason}")]
#[non_exhaustive]
pub struct InvalidProxy {
    /// The URI of the proxy, its user information replaced by `***`.
    pub proxy: String,
    /// What is wrong with it.
    pub reason: String,
}

impl InvalidProxy {
    /// Says what is wrong with the URI `proxy`, whose user information is forgotten.
    pub fn new(proxy: &str, reason: impl Into<String>) -> Self {
        Self { proxy: InvalidUri::new(proxy, "").uri, reason: reason.into() }
    }
}

/// The proxy did not speak HTTP, or SOCKS.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InvalidProxyMessage {
    /// Why not.
    pub cause: Arc<io::Error>,
}

impl InvalidProxyMessage {
    /// The response breaks the rules; `problem` says which.
    pub fn malformed(problem: impl Into<String>) -> Self {
        Self { cause: Arc::new(io::Error::new(io::ErrorKind::InvalidData, problem.into())) }
    }

    /// The proxy closed the connection before its response was whole.
    pub fn truncated() -> Self {
        let text = "the connection was closed before the end of the response";
        Self { cause: Arc::new(io::Error::new(io::ErrorKind::UnexpectedEof, text)) }
    }

    /// Whether the proxy closed the connection before its response was whole.
    pub fn is_truncated(&self) -> bool {
        self.cause.kind() == io::ErrorKind::UnexpectedEof
    }
}

impl From<SecurityError> for InvalidProxyMessage {
    /// A response over its limits.
    fn from(error: SecurityError) -> Self {
        Self { cause: Arc::new(io::Error::new(io::ErrorKind::InvalidData, error)) }
    }
}

impl fmt::Display for InvalidProxyMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("did not receive a valid response from the proxy")
    }
}

impl StdError for InvalidProxyMessage {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // What is shared, not the reference to it: so that it can be downcast.
        Some(&*self.cause)
    }
}

impl PartialEq for InvalidProxyMessage {
    fn eq(&self, other: &Self) -> bool {
        self.cause.kind() == other.cause.kind() && self.cause.to_string() == other.cause.to_string()
    }
}

/// The proxy answered with another status than 2xx.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct InvalidProxyStatus {
    /// The status code of the response.
    pub status_code: u16,
    /// Its reason phrase.
    pub reason: Option<String>,
}

impl InvalidProxyStatus {
    /// The refusal by this status line; an empty reason is none.
    pub fn new(status_code: u16, reason: impl Into<String>) -> Self {
        Self { status_code, reason: Some(reason.into()).filter(|reason| !reason.is_empty()) }
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

/// The SOCKS proxy refused.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[error("the SOCKS proxy refused: {reply}")]
#[non_exhaustive]
pub struct SocksError {
    /// What the proxy answered.
    pub reply: SocksReply,
}

impl SocksError {
    /// The refusal by `reply`.
    pub const fn new(reply: SocksReply) -> Self {
        Self { reply }
    }
}

/// The answer of a SOCKS proxy that refuses.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SocksReply {
    /// SOCKS 4: the reply code, 91 to 93 ("CD").
    V4(u8),
    /// SOCKS 5: the reply code of [RFC 1928 §6](https://www.rfc-editor.org/rfc/rfc1928#section-6) ("REP").
    V5(u8),
    /// SOCKS 5: the proxy accepts none of the ways to authenticate that were offered.
    NoAcceptableMethod,
    /// SOCKS 5: user and password were refused ([RFC 1929](https://www.rfc-editor.org/rfc/rfc1929)).
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
