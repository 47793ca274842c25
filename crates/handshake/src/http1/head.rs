//! The head of a message in compact form: [RFC 9112 §2.1](https://www.rfc-editor.org/rfc/rfc9112#section-2.1).

use std::{
    io::BufRead,
    iter,
    sync::{Arc, OnceLock},
};

use http::{HeaderMap, HeaderName, HeaderValue};

/// The head of a message: the start line and the header lines, both checked.
///
/// A connection keeps the heads of its handshake, and the map of the headers takes ten times the memory of the lines. The map is
/// therefore built on the first call of [`headers`](Self::headers), and every lookup of the handshake reads the lines.
#[derive(Clone)]
pub struct Head {
    bytes: Box<[u8]>,
    /// Not boxed: the code that drops a boxed map would be compiled in every module that can drop a head.
    headers: OnceLock<Arc<HeaderMap>>,
}

impl Head {
    /// Wraps lines that were checked or written by this crate.
    pub(crate) const fn new(bytes: Box<[u8]>) -> Self {
        Self { bytes, headers: OnceLock::new() }
    }

    /// Writes the head of a message that another HTTP implementation has parsed, in the same form.
    pub(crate) fn from_parts(start_line: &str, headers: &HeaderMap) -> Self {
        let lines = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
        let length = start_line.len() + 2 + lines.sum::<usize>() + 2;
        let mut bytes = Vec::with_capacity(length);
        bytes.extend_from_slice(start_line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
        // A `HeaderValue` holds no line end.
        for (name, value) in headers {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                bytes.extend_from_slice(part);
            }
        }
        bytes.extend_from_slice(b"\r\n");
        Self::new(bytes.into_boxed_slice())
    }

    /// Returns all lines, as HTTP/1.1 sends them.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the start line, without its line end.
    pub fn start_line(&self) -> &[u8] {
        start_line(&self.bytes)
    }

    /// Returns a map of all headers, which is built on the first call.
    pub fn headers(&self) -> &HeaderMap {
        self.headers.get_or_init(|| Arc::new(self.to_map()))
    }

    /// Builds a map of all headers without keeping it.
    pub(crate) fn to_map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in self.lines() {
            let name = HeaderName::from_bytes(name);
            let value = HeaderValue::from_bytes(value);
            if let (Ok(name), Ok(value)) = (name, value) {
                // The limit of the map itself is far above any sensible number of headers.
                let _ = map.try_append(name, value);
            }
        }
        map
    }

    /// Returns the name and the value of each header line, in order.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = &self.bytes[line_length(&self.bytes)..];
        iter::from_fn(move || next_header(&mut rest))
    }

    /// Returns the first value of the header `name`, compared without case; `None` if there is no such header or if its value is
    /// not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        for (header, value) in self.lines() {
            if header.eq_ignore_ascii_case(name.as_bytes()) {
                return str::from_utf8(value).ok();
            }
        }
        None
    }
}

/// Removes the next header from the front of `rest` and returns its name and its value.
fn next_header<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    // A name is short, so a simple search finds its end soon; a value may be long. The empty last line has no colon.
    let colon = rest.iter().position(|&byte| byte == b':')?;
    let (name, line) = rest.split_at(colon);
    let (value, next) = line.split_at(line_length(line));
    *rest = next;
    Some((name, value[1..].trim_ascii()))
}

/// Returns the first line without its line end.
pub(crate) fn start_line(bytes: &[u8]) -> &[u8] {
    let line = &bytes[..line_length(bytes)];
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Returns the length of the first line including its line end, or of all of `bytes` if no line ends.
pub(crate) fn line_length(mut bytes: &[u8]) -> usize {
    // `skip_until` searches many bytes at once. Reading from a slice never fails.
    bytes.skip_until(b'\n').unwrap_or_default()
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Head {}

impl std::fmt::Debug for Head {
    /// Leaves out all headers, which can hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Head").field("length", &self.bytes.len()).finish_non_exhaustive()
    }
}
