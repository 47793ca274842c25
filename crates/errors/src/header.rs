//! Invalid headers of the opening handshake.

use std::{error::Error as StdError, fmt};

use crate::remote::Remote;

/// A header of the opening handshake is invalid.
///
/// The [`source`](StdError::source) is the [`kind`](Self::kind), which says why.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct InvalidHeader {
    /// The name of the header.
    pub name: String,
    /// The value; `None` for a header that is missing or that contains a secret.
    pub value: Option<String>,
    /// The reason why the header is invalid.
    pub kind: HeaderErrorKind,
    pub(crate) remote: Remote,
}

/// The reason why an [`InvalidHeader`] is invalid.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderErrorKind {
    /// The header is missing.
    #[error("it is missing")]
    Missing,
    /// The header occurs more than once.
    #[error("it is there more than once")]
    Duplicate,
    /// The value does not follow the grammar of the header (`InvalidHeaderFormat`).
    #[error("it does not follow its grammar")]
    Format,
    /// The value is well-formed but wrong (`InvalidHeaderValue`).
    #[error("it has the wrong value")]
    Value,
    /// The name is not a valid header name.
    #[error("this is not the name of a header")]
    Name,
    /// The application must not set the header: it belongs to the handshake or to the framing of HTTP.
    #[error("the handshake sets it itself")]
    Reserved,
}

impl InvalidHeader {
    /// Creates the error for a header that is missing.
    pub fn missing(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: None,
            kind: HeaderErrorKind::Missing,
            remote: Remote::NONE,
        }
    }

    /// Creates the error for a header that occurs more than once.
    pub fn duplicate(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: None,
            kind: HeaderErrorKind::Duplicate,
            remote: Remote::NONE,
        }
    }

    /// Creates the error for a value that does not follow the grammar of the header.
    pub fn format(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: Some(value.into()),
            kind: HeaderErrorKind::Format,
            remote: Remote::NONE,
        }
    }

    /// Creates the error for a value that is well-formed but wrong.
    pub fn value(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: Some(value.into()),
            kind: HeaderErrorKind::Value,
            remote: Remote::NONE,
        }
    }

    /// Creates the error for a name that is not a valid header name.
    pub fn name(name: impl Into<String>) -> Self {
        Self { name: name.into(), value: None, kind: HeaderErrorKind::Name, remote: Remote::NONE }
    }

    /// Creates the error for a header that the application must not set.
    pub fn reserved(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: None,
            kind: HeaderErrorKind::Reserved,
            remote: Remote::NONE,
        }
    }
}

impl fmt::Display for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.escape_debug();
        match &self.value {
            Some(value) => write!(f, "Invalid header {name}: {}", value.escape_debug()),
            None => write!(f, "Invalid header: {name}"),
        }
    }
}

impl StdError for InvalidHeader {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.kind)
    }
}

/// `Connection` or `Upgrade` does not request a WebSocket.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub struct InvalidUpgrade(pub InvalidHeader);

impl InvalidUpgrade {
    /// Creates the error for this header.
    pub const fn new(header: InvalidHeader) -> Self {
        Self(header)
    }
}
