//! URIs that are malformed or not for WebSocket.

use std::fmt;

/// A URI is malformed, or its scheme is not for WebSocket.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct InvalidUri {
    /// The URI; `***` replaces the user information.
    pub uri: String,
    /// The reason why it is invalid.
    pub reason: Option<String>,
}

impl InvalidUri {
    /// Creates the error for a URI. The user information is removed.
    pub fn new(uri: &str, reason: impl Into<String>) -> Self {
        Self { uri: redact(uri), reason: Some(reason.into()) }
    }
}

impl fmt::Display for InvalidUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Some(reason) => write!(f, "Invalid URI {}: {reason}", self.uri),
            None => write!(f, "Invalid URI: {}", self.uri),
        }
    }
}

impl std::error::Error for InvalidUri {}

/// Replaces the user information of a URI, however malformed, and escapes its control characters.
///
/// The function removes everything between the scheme and the last `@`, even behind a `/`: a password that contains an
/// unescaped slash is still a password.
pub(crate) fn redact(uri: &str) -> String {
    let start = match uri.split_once(':') {
        Some((scheme, rest)) if rest.starts_with("//") && !scheme.contains('@') => {
            scheme.len() + "://".len()
        }
        _ => 0,
    };
    let (scheme, rest) = uri.split_at(start);
    let shown = match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}***@{host}"),
        None => uri.to_owned(),
    };
    let mut text = String::with_capacity(shown.len());
    for c in shown.chars() {
        if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::InvalidUri;

    #[test]
    fn user_information_is_never_kept() {
        for uri in [
            "ws://me:secret@host/",
            "ws://me:sec/ret@host/",
            "ws://secret@",
            "secret@host",
            "secret:secret://secret@host",
            "secret@host://path",
        ] {
            let error = InvalidUri::new(uri, "why");
            assert!(!format!("{error} {error:?}").contains("secret"), "{uri}");
            assert!(error.uri.contains("***@"), "{uri}");
        }
    }

    #[test]
    fn an_ordinary_uri_is_kept_whole() {
        assert_eq!(InvalidUri::new("http://host/a?b#c", "").uri, "http://host/a?b#c");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(InvalidUri::new("ws://h/\r\n\u{1b}[31m", "").uri, "ws://h/\\r\\n\\u{1b}[31m");
    }
}
