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
/// It is kept as the bytes that were on the wire, a few hundred in all. [`headers`](Self::headers)
/// makes a map of them when it is first called, which is larger; [`header`](Self::header) needs
/// none.
#[derive(Clone, Eq, PartialEq)]
pub struct Request {
    head: Head,
}

impl Request {
    /// Reads a request of exactly these bytes.
    ///
    /// # Errors
    ///
    /// When they are not the head of a request of HTTP/1.1, whole and with nothing behind it.
    pub fn parse(bytes: &[u8]) -> Result<Self, HandshakeError> {
        HeadReader::read_whole(HeadKind::Request, bytes).map(Self::new)
    }

    /// Makes a request of the head that another HTTP server has parsed.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye_handshake::Request;
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

    /// Makes a request of an extended CONNECT ([RFC 8441 §4](https://www.rfc-editor.org/rfc/rfc8441#section-4)), as HTTP/2 and
    /// HTTP/3 have it.
    ///
    /// `protocol` is the pseudo-header field `:protocol`, which `parts` have no place for: `h2::ext::Protocol` or
    /// `hyper::ext::Protocol`. The URI of `parts` holds `:scheme`, `:authority` and `:path`.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye_handshake::Request;
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
        // The head is kept as lines of text, which nothing may break.
        let protocol = if is_token(protocol.as_bytes()) { protocol } else { "" };
        Self::new(Head::from_parts(&format!("{method} {uri} {version:?} {protocol}"), headers))
    }

    /// The method.
    pub fn method(&self) -> &str {
        self.line().method
    }

    /// The target as it was sent: path and query, or a whole URI.
    pub fn target(&self) -> &str {
        self.line().target
    }

    /// The path, without the query, as it was sent: percent-encoded where the client encoded it.
    pub fn path(&self) -> &str {
        Target::split(self.target()).path
    }

    /// The query, as it was sent, without the question mark.
    pub fn query(&self) -> Option<&str> {
        Target::split(self.target()).query
    }

    /// The first value of the header `name`, in any case, if it is there and UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        self.head.headers()
    }

    /// The `Host` header; in HTTP/2 and HTTP/3, the authority of the URI.
    pub fn host(&self) -> Option<&str> {
        let line = self.line();
        if line.version().starts_with("HTTP/1") {
            return self.header(header_names::HOST);
        }
        Target::split(line.target).authority.or_else(|| self.header(header_names::HOST))
    }

    /// The `:protocol` of an extended CONNECT; `None` for any other request.
    pub fn protocol(&self) -> Option<&str> {
        self.line().protocol()
    }

    /// The `Origin` header: which site the script was loaded from that a browser sends this request
    /// for.
    pub fn origin(&self) -> Option<&str> {
        self.header(header_names::ORIGIN)
    }

    /// The subprotocols that the client offers, the one it likes best first; none where the header
    /// is malformed.
    pub fn subprotocols(&self) -> Vec<&str> {
        tokens(&HeaderLines::of(&self.head), header_names::SEC_WEBSOCKET_PROTOCOL, is_token)
            .unwrap_or_default()
    }

    /// The request as it is on the wire.
    pub fn as_bytes(&self) -> &[u8] {
        self.head.as_bytes()
    }

    pub(crate) fn new(head: Head) -> Self {
        Self { head }
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    pub(crate) fn line(&self) -> RequestLine<'_> {
        RequestLine::split(self.head.start_line()).expect("it was parsed before the head was made")
    }
}

impl From<&Parts> for Request {
    fn from(parts: &Parts) -> Self {
        Self::from_parts(parts)
    }
}

impl fmt::Debug for Request {
    /// Leaves out what can be a secret: the query, and the values of some headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method())
            .field("path", &self.path())
            .field("query", &self.query().map(|_| "***"))
            .field("headers", &Redacted(self.headers()))
            .finish()
    }
}
