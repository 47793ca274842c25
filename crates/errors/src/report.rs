//! The complete message of an error, for logs and terminals: `{:#}`.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use crate::{
    AddressError, Error, HandshakeError, InvalidStatus,
    address::address_of,
    text::{Escaped, causes, os},
};

/// Writes the error with the peer, its causes and its hint.
pub(crate) fn error(error: &Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match error {
        Error::ConnectionClosed(closed) => write!(f, "{closed:#}")?,
        error => {
            peer(error, f)?;
            let text = text(error);
            f.write_str(&text)?;
            causes(error, &text, f)?;
        }
    }
    match error.hint() {
        Some(hint) => write!(f, " ({hint})"),
        None => Ok(()),
    }
}

/// Writes which peer the error is about.
fn peer(error: &Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (error.uri(), error.peer()) {
        (Some(uri), _) => write!(f, "cannot connect to {uri}")?,
        (None, Some(peer)) => write!(f, "the opening handshake with {peer} failed")?,
        (None, None) => return Ok(()),
    }
    match error.proxy() {
        Some(proxy) => write!(f, " through the proxy {proxy}: "),
        None => f.write_str(": "),
    }
}

/// The text of the error itself.
fn text(error: &Error) -> Cow<'static, str> {
    match error {
        Error::Handshake(HandshakeError::InvalidStatus(error)) => status(error).into(),
        Error::InvalidUri(error) if error.uri.is_empty() => match &error.reason {
            Some(reason) => format!("Invalid URI \"\": {reason}").into(),
            None => "Invalid URI \"\"".into(),
        },
        Error::Io(io) => match address_of(io) {
            Some(AddressError { address, error: inner, .. })
                if address.is_empty() || is_part_of(address, error.uri()) =>
            {
                os(inner)
            }
            Some(AddressError { address, error, .. }) => format!("{address}: {}", os(error)).into(),
            None => os(io),
        },
        error => error.to_string().into(),
    }
}

/// The status, its standard phrase, and the explanation of the server.
fn status(error: &InvalidStatus) -> String {
    let mut text = error.to_string();
    if let Some(phrase) = error.status_code.canonical_reason() {
        let _ = write!(text, " {phrase}");
    }
    if let Some(line) = explanation(error) {
        let _ = write!(text, "; the server says: {}", Escaped(&line));
    }
    text
}

/// The first line of a body that is plain text.
pub(crate) fn explanation(error: &InvalidStatus) -> Option<String> {
    let body = String::from_utf8_lossy(&error.body);
    let line = body.lines().map(str::trim).find(|line| !line.is_empty())?;
    (!line.starts_with('<')).then(|| line.chars().take(MAX_EXPLANATION).collect())
}

/// Whether the URI names this address already: as its host and port, as its host, or as a whole.
fn is_part_of(address: &str, uri: Option<&str>) -> bool {
    let is_host = |part: &str| {
        let port = part.strip_prefix(address);
        port.is_some_and(|port| port.is_empty() || port.starts_with(':'))
    };
    uri.is_some_and(|uri| uri == address || uri.split(['/', '@']).any(is_host))
}

/// The number of characters of a body that are shown.
const MAX_EXPLANATION: usize = 200;
