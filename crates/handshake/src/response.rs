//! The response of a server: [RFC 6455 §4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2).

use std::fmt;

use http::{HeaderMap, StatusCode};
use sockeye_errors::{HandshakeError, InvalidMessage, InvalidProtocol};

use crate::{
    head::Head,
    reader::{HeadReader, Kind},
    redaction::Redacted,
};

/// The response of an opening handshake, kept as compactly as a [`Request`](crate::Request).
#[derive(Clone, Eq, PartialEq)]
pub struct Response {
    head: Head,
}

impl Response {
    /// Reads a response of exactly these bytes.
    ///
    /// # Errors
    ///
    /// When they are not the head of a response of HTTP/1, whole and with nothing behind it.
    pub fn parse(bytes: &[u8]) -> Result<Self, HandshakeError> {
        HeadReader::read_whole(Kind::Response, bytes).map(Self::new)
    }

    /// The status code.
    pub fn status(&self) -> StatusCode {
        self.line().status
    }

    /// The first value of the header `name`, in any case, if it is there and UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        self.head.headers()
    }

    /// The head of the response as it is on the wire.
    pub fn as_bytes(&self) -> &[u8] {
        self.head.as_bytes()
    }

    pub(crate) fn new(head: Head) -> Self {
        Self { head }
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Whether it is of HTTP/1.1; else it is of HTTP/1.0.
    pub(crate) fn is_http_1_1(&self) -> bool {
        self.line().minor == b'1'
    }

    fn line(&self) -> StatusLine {
        StatusLine::parse(self.head.start_line()).expect("it was parsed before the head was made")
    }
}

impl fmt::Debug for Response {
    /// Leaves out what can be a secret: the values of some headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status())
            .field("headers", &Redacted(self.headers()))
            .finish()
    }
}

/// The first line of a response: [RFC 9112 §4](https://www.rfc-editor.org/rfc/rfc9112#section-4).
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatusLine {
    status: StatusCode,
    minor: u8,
}

impl StatusLine {
    pub(crate) fn parse(line: &[u8]) -> Result<Self, HandshakeError> {
        let malformed = || InvalidMessage::malformed("invalid status line");
        let (version, rest) = line.split_at_checked(8).ok_or_else(malformed)?;
        let minor = match version {
            // A refusal is worth reading whatever the server speaks; an upgrade needs 1.1, which is
            // checked there.
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ (b'0' | b'1')] => *minor,
            [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
                return Err(InvalidProtocol::new(String::from_utf8_lossy(version)).into());
            }
            _ => return Err(malformed().into()),
        };
        // The space before an empty reason is often forgotten.
        let ([b' ', code @ ..], [] | [b' ', ..]) =
            rest.split_at_checked(4).ok_or_else(malformed)?
        else {
            return Err(malformed().into());
        };
        match StatusCode::from_bytes(code) {
            Ok(status) if status.as_u16() < 600 => Ok(Self { status, minor }),
            _ => Err(malformed().into()),
        }
    }
}
