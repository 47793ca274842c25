//! Comma-separated lists: [RFC 9110 §5.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1).

use sockeye_errors::{HeaderProblem, InvalidHeader};

use crate::{fields::Fields, redaction::invalid_header, token::is_token};

/// The elements of a list of tokens, over all lines of the header `name`; empty where there is no
/// such header.
///
/// Empty elements are skipped, as a recipient has to; a list of nothing else is malformed.
pub(crate) fn tokens<'a>(
    fields: &Fields<'a>,
    name: &str,
    accepts: fn(&str) -> bool,
) -> Result<Vec<&'a str>, InvalidHeader> {
    let mut elements = Vec::new();
    let mut last = None;
    for value in fields.values(name) {
        last = Some(value);
        let malformed = || invalid_header(name, value, HeaderProblem::Format);
        let text = str::from_utf8(value).map_err(|_| malformed())?;
        for element in text.split(',').map(str::trim_ascii).filter(|element| !element.is_empty()) {
            if !accepts(element) {
                return Err(malformed());
            }
            elements.push(element);
        }
    }
    match last {
        Some(value) if elements.is_empty() => {
            Err(invalid_header(name, value, HeaderProblem::Format))
        }
        _ => Ok(elements),
    }
}

/// Whether `element` is a protocol as `Upgrade` lists them: a name, and perhaps a version.
pub(crate) fn is_protocol(element: &str) -> bool {
    match element.split_once('/') {
        Some((name, version)) => is_token(name) && is_token(version),
        None => is_token(element),
    }
}

/// Whether `list` holds `token`, in any case.
pub(crate) fn contains(list: &[&str], token: &str) -> bool {
    list.iter().any(|element| element.eq_ignore_ascii_case(token))
}
