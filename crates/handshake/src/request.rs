//! The request of a client: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use std::fmt;

use http::HeaderMap;
use sockeye_errors::{HandshakeError, InvalidMessage, InvalidProtocol};

use crate::{
    field,
    fields::Fields,
    head::Head,
    list::tokens,
    reader::{HeadReader, Kind},
    redaction::Redacted,
    target::Target,
    token::is_token,
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
        HeadReader::read_whole(Kind::Request, bytes).map(Self::new)
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

    /// The `Host` header.
    pub fn host(&self) -> Option<&str> {
        self.header(field::HOST)
    }

    /// The `Origin` header: which site the script was loaded from that a browser sends this request
    /// for.
    pub fn origin(&self) -> Option<&str> {
        self.header(field::ORIGIN)
    }

    /// The subprotocols that the client offers, the one it likes best first; none where the header
    /// is malformed.
    pub fn subprotocols(&self) -> Vec<&str> {
        tokens(&Fields::of(&self.head), field::SEC_WEBSOCKET_PROTOCOL, is_token).unwrap_or_default()
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

/// The first line of a request: [RFC 9112 §3](https://www.rfc-editor.org/rfc/rfc9112#section-3).
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    version: &'a str,
}

impl<'a> RequestLine<'a> {
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self, HandshakeError> {
        let malformed = || InvalidMessage::malformed("invalid request line");
        let Some(parts) = Self::split(line) else { return Err(malformed().into()) };
        let Self { method, target, version } = parts;
        // §3: a resource name has no fragment.
        let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        if !is_token(method.as_bytes()) || target.is_empty() || !target.bytes().all(visible) {
            return Err(malformed().into());
        }
        match version.as_bytes() {
            b"HTTP/1.1" => Ok(parts),
            // §4.2.1: an HTTP/1.1 or higher GET request; there is no higher one in this form.
            [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
                Err(InvalidProtocol::new(version).into())
            }
            _ => Err(malformed().into()),
        }
    }

    /// What stands before the first blank, before the second, and behind it.
    fn split(line: &'a [u8]) -> Option<Self> {
        let line = str::from_utf8(line).ok()?;
        let (method, rest) = line.split_once(' ')?;
        let (target, version) = rest.split_once(' ')?;
        Some(Self { method, target, version })
    }
}
