//! The response to a CONNECT request: [RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6).

use std::fmt;

use sockeye_errors::{
    HandshakeError, InvalidProxyMessage, InvalidProxyStatus, ProxyError, SecurityError,
};
use sockeye_handshake::{
    Limits,
    http1::{Head, HeadKind, HeadReader, StatusLine},
};

/// Reads the response of an HTTP proxy to a [`ConnectRequest`](crate::ConnectRequest).
///
/// A response may have 16 KiB, 8 KiB per line, and 100 headers. Up to 8 interim responses may precede it, within the same 16 KiB.
/// The work is linear in the number of bytes received, however they are cut into chunks. The first error is final.
///
/// # Examples
///
/// ```
/// use sockeye_proxy::ConnectReader;
///
/// let mut reader = ConnectReader::new();
/// assert_eq!(reader.handle_received(b"HTTP/1.1 200 Connection esta")?, false);
/// assert_eq!(reader.handle_received(b"blished\r\n\r\n")?, true);
/// # Ok::<(), sockeye_errors::ProxyError>(())
/// ```
pub struct ConnectReader {
    reader: HeadReader,
    /// The number of interim responses received.
    interim: usize,
    state: State,
}

enum State {
    Reading,
    Open,
    Failed(ProxyError),
}

impl ConnectReader {
    /// Creates a reader that has received nothing.
    pub fn new() -> Self {
        let mut limits = Limits::default();
        limits.max_head = MAX_HEAD;
        limits.max_line = MAX_LINE - 2;
        limits.max_headers = MAX_HEADERS;
        let reader = HeadReader::new(HeadKind::ConnectResponse, limits);
        Self { reader, interim: 0, state: State::Reading }
    }

    /// Processes received bytes. Returns whether the tunnel is open.
    ///
    /// # Errors
    ///
    /// Returns an error if the response is not HTTP/1, exceeds a limit, or has a status other than 2xx, and if bytes follow the
    /// response: the client speaks first in a tunnel, so they do not come from the target.
    pub fn handle_received(&mut self, bytes: &[u8]) -> Result<bool, ProxyError> {
        let mut rest = bytes;
        loop {
            let outcome = match &self.state {
                State::Failed(error) => return Err(error.clone()),
                State::Open if rest.is_empty() => return Ok(true),
                State::Open => Err(malformed("bytes follow the response")),
                State::Reading => match self.reader.handle_received(rest) {
                    Ok(None) => return Ok(false),
                    Ok(Some((head, length))) => {
                        rest = &rest[length..];
                        self.handle_head(&head)
                    }
                    Err(error) => Err(to_proxy_error(error)),
                },
            };
            if let Err(error) = outcome {
                self.state = State::Failed(error);
            }
        }
    }

    /// Processes the end of the connection.
    ///
    /// # Errors
    ///
    /// Returns an error if the tunnel is not open.
    pub fn handle_eof(&mut self) -> Result<(), ProxyError> {
        if let State::Reading = self.state {
            self.state = State::Failed(InvalidProxyMessage::truncated().into());
        }
        match &self.state {
            State::Failed(error) => Err(error.clone()),
            State::Reading | State::Open => Ok(()),
        }
    }

    fn handle_head(&mut self, head: &Head) -> Result<(), ProxyError> {
        let line = StatusLine::parse(head.start_line()).map_err(to_proxy_error)?;
        match line.status().as_u16() {
            // RFC 9110 §15.2: any number of interim responses comes first. 101 would end HTTP without a request for it.
            100 | 102..=199 if self.interim == MAX_INTERIM => {
                Err(malformed("more than 8 interim responses"))
            }
            100 | 102..=199 => {
                self.interim += 1;
                Ok(())
            }
            // RFC 9110 §9.3.6: any 2xx opens the tunnel; Content-Length and Transfer-Encoding are ignored.
            200..=299 => {
                self.state = State::Open;
                Ok(())
            }
            code => {
                let reason: String = line.reason().chars().take(MAX_REASON).collect();
                Err(InvalidProxyStatus::new(code, reason).into())
            }
        }
    }
}

impl Default for ConnectReader {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ConnectReader {
    /// Shows the progress and nothing that the proxy sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectReader(")?;
        match &self.state {
            State::Reading => write!(f, "Reading({} bytes)", self.reader.received())?,
            State::Open => f.write_str("Open")?,
            State::Failed(error) => write!(f, "Failed({error})")?,
        }
        f.write_str(")")
    }
}

/// Turns an error about the head of a response into one about the proxy.
fn to_proxy_error(error: HandshakeError) -> ProxyError {
    match error {
        HandshakeError::InvalidMessage(error) => malformed(&error.cause.to_string()),
        // The limit of a line includes its end here.
        HandshakeError::Security(SecurityError::StatusLineTooLong { .. }) => {
            InvalidProxyMessage::from(SecurityError::StatusLineTooLong { max: MAX_LINE }).into()
        }
        HandshakeError::Security(SecurityError::HeaderLineTooLong { .. }) => {
            InvalidProxyMessage::from(SecurityError::HeaderLineTooLong { max: MAX_LINE }).into()
        }
        HandshakeError::Security(error) => InvalidProxyMessage::from(error).into(),
        _ => malformed("the response is not HTTP/1"),
    }
}

fn malformed(problem: &str) -> ProxyError {
    InvalidProxyMessage::malformed(problem).into()
}

const MAX_HEAD: usize = 16 * 1024;
/// The maximum length of a line including its end.
const MAX_LINE: usize = 8 * 1024;
const MAX_HEADERS: usize = 100;
const MAX_INTERIM: usize = 8;
/// The number of characters of the reason phrase that an error keeps. A longer one would only fill logs.
const MAX_REASON: usize = 256;
