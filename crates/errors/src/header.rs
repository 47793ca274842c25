//! Headers of the opening handshake that are wrong.

use std::{error::Error as StdError, fmt};

/// A header of the opening handshake is wrong.
///
/// Its [`source`](StdError::source) says what is wrong with it: the [`problem`](Self::problem).
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
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderProblem {
    /// It is not there.
    #[error("it is missing")]
    Missing,
    /// It is there more than once.
    #[error("it is there more than once")]
    Duplicate,
    /// It does not follow its grammar (`InvalidHeaderFormat`).
    #[error("it does not follow its grammar")]
    Format,
    /// It is well-formed, but not what it must be (`InvalidHeaderValue`).
    #[error("it has the wrong value")]
    Value,
    /// What was to be its name is none.
    #[error("this is not the name of a header")]
    Name,
    /// The application may not set it: it belongs to the handshake, or to the framing of HTTP.
    #[error("the handshake sets it itself")]
    Reserved,
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

    /// No header can be called `name`.
    pub fn name(name: impl Into<String>) -> Self {
        Self { name: name.into(), value: None, problem: HeaderProblem::Name }
    }

    /// The header `name` is not the application's to set.
    pub fn reserved(name: impl Into<String>) -> Self {
        Self { name: name.into(), value: None, problem: HeaderProblem::Reserved }
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
        Some(&self.problem)
    }
}

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
