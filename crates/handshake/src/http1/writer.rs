//! Writing a head that cannot be split by a header's value: [RFC 9110 §5.5](https://www.rfc-editor.org/rfc/rfc9110#section-5.5).

use http::{HeaderMap, HeaderName};
use sockeye_errors::{HeaderErrorKind, InvalidHeader};

use super::{reader::is_text, redaction::invalid_header, token::is_token};

/// Writes a head.
#[derive(Debug)]
pub(crate) struct HeadWriter {
    bytes: Vec<u8>,
}

impl HeadWriter {
    /// Begins with a start line, which the caller has checked.
    pub(crate) fn new(start_line: &str) -> Self {
        let mut bytes = Vec::with_capacity(512);
        bytes.extend_from_slice(start_line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
        Self { bytes }
    }

    /// Writes a header, if a reader would find exactly this name and this value.
    pub(crate) fn header(
        &mut self,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<(), InvalidHeader> {
        self.write(name, value.as_ref())
    }

    fn write(&mut self, name: &str, value: &[u8]) -> Result<(), InvalidHeader> {
        if !is_token(name.as_bytes()) || !is_text(value) || value.trim_ascii() != value {
            return Err(invalid_header(name, value, HeaderErrorKind::Format));
        }
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            self.bytes.extend_from_slice(part);
        }
        Ok(())
    }

    /// Writes the headers of the application. Returns an error if one of them is `reserved` for the handshake.
    pub(crate) fn headers(
        &mut self,
        headers: &HeaderMap,
        reserved: fn(&HeaderName) -> bool,
    ) -> Result<(), InvalidHeader> {
        for (name, value) in headers {
            if reserved(name) {
                return Err(InvalidHeader::reserved(name.as_str()));
            }
            self.write(name.as_str(), value.as_bytes()).map_err(|mut error| {
                error.value = error.value.filter(|_| !value.is_sensitive());
                error
            })?;
        }
        Ok(())
    }

    /// Ends the head.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(b"\r\n");
        self.bytes
    }
}

/// Returns whether the handshake or the framing of HTTP sets the header `name`, so that an application cannot.
pub(crate) fn is_reserved(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("sec-websocket-")
        || matches!(name, "connection" | "content-length" | "transfer-encoding" | "upgrade")
}
