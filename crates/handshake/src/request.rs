//! The request of a client: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use std::fmt;

use http::{HeaderMap, request::Parts};
use sockeye_errors::HandshakeError;

use crate::{
    http1::{
        Head, HeadKind, HeadReader, HeaderLines, Redacted, RequestLine, header_names, is_token,
        tokens,
    },
    target::Target,
};

/// The request of an opening handshake.
///
/// A request takes a few hundred bytes, since every connection keeps one. [`headers`](Self::headers) builds a map on the first
/// call, which takes ten times as much memory; [`header`](Self::header) needs no map.
///
/// # Examples
///
/// ```
/// use sockeye::Request;
///
/// let request = Request::parse(b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nCookie: a=1\r\n\r\n")?;
/// assert_eq!((request.path(), request.query()), ("/chat", Some("room=1")));
/// assert_eq!(request.host(), Some("example.com"));
/// assert_eq!(request.header("Cookie"), Some("a=1"));
/// # Ok::<(), sockeye::error::HandshakeError>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Request {
    head: Head,
}

impl Request {
    /// Reads a request from the bytes of its head.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are not exactly one complete head of a request of HTTP/1.0 or HTTP/1.1.
    pub fn parse(bytes: &[u8]) -> Result<Self, HandshakeError> {
        HeadReader::read_whole(HeadKind::Request, bytes).map(Self::new)
    }

    /// Creates a request from a head that another HTTP server has parsed.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::{Request, http};
    ///
    /// let (parts, ()) =
    ///     http::Request::get("/chat?room=1").header("Host", "example.com").body(())?.into_parts();
    /// let request = Request::from_parts(&parts);
    /// assert_eq!((request.path(), request.query()), ("/chat", Some("room=1")));
    /// assert_eq!(request.host(), Some("example.com"));
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn from_parts(parts: &Parts) -> Self {
        let Parts { method, uri, version, headers, .. } = parts;
        Self::new(Head::from_parts(&format!("{method} {uri} {version:?}"), headers))
    }

    /// Creates a request from an extended CONNECT ([RFC 8441 §4](https://www.rfc-editor.org/rfc/rfc8441#section-4)) of HTTP/2 or
    /// HTTP/3.
    ///
    /// `protocol` is the pseudo-header field `:protocol`, which `parts` do not hold: h2 and hyper store it as an extension of type
    /// `ext::Protocol`. The URI of `parts` holds `:scheme`, `:authority` and `:path`.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::{Request, http};
    ///
    /// let (parts, ()) = http::Request::connect("https://example.com/chat")
    ///     .version(http::Version::HTTP_2)
    ///     .body(())?
    ///     .into_parts();
    /// let request = Request::from_extended_connect(&parts, "websocket");
    /// assert_eq!((request.host(), request.path()), (Some("example.com"), "/chat"));
    /// assert_eq!(request.protocol(), Some("websocket"));
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn from_extended_connect(parts: &Parts, protocol: &str) -> Self {
        let Parts { method, uri, version, headers, .. } = parts;
        // The protocol becomes part of the start line, which must stay one line.
        let protocol = if is_token(protocol.as_bytes()) { protocol } else { "" };
        Self::new(Head::from_parts(&format!("{method} {uri} {version:?} {protocol}"), headers))
    }

    /// Returns the method.
    pub fn method(&self) -> &str {
        self.line().method
    }

    /// Returns the target as it was sent: path and query, or an absolute URI.
    pub fn target(&self) -> &str {
        self.line().target
    }

    /// Returns the path without the query, as it was sent, including its percent-encoding.
    pub fn path(&self) -> &str {
        Target::split(self.target()).path
    }

    /// Returns the query as it was sent, without the question mark.
    pub fn query(&self) -> Option<&str> {
        Target::split(self.target()).query
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

    /// Returns the `Host` header, or the authority of the URI in HTTP/2 and HTTP/3.
    pub fn host(&self) -> Option<&str> {
        let line = self.line();
        if line.version().starts_with("HTTP/1") {
            return self.header(header_names::HOST);
        }
        Target::split(line.target).authority.or_else(|| self.header(header_names::HOST))
    }

    /// Returns the `:protocol` of an extended CONNECT; `None` for any other request.
    pub fn protocol(&self) -> Option<&str> {
        self.line().protocol()
    }

    /// Returns the `Origin` header: in a browser, the site whose script opens the connection.
    pub fn origin(&self) -> Option<&str> {
        self.header(header_names::ORIGIN)
    }

    /// Returns the subprotocols that the client offers, in its order of preference; empty if the header is malformed.
    pub fn subprotocols(&self) -> Vec<&str> {
        tokens(&HeaderLines::of(&self.head), header_names::SEC_WEBSOCKET_PROTOCOL, is_token)
            .unwrap_or_default()
    }

    /// Returns the request as HTTP/1 sends it; `None` if it is a request of another version.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        matches!(self.line().version(), "HTTP/1.0" | "HTTP/1.1").then(|| self.head.as_bytes())
    }

    pub(crate) fn new(head: Head) -> Self {
        Self { head }
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    pub(crate) fn line(&self) -> RequestLine<'_> {
        RequestLine::split(self.head.start_line())
            .expect("the head was checked or written by this crate")
    }
}

impl From<&Parts> for Request {
    fn from(parts: &Parts) -> Self {
        Self::from_parts(parts)
    }
}

impl fmt::Debug for Request {
    /// Leaves out possible secrets: the query and the values of some headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method())
            .field("path", &self.path())
            .field("query", &self.query().map(|_| "***"))
            .field("headers", &Redacted(self.headers()))
            .finish()
    }
}
