//! Failures of the negotiation of subprotocols and extensions:
//! [RFC 6455 §9](https://www.rfc-editor.org/rfc/rfc6455#section-9).

use crate::remote::Remote;

/// Client and server do not agree on a subprotocol or an extension.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NegotiationError {
    /// The client offers none of the subprotocols that the server supports.
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
    /// The server did not grant a parameter of an extension that the client requires.
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
    pub(crate) remote: Remote,
}

impl DuplicateParameter {
    /// Creates the error for a parameter that occurs twice.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), remote: Remote::NONE }
    }
}

/// A parameter of an extension is unknown.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Invalid parameter name: {}", name.escape_debug())]
#[non_exhaustive]
pub struct InvalidParameterName {
    /// The name of the parameter.
    pub name: String,
    pub(crate) remote: Remote,
}

impl InvalidParameterName {
    /// Creates the error for an unknown parameter.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), remote: Remote::NONE }
    }
}

/// A parameter of an extension has an invalid value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Invalid parameter value {}: {}", name.escape_debug(), value.escape_debug())]
#[non_exhaustive]
pub struct InvalidParameterValue {
    /// The name of the parameter.
    pub name: String,
    /// The value; empty if the parameter has none.
    pub value: String,
    pub(crate) remote: Remote,
}

impl InvalidParameterValue {
    /// Creates the error for this parameter and this value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), remote: Remote::NONE }
    }
}
