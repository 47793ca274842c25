//! What errors and `Debug` may show of a header: no secrets, no control characters, and not much.

use std::fmt;

use http::HeaderMap;
use sockeye_errors::{HeaderProblem, InvalidHeader};

/// Whether the values of the header `name` are secrets.
pub(crate) fn is_secret(name: &str) -> bool {
    ["authorization", "cookie", "proxy-authorization", "set-cookie"]
        .iter()
        .any(|secret| secret.eq_ignore_ascii_case(name))
}

/// Says that the header `name` has `problem`, and shows the beginning of `value` if that is no
/// secret.
pub(crate) fn invalid_header(
    name: &str,
    value: impl AsRef<[u8]>,
    problem: HeaderProblem,
) -> InvalidHeader {
    invalid(name, value.as_ref(), problem)
}

fn invalid(name: &str, value: &[u8], problem: HeaderProblem) -> InvalidHeader {
    let mut error = InvalidHeader::missing(name);
    error.problem = problem;
    error.value = (!is_secret(name)).then(|| excerpt(value));
    error
}

/// The beginning of what a peer wrote, for an error.
pub(crate) fn excerpt(value: &[u8]) -> String {
    let shown = value.get(..EXCERPT);
    let mut text = String::from_utf8_lossy(shown.unwrap_or(value)).into_owned();
    if shown.is_some() {
        text.push('…');
    }
    text
}

/// Headers as `Debug` shows them.
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

const EXCERPT: usize = 200;
