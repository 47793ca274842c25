//! The response of a server: [RFC 6455 §4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2).

use std::fmt;

use http::{HeaderMap, StatusCode, Version, response::Parts};
use sockeye_errors::HandshakeError;

use crate::http1::{Head, HeadKind, HeadReader, Redacted, StatusLine};

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
        HeadReader::read_whole(HeadKind::Response, bytes).map(Self::new)
    }

    /// Makes a response of the head that another HTTP client has parsed.
    pub fn from_parts(parts: &Parts) -> Self {
        let Parts { status, version, headers, .. } = parts;
        let reason = status.canonical_reason().unwrap_or_default();
        Self::new(Head::from_parts(&format!("{version:?} {} {reason}", status.as_u16()), headers))
    }

    /// Makes a response of `http` with the same version, status and headers, for another HTTP server to send.
    pub fn to_http(&self) -> http::Response<()> {
        let line = self.line();
        let mut response = http::Response::new(());
        *response.version_mut() = line.version();
        *response.status_mut() = line.status();
        *response.headers_mut() = self.head.to_map();
        response
    }

    /// The status code.
    pub fn status(&self) -> StatusCode {
        self.line().status()
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
        self.line().version() == Version::HTTP_11
    }

    fn line(&self) -> StatusLine<'_> {
        StatusLine::split(self.head.start_line()).expect("it was parsed before the head was made")
    }
}

impl From<&Parts> for Response {
    fn from(parts: &Parts) -> Self {
        Self::from_parts(parts)
    }
}

impl From<&Response> for http::Response<()> {
    fn from(response: &Response) -> Self {
        response.to_http()
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
