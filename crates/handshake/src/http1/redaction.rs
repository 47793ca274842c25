//! Headers in errors and in `Debug` output: without secrets, and truncated.

use std::fmt;

use http::HeaderMap;
use sockeye_errors::{HeaderErrorKind, InvalidHeader};

/// Returns whether the values of the header `name` are secrets.
pub(crate) fn is_secret(name: &str) -> bool {
    ["authorization", "cookie", "proxy-authorization", "set-cookie"]
        .iter()
        .any(|secret| secret.eq_ignore_ascii_case(name))
}

/// Makes an error about the header `name`, with the beginning of `value` unless it is a secret.
pub(crate) fn invalid_header(
    name: &str,
    value: impl AsRef<[u8]>,
    kind: HeaderErrorKind,
) -> InvalidHeader {
    invalid(name, value.as_ref(), kind)
}

fn invalid(name: &str, value: &[u8], kind: HeaderErrorKind) -> InvalidHeader {
    let mut error = InvalidHeader::missing(name);
    error.kind = kind;
    error.value = (!is_secret(name)).then(|| excerpt(value));
    error
}

/// Returns the beginning of a value that a peer sent, for an error.
pub(crate) fn excerpt(value: &[u8]) -> String {
    let shown = value.get(..EXCERPT);
    let mut text = String::from_utf8_lossy(shown.unwrap_or(value)).into_owned();
    if shown.is_some() {
        text.push('…');
    }
    text
}

/// Displays headers without secrets.
pub(crate) struct Redacted<'a>(pub(crate) &'a HeaderMap);

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.iter().map(|(name, value)| {
            let secret = value.is_sensitive() || is_secret(name.as_str());
            (name, if secret { "***".to_owned() } else { excerpt(value.as_bytes()) })
        });
        f.debug_map().entries(shown).finish()
    }
}

/// The number of bytes of a value that errors and `Debug` show.
const EXCERPT: usize = 200;
