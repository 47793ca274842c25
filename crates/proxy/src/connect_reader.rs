//! The answer to the request for a tunnel: [RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6).

use std::fmt;

use sockeye_errors::{InvalidProxyMessage, InvalidProxyStatus, ProxyError, SecurityError};

/// Reads the answer of an HTTP proxy to a [`ConnectRequest`](crate::ConnectRequest).
///
/// An answer may hold 16 KiB, 8 KiB a line and 100 headers; up to 8 interim responses may come first, within the same
/// 16 KiB. The work is linear in the bytes received, however they are cut. The first error is final.
#[derive(Default)]
pub struct ConnectReader {
    progress: Progress,
}

enum Progress {
    Reading(Head),
    Open,
    Failed(ProxyError),
}

impl ConnectReader {
    /// Waits for the first byte of the answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes that the proxy sent, and says whether the tunnel is open.
    ///
    /// # Errors
    ///
    /// When the answer is not HTTP/1, is over its limits, or has a status other than 2xx; and when bytes follow the
    /// answer: in a tunnel the client speaks first, so they are not the target's.
    pub fn handle_received(&mut self, bytes: &[u8]) -> Result<bool, ProxyError> {
        for &byte in bytes {
            let next = match &mut self.progress {
                Progress::Reading(head) => match head.push(byte) {
                    Ok(false) => continue,
                    Ok(true) => Progress::Open,
                    Err(error) => Progress::Failed(error),
                },
                Progress::Open => Progress::Failed(malformed("bytes follow the answer")),
                Progress::Failed(_) => break,
            };
            self.progress = next;
        }
        match &self.progress {
            Progress::Reading(_) => Ok(false),
            Progress::Open => Ok(true),
            Progress::Failed(error) => Err(error.clone()),
        }
    }

    /// Learns that the proxy closed the connection.
    ///
    /// # Errors
    ///
    /// When the tunnel is not open: the answer is cut off.
    pub fn handle_eof(&mut self) -> Result<(), ProxyError> {
        if let Progress::Reading(_) = self.progress {
            self.progress = Progress::Failed(InvalidProxyMessage::truncated().into());
        }
        match &self.progress {
            Progress::Failed(error) => Err(error.clone()),
            Progress::Reading(_) | Progress::Open => Ok(()),
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::Reading(Head::default())
    }
}

impl fmt::Debug for ConnectReader {
    /// Shows how far it is, not what the proxy said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectReader(")?;
        match &self.progress {
            Progress::Reading(head) => write!(f, "Reading({} bytes)", head.total)?,
            Progress::Open => f.write_str("Open")?,
            Progress::Failed(error) => write!(f, "Failed({error})")?,
        }
        f.write_str(")")
    }
}

/// The head of a response, as far as it has arrived.
#[derive(Default)]
struct Head {
    bytes: Vec<u8>,
    /// Where the current line begins.
    line: usize,
    headers: usize,
    /// Interim responses before this one.
    interim: usize,
    /// Bytes of this and all interim responses.
    total: usize,
}

impl Head {
    /// Takes a byte, and says whether it ends the head of a successful response.
    fn push(&mut self, byte: u8) -> Result<bool, ProxyError> {
        self.total += 1;
        if self.total > MAX_HEAD {
            return Err(over(SecurityError::HeadTooLong { max: MAX_HEAD }));
        }
        // Whoever speaks another protocol is recognised at once, not at the end of what is no head.
        if VERSION.get(self.bytes.len()).is_some_and(|&expected| expected != byte) {
            return Err(malformed("the answer is not HTTP/1"));
        }
        self.bytes.push(byte);
        let line = &self.bytes[self.line..];
        if line.len() > MAX_LINE {
            return Err(over(match self.line {
                0 => SecurityError::StatusLineTooLong { max: MAX_LINE },
                _ => SecurityError::HeaderLineTooLong { max: MAX_LINE },
            }));
        }
        if byte != b'\n' {
            return Ok(false);
        }
        let is_last = matches!(line, b"\n" | b"\r\n");
        if is_last {
            return self.finish();
        }
        if self.line > 0 {
            self.headers += 1;
        }
        if self.headers > MAX_HEADERS {
            return Err(over(SecurityError::TooManyHeaders { max: MAX_HEADERS }));
        }
        self.line = self.bytes.len();
        Ok(false)
    }

    /// Judges a whole head.
    fn finish(&mut self) -> Result<bool, ProxyError> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(&self.bytes) {
            Ok(httparse::Status::Complete(length)) if length == self.bytes.len() => {}
            Ok(_) => return Err(malformed("the answer has no clear end")),
            Err(error) => return Err(malformed(&error.to_string())),
        }
        match response.code {
            // RFC 9110 §15.2: any number of interim responses comes first; 101 would be the end of HTTP, unasked.
            Some(100 | 102..=199) if self.interim == MAX_INTERIM => {
                Err(malformed("more than 8 interim responses"))
            }
            Some(100 | 102..=199) => {
                self.bytes.clear();
                self.line = 0;
                self.headers = 0;
                self.interim += 1;
                Ok(false)
            }
            // RFC 9110 §9.3.6: after any 2xx there is the tunnel; Content-Length and Transfer-Encoding mean nothing.
            Some(200..=299) => Ok(true),
            Some(code @ (101 | 300..)) => {
                let reason: String =
                    response.reason.unwrap_or_default().chars().take(MAX_REASON).collect();
                Err(InvalidProxyStatus::new(code, reason).into())
            }
            Some(0..=99) | None => Err(malformed("invalid status code")),
        }
    }
}

fn malformed(problem: &str) -> ProxyError {
    InvalidProxyMessage::malformed(problem).into()
}

fn over(limit: SecurityError) -> ProxyError {
    InvalidProxyMessage::from(limit).into()
}

const VERSION: &[u8] = b"HTTP/1.";
const MAX_HEAD: usize = 16 * 1024;
const MAX_LINE: usize = 8 * 1024;
const MAX_HEADERS: usize = 100;
const MAX_INTERIM: usize = 8;
/// Characters of the reason phrase that are kept; the rest would only fill logs.
const MAX_REASON: usize = 256;
