//! Headers of the opening handshake that are wrong.

use std::fmt;

/// A header of the opening handshake is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct InvalidHeader {
    /// The name of the header.
    pub name: String,
    /// Its value; `None` for a header that is missing or that holds a secret.
    pub value: Option<String>,
    /// What is wrong with it.
    pub problem: HeaderProblem,
}

/// What is wrong with an [`InvalidHeader`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum HeaderProblem {
    /// It is not there.
    Missing,
    /// It is there more than once.
    Duplicate,
    /// It does not follow its grammar (`InvalidHeaderFormat`).
    Format,
    /// It is well-formed, but not what it must be (`InvalidHeaderValue`).
    Value,
}

impl InvalidHeader {
    /// The header `name` is missing.
    pub fn missing(name: impl Into<String>) -> Self {
        Self { name: name.into(), value: None, problem: HeaderProblem::Missing }
    }

    /// The header `name` is there more than once.
    pub fn duplicate(name: impl Into<String>) -> Self {
        Self { name: name.into(), value: None, problem: HeaderProblem::Duplicate }
    }

    /// The header `name` does not follow its grammar.
    pub fn format(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: Some(value.into()), problem: HeaderProblem::Format }
    }

    /// The header `name` has the wrong value.
    pub fn value(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: Some(value.into()), problem: HeaderProblem::Value }
    }
}

impl fmt::Display for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "Invalid header {}: {}", self.name, value.escape_debug()),
            None => write!(f, "Invalid header: {}", self.name),
        }
    }
}

impl std::error::Error for InvalidHeader {}

/// `Connection` or `Upgrade` does not ask for a WebSocket.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub struct InvalidUpgrade(pub InvalidHeader);

impl InvalidUpgrade {
    /// The header that is wrong, and how.
    pub const fn new(header: InvalidHeader) -> Self {
        Self(header)
    }
}
