//! The head of a message, in the compact form that a connection keeps: [RFC 9112 §2.1](https://www.rfc-editor.org/rfc/rfc9112#section-2.1).

use std::{
    io::BufRead,
    iter,
    sync::{Arc, OnceLock},
};

use http::{HeaderMap, HeaderName, HeaderValue};
use sockeye_errors::InvalidMessage;

/// A head that has been checked: the bytes as they are on the wire, and a map of the headers for
/// those who ask.
///
/// The map is an order of magnitude larger than the bytes, and an idle connection keeps its heads:
/// so it is made when it is first wanted, and all lookups of the handshake itself go to the bytes.
#[derive(Clone)]
pub(crate) struct Head {
    bytes: Box<[u8]>,
    /// Not in a box: how to drop a map would be compiled in each module that may drop a head, and not once in a crate.
    headers: OnceLock<Arc<HeaderMap>>,
}

impl Head {
    /// Checks the `headers` header lines of a head whose lines have been found well-formed and whose start line is good.
    pub(crate) fn read(bytes: Vec<u8>, headers: usize) -> Result<Self, InvalidMessage> {
        let head = Self::written(bytes.into_boxed_slice());
        let section = head.bytes.get(head.start_line().len() + 2..).unwrap_or_default();
        let mut few = [httparse::EMPTY_HEADER; FEW];
        let mut many = Vec::new();
        let parsed = few.get_mut(..headers).unwrap_or_else(|| {
            many.resize(headers, httparse::EMPTY_HEADER);
            &mut many
        });
        match httparse::parse_headers(section, parsed) {
            Ok(httparse::Status::Complete((length, _))) if length == section.len() => Ok(head),
            Ok(_) => Err(InvalidMessage::malformed("invalid header section")),
            Err(error) => Err(InvalidMessage::malformed(error.to_string())),
        }
    }

    /// Writes the head of a message that was parsed elsewhere, in the same form.
    pub(crate) fn from_parts(start_line: &str, headers: &HeaderMap) -> Self {
        let lines = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
        let length = start_line.len() + 2 + lines.sum::<usize>() + 2;
        let mut bytes = Vec::with_capacity(length);
        for part in [start_line.as_bytes(), b"\r\n"] {
            bytes.extend_from_slice(part);
        }
        // No value holds a line end: the type sees to that.
        for (name, value) in headers {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                bytes.extend_from_slice(part);
            }
        }
        bytes.extend_from_slice(b"\r\n");
        Self::written(bytes.into_boxed_slice())
    }

    /// A head that we wrote ourselves.
    pub(crate) const fn written(bytes: Box<[u8]>) -> Self {
        Self { bytes, headers: OnceLock::new() }
    }

    /// The head as it is on the wire.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The start line, without its end.
    pub(crate) fn start_line(&self) -> &[u8] {
        let end = self.bytes.iter().position(|&byte| byte == b'\r');
        &self.bytes[..end.unwrap_or(self.bytes.len())]
    }

    /// All headers, in a map.
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.headers.get_or_init(|| Arc::new(self.to_map()))
    }

    /// Builds the map of all headers, and does not keep it.
    pub(crate) fn to_map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in self.fields() {
            let name = HeaderName::from_bytes(name);
            let value = HeaderValue::from_bytes(value);
            if let (Ok(name), Ok(value)) = (name, value) {
                // The map has a limit of its own, far above any sensible number of headers.
                let _ = map.try_append(name, value);
            }
        }
        map
    }

    /// The headers, line by line: each name with its value.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = self.bytes.get(self.start_line().len() + 2..).unwrap_or_default();
        iter::from_fn(move || next_field(&mut rest))
    }

    /// The first value of the header `name`, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        for (field, value) in self.fields() {
            if field.eq_ignore_ascii_case(name.as_bytes()) {
                return str::from_utf8(value).ok();
            }
        }
        None
    }
}

/// Takes the next header off the front: its name and its value.
fn next_field<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    // A name is short, and its end soon found; a value may be long. The empty line at the end has neither.
    let colon = rest.iter().position(|&byte| byte == b':')?;
    let (name, line) = rest.split_at(colon);
    let (value, next) = line.split_at(line_length(line));
    *rest = next;
    Some((name, value[1..].trim_ascii()))
}

/// How long the first line is, its end included; where it has none, all of `bytes`.
pub(crate) fn line_length(mut bytes: &[u8]) -> usize {
    // The search of the standard library, which looks at many bytes at once. Reading from a slice never fails.
    bytes.skip_until(b'\n').unwrap_or_default()
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Head {}

/// Headers that are parsed without memory of their own; a browser sends fewer.
const FEW: usize = 24;
