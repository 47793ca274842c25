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
    accepts: fn(&[u8]) -> bool,
) -> Result<Vec<&'a str>, InvalidHeader> {
    let mut elements = Vec::new();
    each(fields, name, &mut |element| match str::from_utf8(element) {
        Ok(text) if accepts(element) => {
            elements.push(text);
            true
        }
        _ => false,
    })?;
    Ok(elements)
}

/// Demands such a list in the header `name`, and in it `token`, in any case.
pub(crate) fn demand(
    fields: &Fields<'_>,
    name: &str,
    accepts: fn(&[u8]) -> bool,
    token: &str,
) -> Result<(), InvalidHeader> {
    let (mut is_there, mut found) = (false, false);
    each(fields, name, &mut |element| {
        is_there = true;
        let is_it = element.eq_ignore_ascii_case(token.as_bytes());
        found |= is_it;
        is_it || accepts(element)
    })?;
    match (found, is_there) {
        (true, _) => Ok(()),
        (false, true) => {
            let list = tokens(fields, name, accepts)?.join(", ");
            Err(invalid_header(name, list, HeaderProblem::Value))
        }
        (false, false) => Err(InvalidHeader::missing(name)),
    }
}

/// Gives each element to `take`, which says whether it is one.
fn each<'a>(
    fields: &Fields<'a>,
    name: &str,
    take: &mut dyn FnMut(&'a [u8]) -> bool,
) -> Result<(), InvalidHeader> {
    let (mut last, mut is_empty) = (None, true);
    for value in fields.values(name) {
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

/// Whether `element` is a protocol as `Upgrade` lists them: a name, and perhaps a version.
pub(crate) fn is_protocol(element: &[u8]) -> bool {
    element.splitn(2, |&byte| byte == b'/').all(is_token)
}

fn malformed(name: &str, value: &[u8]) -> InvalidHeader {
    invalid_header(name, value, HeaderProblem::Format)
}
