//! The headers of a head for several lookups: [RFC 9110 §5.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.1).

use sockeye_errors::{HeaderErrorKind, InvalidHeader};

use super::{head::Head, redaction::invalid_header};

/// The header lines of a head, located in one pass.
pub(crate) struct HeaderLines<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> HeaderLines<'a> {
    pub(crate) fn of(head: &'a Head) -> Self {
        let mut lines = Vec::with_capacity(USUAL);
        lines.extend(head.lines());
        Self(lines)
    }

    /// Returns the value of each line of the header `name`.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter(move |(header, _)| header.eq_ignore_ascii_case(name.as_bytes()))
            .map(|&(_, value)| value)
    }

    /// Returns the value of the header `name`, which must be ASCII and may occur once.
    pub(crate) fn at_most_one(&self, name: &str) -> Result<Option<&'a str>, InvalidHeader> {
        let mut values = self.values(name);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(InvalidHeader::duplicate(name));
        }
        match str::from_utf8(value) {
            Ok(text) if text.is_ascii() => Ok(Some(text)),
            _ => Err(invalid_header(name, value, HeaderErrorKind::Format)),
        }
    }

    /// Returns the value of the header `name`, which must be ASCII and occur once.
    pub(crate) fn exactly_one(&self, name: &str) -> Result<&'a str, InvalidHeader> {
        self.at_most_one(name)?.ok_or_else(|| InvalidHeader::missing(name))
    }
}

/// The initial capacity: the number of headers of a browser's request.
const USUAL: usize = 16;
