//! The headers of a head, for those who ask for many: [RFC 9110 §5.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.1).

use sockeye_errors::{HeaderProblem, InvalidHeader};

use crate::{head::Head, redaction::invalid_header};

/// The headers of a head, which were found in one pass.
pub(crate) struct Fields<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Fields<'a> {
    pub(crate) fn of(head: &'a Head) -> Self {
        let mut fields = Vec::with_capacity(ENOUGH);
        fields.extend(head.fields());
        Self(fields)
    }

    /// The values of the header `name`, line by line.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name.as_bytes()))
            .map(|&(_, value)| value)
    }

    /// The value of the header `name`, which may be there once and has to be ASCII.
    pub(crate) fn at_most_one(&self, name: &str) -> Result<Option<&'a str>, InvalidHeader> {
        let mut values = self.values(name);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(InvalidHeader::duplicate(name));
        }
        match str::from_utf8(value) {
            Ok(text) if text.is_ascii() => Ok(Some(text)),
            _ => Err(invalid_header(name, value, HeaderProblem::Format)),
        }
    }

    /// The value of the header `name`, which has to be there once.
    pub(crate) fn exactly_one(&self, name: &str) -> Result<&'a str, InvalidHeader> {
        self.at_most_one(name)?.ok_or_else(|| InvalidHeader::missing(name))
    }
}

/// How many headers there is room for at once: a browser sends up to as many.
const ENOUGH: usize = 16;
