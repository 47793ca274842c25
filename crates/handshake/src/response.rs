//! The response of a server: [RFC 6455 §4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2).

use std::fmt;

use http::{HeaderMap, StatusCode, Version, response::Parts};
use sockeye_errors::HandshakeError;

use crate::http1::{Head, HeadKind, HeadReader, Redacted, StatusLine};

/// The response of an opening handshake, stored as compactly as a [`Request`](crate::Request).
///
/// # Examples
///
/// ```
/// use sockeye::Response;
///
/// let response = Response::parse(b"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n")?;
/// assert_eq!(response.status(), 404);
/// assert_eq!(response.header("server"), Some("x"));
/// # Ok::<(), sockeye::error::HandshakeError>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Response {
    head: Head,
}

impl Response {
    /// Reads a response from the bytes of its head.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are not exactly one complete head of a response of HTTP/1.
    pub fn parse(bytes: &[u8]) -> Result<Self, HandshakeError> {
        HeadReader::read_whole(HeadKind::Response, bytes).map(Self::new)
    }

    /// Creates a response from a head that another HTTP client has parsed.
    pub fn from_parts(parts: &Parts) -> Self {
        let Parts { status, version, headers, .. } = parts;
        let reason = status.canonical_reason().unwrap_or_default();
        Self::new(Head::from_parts(&format!("{version:?} {} {reason}", status.as_u16()), headers))
    }

    /// Returns a response with the same version, status and headers for another HTTP server to send.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::Response;
    ///
    /// let response = Response::parse(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")?;
    /// let response: sockeye::http::Response<()> = response.to_http();
    /// assert_eq!(response.status(), 101);
    /// assert_eq!(response.headers()["upgrade"], "websocket");
    /// # Ok::<(), sockeye::error::HandshakeError>(())
    /// ```
    pub fn to_http(&self) -> http::Response<()> {
        let line = self.line();
        let mut response = http::Response::new(());
        *response.version_mut() = line.version();
        *response.status_mut() = line.status();
        *response.headers_mut() = self.head.to_map();
        response
    }

    /// Returns the status code.
    pub fn status(&self) -> StatusCode {
        self.line().status()
    }

    /// Returns the first value of the header `name`, compared without case; `None` if there is no such header or if its value is
    /// not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// Returns a map of all headers, which is built on the first call.
    pub fn headers(&self) -> &HeaderMap {
        self.head.headers()
    }

    /// Returns the head of the response as HTTP/1 sends it; `None` if it is a response of another version.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        (self.line().version() <= Version::HTTP_11).then(|| self.head.as_bytes())
    }

    pub(crate) fn new(head: Head) -> Self {
        Self { head }
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Returns whether this is a response of HTTP/1.1.
    pub(crate) fn is_http_1_1(&self) -> bool {
        self.line().version() == Version::HTTP_11
    }

    fn line(&self) -> StatusLine<'_> {
        StatusLine::split(self.head.start_line())
            .expect("the head was checked or written by this crate")
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
    /// Leaves out possible secrets: the values of some headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status())
            .field("headers", &Redacted(self.headers()))
            .finish()
    }
}
