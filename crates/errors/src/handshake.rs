//! Failures of the opening handshake: [RFC 6455 §4](https://www.rfc-editor.org/rfc/rfc6455#section-4).

use std::{convert::Infallible, error::Error as StdError, fmt, io, sync::Arc};

use http::{HeaderMap, StatusCode};

use crate::{
    DuplicateParameter, InvalidHeader, InvalidParameterName, InvalidParameterValue, InvalidUpgrade,
    NegotiationError, ProxyError, SecurityError, remote::Remote,
};

/// The opening handshake failed, so that no connection was opened.
///
/// # Examples
///
/// ```no_run
/// # #[tokio::main]
/// # async fn main() {
/// use sockeye::{Error, error::HandshakeError};
///
/// match sockeye::connect("ws://localhost:8765/chat").await {
///     Ok(_ws) => println!("connected"),
///     Err(Error::Handshake(HandshakeError::InvalidStatus(e))) => {
///         println!("the server answered {}: {}", e.status_code, String::from_utf8_lossy(&e.body));
///     }
///     Err(Error::Handshake(HandshakeError::Security(e))) => println!("refused: {e}"),
///     Err(error) => println!("{error:#}"),
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// A security policy was violated.
    #[error(transparent)]
    Security(#[from] SecurityError),
    /// The peer did not send a complete and valid HTTP message.
    #[error(transparent)]
    InvalidMessage(#[from] InvalidMessage),
    /// The method of the request is not GET.
    #[error(transparent)]
    InvalidMethod(Box<InvalidMethod>),
    /// The version of HTTP is not 1.1.
    #[error(transparent)]
    InvalidProtocol(Box<InvalidProtocol>),
    /// The server answered with a status other than 101.
    #[error(transparent)]
    InvalidStatus(Box<InvalidStatus>),
    /// A header is missing, duplicate, malformed or wrong.
    #[error(transparent)]
    InvalidHeader(Box<InvalidHeader>),
    /// The server does not accept requests from this origin.
    #[error(transparent)]
    InvalidOrigin(Box<InvalidOrigin>),
    /// `Connection` or `Upgrade` does not request a WebSocket.
    #[error(transparent)]
    InvalidUpgrade(Box<InvalidUpgrade>),
    /// Client and server do not agree on a subprotocol or an extension.
    #[error(transparent)]
    Negotiation(#[from] NegotiationError),
    /// A parameter of an extension occurs twice.
    #[error(transparent)]
    DuplicateParameter(Box<DuplicateParameter>),
    /// A parameter of an extension is unknown.
    #[error(transparent)]
    InvalidParameterName(Box<InvalidParameterName>),
    /// A parameter of an extension has an invalid value.
    #[error(transparent)]
    InvalidParameterValue(Box<InvalidParameterValue>),
    /// The proxy failed, or refused the request.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
}

impl HandshakeError {
    pub(crate) fn remote(&self) -> Option<&Remote> {
        Some(match self {
            Self::InvalidMessage(error) => &error.remote,
            Self::InvalidMethod(error) => &error.remote,
            Self::InvalidProtocol(error) => &error.remote,
            Self::InvalidStatus(error) => &error.remote,
            Self::InvalidHeader(error) => &error.remote,
            Self::InvalidOrigin(error) => &error.remote,
            Self::InvalidUpgrade(error) => &error.0.remote,
            Self::DuplicateParameter(error) => &error.remote,
            Self::InvalidParameterName(error) => &error.remote,
            Self::InvalidParameterValue(error) => &error.remote,
            Self::Proxy(error) => error.remote(),
            Self::Security(_) | Self::Negotiation(_) => return None,
        })
    }

    pub(crate) fn remote_mut(&mut self) -> Option<&mut Remote> {
        Some(match self {
            Self::InvalidMessage(error) => &mut error.remote,
            Self::InvalidMethod(error) => &mut error.remote,
            Self::InvalidProtocol(error) => &mut error.remote,
            Self::InvalidStatus(error) => &mut error.remote,
            Self::InvalidHeader(error) => &mut error.remote,
            Self::InvalidOrigin(error) => &mut error.remote,
            Self::InvalidUpgrade(error) => &mut error.0.remote,
            Self::DuplicateParameter(error) => &mut error.remote,
            Self::InvalidParameterName(error) => &mut error.remote,
            Self::InvalidParameterValue(error) => &mut error.remote,
            Self::Proxy(error) => error.remote_mut(),
            Self::Security(_) | Self::Negotiation(_) => return None,
        })
    }
}

/// Lets arguments whose conversion cannot fail be used where a conversion may fail.
impl From<Infallible> for HandshakeError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<InvalidMethod> for HandshakeError {
    fn from(error: InvalidMethod) -> Self {
        Self::InvalidMethod(Box::new(error))
    }
}

impl From<InvalidProtocol> for HandshakeError {
    fn from(error: InvalidProtocol) -> Self {
        Self::InvalidProtocol(Box::new(error))
    }
}

impl From<InvalidStatus> for HandshakeError {
    fn from(error: InvalidStatus) -> Self {
        Self::InvalidStatus(Box::new(error))
    }
}

impl From<InvalidHeader> for HandshakeError {
    fn from(error: InvalidHeader) -> Self {
        Self::InvalidHeader(Box::new(error))
    }
}

impl From<InvalidOrigin> for HandshakeError {
    fn from(error: InvalidOrigin) -> Self {
        Self::InvalidOrigin(Box::new(error))
    }
}

impl From<InvalidUpgrade> for HandshakeError {
    fn from(error: InvalidUpgrade) -> Self {
        Self::InvalidUpgrade(Box::new(error))
    }
}

impl From<DuplicateParameter> for HandshakeError {
    fn from(error: DuplicateParameter) -> Self {
        Self::DuplicateParameter(Box::new(error))
    }
}

impl From<InvalidParameterName> for HandshakeError {
    fn from(error: InvalidParameterName) -> Self {
        Self::InvalidParameterName(Box::new(error))
    }
}

impl From<InvalidParameterValue> for HandshakeError {
    fn from(error: InvalidParameterValue) -> Self {
        Self::InvalidParameterValue(Box::new(error))
    }
}

/// The peer did not send a complete and valid HTTP message in the opening handshake.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InvalidMessage {
    /// The reason.
    pub cause: Arc<io::Error>,
    pub(crate) remote: Remote,
}

impl InvalidMessage {
    /// Creates the error for a head that violates HTTP; `problem` says how.
    pub fn malformed(problem: impl Into<String>) -> Self {
        Self::new(io::Error::new(io::ErrorKind::InvalidData, problem.into()))
    }

    /// Creates the error for a connection that the peer closed before the head was complete.
    pub fn truncated() -> Self {
        let text = "the connection was closed before the end of the head";
        Self::new(io::Error::new(io::ErrorKind::UnexpectedEof, text))
    }

    fn new(cause: io::Error) -> Self {
        Self { cause: Arc::new(cause), remote: Remote::NONE }
    }

    /// Returns whether the peer closed the connection before the head was complete.
    pub fn is_truncated(&self) -> bool {
        self.cause.kind() == io::ErrorKind::UnexpectedEof
    }
}

impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("did not receive a valid HTTP message")
    }
}

impl StdError for InvalidMessage {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // Not the `Arc`, so that callers can downcast to `io::Error`.
        Some(&*self.cause)
    }
}

impl PartialEq for InvalidMessage {
    fn eq(&self, other: &Self) -> bool {
        self.cause.kind() == other.cause.kind() && self.cause.to_string() == other.cause.to_string()
    }
}

/// The method of the request is not GET.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Invalid method: {}", method.escape_debug())]
#[non_exhaustive]
pub struct InvalidMethod {
    /// The method.
    pub method: String,
    pub(crate) remote: Remote,
}

impl InvalidMethod {
    /// Creates the error for a request with this method.
    pub fn new(method: impl Into<String>) -> Self {
        Self { method: method.into(), remote: Remote::NONE }
    }
}

/// The version of HTTP is not 1.1.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Invalid protocol: {}", protocol.escape_debug())]
#[non_exhaustive]
pub struct InvalidProtocol {
    /// The version, such as `HTTP/1.0`.
    pub protocol: String,
    pub(crate) remote: Remote,
}

impl InvalidProtocol {
    /// Creates the error for a message with this version.
    pub fn new(protocol: impl Into<String>) -> Self {
        Self { protocol: protocol.into(), remote: Remote::NONE }
    }
}

/// The server answered with a status other than 101.
#[derive(PartialEq, thiserror::Error)]
#[error("HTTP {}", status_code.as_u16())]
#[non_exhaustive]
pub struct InvalidStatus {
    /// The status code of the response.
    pub status_code: StatusCode,
    /// The headers of the response.
    pub headers: HeaderMap,
    /// The beginning of the body, as far as it arrived in time and the limit allows.
    pub body: Vec<u8>,
    pub(crate) remote: Remote,
}

/// Not derived: a derived `clone` is inlined, and each crate that clones an error would compile the clone of a header map.
impl Clone for InvalidStatus {
    fn clone(&self) -> Self {
        Self {
            status_code: self.status_code,
            headers: self.headers.clone(),
            body: self.body.clone(),
            remote: self.remote.clone(),
        }
    }
}

impl InvalidStatus {
    /// Creates the error for a response with these parts.
    pub fn new(status_code: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { status_code, headers, body, remote: Remote::NONE }
    }
}

impl fmt::Debug for InvalidStatus {
    /// Shows only the names of the headers, because their values can contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidStatus")
            .field("status_code", &self.status_code)
            .field("headers", &Names(&self.headers))
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

/// Shows the names of headers without their values.
struct Names<'a>(&'a HeaderMap);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// The server does not accept requests from this origin, or the text is not a valid origin.
///
/// The [`source`](StdError::source) is the [`kind`](Self::kind), which says why.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Invalid origin: {}", origin.escape_debug())]
#[non_exhaustive]
pub struct InvalidOrigin {
    /// The origin; empty if it is required but missing.
    pub origin: String,
    /// The reason why the origin is invalid.
    #[source]
    pub kind: OriginErrorKind,
    pub(crate) remote: Remote,
}

/// The reason why an [`InvalidOrigin`] is invalid.
#[derive(Clone, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginErrorKind {
    /// The request has no origin, but the server requires one.
    #[error("it is missing")]
    Missing,
    /// The text does not follow the grammar of an origin.
    #[error("an origin is a scheme, ://, a host and perhaps a port, such as https://example.com")]
    Format,
    /// The server does not accept this origin.
    #[error("it is not admitted")]
    Value,
    /// The server accepts its own origin only, which is this one according to the `Host` header. The scheme is left out if the
    /// server does not know it.
    #[error("it is not the server's own, which is {0} according to the Host header")]
    NotOwn(Box<str>),
    /// The server accepts only these origins, separated by commas.
    #[error("it is none of the admitted ones: {0}")]
    NotListed(Box<str>),
}

impl InvalidOrigin {
    /// Creates the error for an origin that the server does not accept.
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), kind: OriginErrorKind::Value, remote: Remote::NONE }
    }

    /// Creates the error for an origin that is not the server's own, which is `own`.
    pub fn not_own(origin: impl Into<String>, own: impl Into<Box<str>>) -> Self {
        let kind = OriginErrorKind::NotOwn(own.into());
        Self { origin: origin.into(), kind, remote: Remote::NONE }
    }

    /// Creates the error for an origin that is none of the `admitted` ones.
    pub fn not_listed(origin: impl Into<String>, admitted: impl Into<Box<str>>) -> Self {
        let kind = OriginErrorKind::NotListed(admitted.into());
        Self { origin: origin.into(), kind, remote: Remote::NONE }
    }

    /// Creates the error for a request without an origin where one is required.
    pub const fn missing() -> Self {
        Self { origin: String::new(), kind: OriginErrorKind::Missing, remote: Remote::NONE }
    }

    /// Creates the error for a text that is not an origin.
    pub fn format(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), kind: OriginErrorKind::Format, remote: Remote::NONE }
    }
}
