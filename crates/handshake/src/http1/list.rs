//! Comma-separated lists: [RFC 9110 §5.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1).

use sockeye_errors::{HeaderErrorKind, InvalidHeader};

use super::{header_lines::HeaderLines, redaction::invalid_header, token::is_token};

/// Returns the elements of a list over all lines of the header `name`; empty if there is no such header.
///
/// Empty elements are skipped, as RFC 9110 §5.6.1.2 demands. A list of nothing but empty elements is malformed.
pub(crate) fn tokens<'a>(
    headers: &HeaderLines<'a>,
    name: &str,
    accepts: fn(&[u8]) -> bool,
) -> Result<Vec<&'a str>, InvalidHeader> {
    let mut elements = Vec::new();
    for_each(headers, name, &mut |element| match str::from_utf8(element) {
        Ok(text) if accepts(element) => {
            elements.push(text);
            true
        }
        _ => false,
    })?;
    Ok(elements)
}

/// Checks that the header `name` is such a list and that `token` is in it, compared without case.
pub(crate) fn require_token(
    headers: &HeaderLines<'_>,
    name: &str,
    accepts: fn(&[u8]) -> bool,
    token: &str,
) -> Result<(), InvalidHeader> {
    let (mut is_there, mut found) = (false, false);
    for_each(headers, name, &mut |element| {
        is_there = true;
        let is_it = element.eq_ignore_ascii_case(token.as_bytes());
        found |= is_it;
        is_it || accepts(element)
    })?;
    match (found, is_there) {
        (true, _) => Ok(()),
        (false, true) => {
            let list = tokens(headers, name, accepts)?.join(", ");
            Err(invalid_header(name, list, HeaderErrorKind::Value))
        }
        (false, false) => Err(InvalidHeader::missing(name)),
    }
}

/// Calls `take` with each element. `take` returns whether the element is well-formed.
fn for_each<'a>(
    headers: &HeaderLines<'a>,
    name: &str,
    take: &mut dyn FnMut(&'a [u8]) -> bool,
) -> Result<(), InvalidHeader> {
    let (mut last, mut is_empty) = (None, true);
    for value in headers.values(name) {
        last = Some(value);
        let elements = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        for element in elements.filter(|element| !element.is_empty()) {
            is_empty = false;
            if !take(element) {
                return Err(malformed(name, value));
            }
        }
    }
    match last {
        Some(value) if is_empty => Err(malformed(name, value)),
        _ => Ok(()),
    }
}

/// Returns whether `element` is a protocol of an `Upgrade` header: a name, optionally with a version.
pub(crate) fn is_protocol(element: &[u8]) -> bool {
    element.splitn(2, |&byte| byte == b'/').all(is_token)
}

fn malformed(name: &str, value: &[u8]) -> InvalidHeader {
    invalid_header(name, value, HeaderErrorKind::Format)
}
