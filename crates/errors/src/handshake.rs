//! Failures of the opening handshake: [RFC 6455 §4](https://www.rfc-editor.org/rfc/rfc6455#section-4).

use std::{convert::Infallible, error::Error as StdError, fmt, io, sync::Arc};

use http::{HeaderMap, StatusCode};

use crate::{InvalidHeader, InvalidUpgrade, ProxyError, SecurityError};

/// The opening handshake failed; there is no connection.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// A policy of security forbids to go on.
    #[error(transparent)]
    Security(#[from] SecurityError),
    /// What arrived is not HTTP, or ended too early.
    #[error(transparent)]
    InvalidMessage(#[from] InvalidMessage),
    /// The method of the request is not GET.
    #[error(transparent)]
    InvalidMethod(#[from] InvalidMethod),
    /// The version of HTTP is not 1.1.
    #[error(transparent)]
    InvalidProtocol(#[from] InvalidProtocol),
    /// The server answered, but did not accept.
    #[error(transparent)]
    InvalidStatus(Box<InvalidStatus>),
    /// A header is missing, duplicate, malformed or wrong.
    #[error(transparent)]
    InvalidHeader(Box<InvalidHeader>),
    /// The server does not allow requests of this origin.
    #[error(transparent)]
    InvalidOrigin(#[from] InvalidOrigin),
    /// `Connection` or `Upgrade` does not ask for a WebSocket.
    #[error(transparent)]
    InvalidUpgrade(Box<InvalidUpgrade>),
    /// Client and server do not agree on a subprotocol or an extension.
    #[error(transparent)]
    Negotiation(#[from] NegotiationError),
    /// A parameter of an extension occurs twice.
    #[error(transparent)]
    DuplicateParameter(#[from] DuplicateParameter),
    /// An extension has no such parameter.
    #[error(transparent)]
    InvalidParameterName(#[from] InvalidParameterName),
    /// A parameter of an extension has a wrong value.
    #[error(transparent)]
    InvalidParameterValue(Box<InvalidParameterValue>),
    /// The proxy failed or refused.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
}

/// What cannot fail, fails with nothing.
impl From<Infallible> for HandshakeError {
    fn from(never: Infallible) -> Self {
        match never {}
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

impl From<InvalidUpgrade> for HandshakeError {
    fn from(error: InvalidUpgrade) -> Self {
        Self::InvalidUpgrade(Box::new(error))
    }
}

impl From<InvalidParameterValue> for HandshakeError {
    fn from(error: InvalidParameterValue) -> Self {
        Self::InvalidParameterValue(Box::new(error))
    }
}

/// What arrived in the opening handshake is not HTTP, or ended too early.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InvalidMessage {
    /// Why not.
    pub cause: Arc<io::Error>,
}

impl InvalidMessage {
    /// The head breaks the rules of HTTP; `problem` says which.
    pub fn malformed(problem: impl Into<String>) -> Self {
        Self { cause: Arc::new(io::Error::new(io::ErrorKind::InvalidData, problem.into())) }
    }

    /// The peer closed the connection before the head was whole.
    pub fn truncated() -> Self {
        let text = "the connection was closed before the end of the head";
        Self { cause: Arc::new(io::Error::new(io::ErrorKind::UnexpectedEof, text)) }
    }

    /// Whether the peer closed the connection before the head was whole.
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
        // What is shared, not the reference to it: so that it can be downcast.
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
}

impl InvalidMethod {
    /// The refusal of `method`.
    pub fn new(method: impl Into<String>) -> Self {
        Self { method: method.into() }
    }
}

/// The version of HTTP is not 1.1.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Invalid protocol: {}", protocol.escape_debug())]
#[non_exhaustive]
pub struct InvalidProtocol {
    /// The version, such as `HTTP/1.0`.
    pub protocol: String,
}

impl InvalidProtocol {
    /// The refusal of `protocol`.
    pub fn new(protocol: impl Into<String>) -> Self {
        Self { protocol: protocol.into() }
    }
}

/// The server answered, but not with 101.
#[derive(PartialEq, thiserror::Error)]
#[error("HTTP {}", status_code.as_u16())]
#[non_exhaustive]
pub struct InvalidStatus {
    /// The status code of the response.
    pub status_code: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// As much of its body as arrived in time and as the limit allows.
    pub body: Vec<u8>,
}

/// Not derived: that would be inlined, and make copying a header map anew in each crate that copies an error.
impl Clone for InvalidStatus {
    fn clone(&self) -> Self {
        Self::new(self.status_code, self.headers.clone(), self.body.clone())
    }
}

impl InvalidStatus {
    /// The refusal by a response with these parts.
    pub fn new(status_code: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { status_code, headers, body }
    }
}

impl fmt::Debug for InvalidStatus {
    /// Shows the names of the headers only: their values can hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidStatus")
            .field("status_code", &self.status_code)
            .field("headers", &Names(&self.headers))
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

/// The names of headers, as `Debug` shows them.
struct Names<'a>(&'a HeaderMap);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// The server does not allow requests of this origin; or this is none, and cannot be allowed.
///
/// Its [`source`](StdError::source) says what is wrong with it: the [`problem`](Self::problem).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Invalid origin: {}", origin.escape_debug())]
#[non_exhaustive]
pub struct InvalidOrigin {
    /// The origin; empty where a required one is missing.
    pub origin: String,
    /// What is wrong with it.
    #[source]
    pub problem: OriginProblem,
}

/// What is wrong with an [`InvalidOrigin`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginProblem {
    /// It is not there, and the server demands one.
    #[error("it is missing")]
    Missing,
    /// It does not follow its grammar.
    #[error("an origin is a scheme, ://, a host and perhaps a port, such as https://example.com")]
    Format,
    /// It is none of those that the server admits.
    #[error("it is not admitted")]
    Value,
}

impl InvalidOrigin {
    /// The refusal of `origin`.
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), problem: OriginProblem::Value }
    }

    /// There has to be an origin.
    pub const fn missing() -> Self {
        Self { origin: String::new(), problem: OriginProblem::Missing }
    }

    /// What was to be an origin is none.
    pub fn format(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), problem: OriginProblem::Format }
    }
}

/// Client and server do not agree on a subprotocol or an extension.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NegotiationError {
    /// The client offers none of the subprotocols that the server speaks.
    #[error("no subprotocol in common")]
    NoCommonSubprotocol,
    /// The server chose a subprotocol that the client did not offer.
    #[error("the server chose a subprotocol that was not offered: {}", .0.escape_debug())]
    UnofferedSubprotocol(Box<str>),
    /// The server chose an extension that the client did not offer.
    #[error("the server chose an extension that was not offered: {}", .0.escape_debug())]
    UnofferedExtension(Box<str>),
    /// The server chose the same extension twice.
    #[error("the server chose an extension twice: {}", .0.escape_debug())]
    DuplicateExtension(Box<str>),
    /// The server did not grant what the client needs of an extension.
    #[error("the server did not grant the parameter {}", .0.escape_debug())]
    MissingParameter(Box<str>),
}

/// A parameter of an extension occurs twice.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Duplicate parameter: {}", name.escape_debug())]
#[non_exhaustive]
pub struct DuplicateParameter {
    /// The name of the parameter.
    pub name: String,
}

impl DuplicateParameter {
    /// The parameter `name` occurs twice.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// An extension has no such parameter.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Invalid parameter name: {}", name.escape_debug())]
#[non_exhaustive]
pub struct InvalidParameterName {
    /// The name of the parameter.
    pub name: String,
}

impl InvalidParameterName {
    /// The parameter `name` is unknown.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// A parameter of an extension has a wrong value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Invalid parameter value {}: {}", name.escape_debug(), value.escape_debug())]
#[non_exhaustive]
pub struct InvalidParameterValue {
    /// The name of the parameter.
    pub name: String,
    /// Its value; empty where it has none.
    pub value: String,
}

impl InvalidParameterValue {
    /// The parameter `name` cannot have this value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}
