//! The head of a message, in the compact form that a connection keeps: [RFC 9112 §2.1](https://www.rfc-editor.org/rfc/rfc9112#section-2.1).

use std::sync::OnceLock;

use http::{HeaderMap, HeaderName, HeaderValue};
use sockeye_errors::{HeaderProblem, InvalidHeader, InvalidMessage};

use crate::redaction::invalid_header;

/// A head that has been checked: the bytes as they are on the wire, and a map of the headers for
/// those who ask.
///
/// The map is an order of magnitude larger than the bytes, and an idle connection keeps its heads:
/// so it is made when it is first wanted, and all lookups of the handshake itself go to the bytes.
#[derive(Clone)]
pub(crate) struct Head {
    bytes: Box<[u8]>,
    headers: OnceLock<Box<HeaderMap>>,
}

impl Head {
    /// Checks the header lines of a head whose lines have been found well-formed and whose start
    /// line is good.
    pub(crate) fn new(bytes: Vec<u8>, headers: usize) -> Result<Self, InvalidMessage> {
        let head = Self { bytes: bytes.into_boxed_slice(), headers: OnceLock::new() };
        let section = head.bytes.get(head.start_line().len() + 2..).unwrap_or_default();
        let mut parsed = vec![httparse::EMPTY_HEADER; headers];
        match httparse::parse_headers(section, &mut parsed) {
            Ok(httparse::Status::Complete((length, _))) if length == section.len() => Ok(head),
            Ok(_) => Err(InvalidMessage::malformed("invalid header section")),
            Err(error) => Err(InvalidMessage::malformed(error.to_string())),
        }
    }

    /// A head that we wrote ourselves, line by line.
    pub(crate) fn written(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into_boxed_slice(), headers: OnceLock::new() }
    }

    /// The head as it is on the wire.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The start line, without its end.
    pub(crate) fn start_line(&self) -> &[u8] {
        &self.bytes[..memchr::memchr(b'\r', &self.bytes).unwrap_or(self.bytes.len())]
    }

    /// All headers, in a map.
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.headers.get_or_init(|| {
            let mut map = HeaderMap::new();
            for (name, value) in self.fields() {
                let name = HeaderName::from_bytes(name);
                let value = HeaderValue::from_bytes(value);
                if let (Ok(name), Ok(value)) = (name, value) {
                    // The map has a limit of its own, far above any sensible number of headers.
                    let _ = map.try_append(name, value);
                }
            }
            Box::new(map)
        })
    }

    /// The values of the header `name`, line by line.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.lines().filter_map(move |line| {
            let (field, rest) = line.split_at_checked(name.len())?;
            let value = rest.strip_prefix(b":")?;
            field.eq_ignore_ascii_case(name.as_bytes()).then(|| value.trim_ascii())
        })
    }

    /// The first value of the header `name`, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.values(name).next().and_then(|value| str::from_utf8(value).ok())
    }

    /// The value of the header `name`, which may be there once and has to be ASCII.
    pub(crate) fn at_most_one(&self, name: &str) -> Result<Option<&str>, InvalidHeader> {
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
    pub(crate) fn exactly_one(&self, name: &str) -> Result<&str, InvalidHeader> {
        self.at_most_one(name)?.ok_or_else(|| InvalidHeader::missing(name))
    }

    fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines().filter_map(|line| {
            let colon = memchr::memchr(b':', line)?;
            let (name, value) = line.split_at(colon);
            Some((name, value.get(1..)?.trim_ascii()))
        })
    }

    /// The lines of the headers, each with its CR.
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        memchr::memchr_iter(b'\n', &self.bytes)
            .map(move |end| &self.bytes[std::mem::replace(&mut start, end + 1)..end])
            .skip(1)
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Head {}
