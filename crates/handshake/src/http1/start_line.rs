//! The first line of a message: [RFC 9112 §3](https://www.rfc-editor.org/rfc/rfc9112#section-3) and
//! [§4](https://www.rfc-editor.org/rfc/rfc9112#section-4).

use http::{StatusCode, Version};
use sockeye_errors::{HandshakeError, InvalidMessage, InvalidProtocol};

use super::token::is_token;

/// The first line of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    /// The version; for an extended CONNECT followed by a space and the `:protocol`.
    version: &'a str,
}

impl<'a> RequestLine<'a> {
    /// Reads the first line of a request of HTTP/1.0 or HTTP/1.1. Health checks are often of HTTP/1.0.
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self, HandshakeError> {
        let line = Self::split(line).ok_or_else(invalid_request_line)?;
        line.check_version("HTTP/1.0").or_else(|_| line.check_version("HTTP/1.1"))?;
        Ok(line)
    }

    /// Splits a line at its first two spaces.
    pub(crate) fn split(line: &'a [u8]) -> Option<Self> {
        let line = str::from_utf8(line).ok()?;
        let (method, rest) = line.split_once(' ')?;
        let (target, version) = rest.split_once(' ')?;
        Some(Self { method, target, version })
    }

    /// Checks that this is a well-formed line of this version of HTTP.
    pub(crate) fn check_version(self, version: &str) -> Result<(), HandshakeError> {
        if !self.is_well_formed() {
            return Err(invalid_request_line().into());
        }
        match self.version.as_bytes() {
            _ if self.version == version => Ok(()),
            [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
                Err(InvalidProtocol::new(self.version).into())
            }
            _ => Err(invalid_request_line().into()),
        }
    }

    /// Returns whether the method is a token and the target visible ASCII without a fragment.
    pub(crate) fn is_well_formed(self) -> bool {
        // §3: a resource name has no fragment.
        let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        is_token(self.method.as_bytes())
            && !self.target.is_empty()
            && self.target.bytes().all(visible)
    }

    /// Returns the version, such as `HTTP/1.1` or `HTTP/2.0`.
    pub(crate) fn version(self) -> &'a str {
        self.version.split(' ').next().unwrap_or_default()
    }

    /// Returns the `:protocol` of an extended CONNECT.
    pub(crate) fn protocol(self) -> Option<&'a str> {
        self.version.split_once(' ').map(|(_, protocol)| protocol)
    }
}

/// The first line of a response.
#[derive(Clone, Copy, Debug)]
pub struct StatusLine<'a> {
    version: &'a [u8],
    status: StatusCode,
    reason: &'a [u8],
}

impl<'a> StatusLine<'a> {
    /// Reads the first line of a response of HTTP/1.0 or HTTP/1.1.
    ///
    /// # Errors
    ///
    /// Returns an error if the line is malformed or if its version is another one.
    pub fn parse(line: &'a [u8]) -> Result<Self, HandshakeError> {
        match line.get(..8) {
            // A response that rejects the handshake may be of either version; the caller checks the version of one that
            // accepts it.
            Some(b"HTTP/1.0" | b"HTTP/1.1") => {
                Self::split(line).ok_or_else(|| invalid_status_line().into())
            }
            Some([b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9']) => {
                Err(InvalidProtocol::new(String::from_utf8_lossy(&line[..8])).into())
            }
            _ => Err(invalid_status_line().into()),
        }
    }

    /// Returns the status code.
    pub fn status(self) -> StatusCode {
        self.status
    }

    /// Returns the reason phrase; empty if it is missing or not ASCII.
    pub fn reason(self) -> &'a str {
        let reason = str::from_utf8(self.reason).ok();
        reason.filter(|reason| reason.is_ascii()).unwrap_or_default()
    }

    /// Splits a line of any version.
    pub(crate) fn split(line: &'a [u8]) -> Option<Self> {
        let (version, rest) = line.split_at_checked(8)?;
        let (status, reason) = rest.split_at_checked(4)?;
        // Many servers omit the space before an empty reason phrase.
        let ([b' ', code @ ..], [] | [b' ', ..]) = (status, reason) else { return None };
        let status = StatusCode::from_bytes(code).ok()?;
        Some(Self { version, status, reason: reason.trim_ascii_start() })
    }

    pub(crate) fn version(self) -> Version {
        match self.version {
            b"HTTP/0.9" => Version::HTTP_09,
            b"HTTP/1.0" => Version::HTTP_10,
            b"HTTP/2.0" => Version::HTTP_2,
            b"HTTP/3.0" => Version::HTTP_3,
            _ => Version::HTTP_11,
        }
    }
}

fn invalid_request_line() -> InvalidMessage {
    InvalidMessage::malformed("invalid request line")
}

pub(crate) fn invalid_status_line() -> InvalidMessage {
    InvalidMessage::malformed("invalid status line")
}
