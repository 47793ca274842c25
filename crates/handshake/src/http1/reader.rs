//! Reading a head as its bytes arrive: [RFC 9112 §2.2](https://www.rfc-editor.org/rfc/rfc9112#section-2.2).

use std::fmt;

use sockeye_errors::{HandshakeError, InvalidMessage, SecurityError};

use super::{
    Limits,
    head::{Head, line_length, start_line},
    start_line::{RequestLine, StatusLine, invalid_status_line},
    token::is_token_byte,
};

/// Collects a head and looks at each byte once, however the head is cut into chunks.
///
/// Control characters, such as those of a TLS record, are refused at once, and an invalid start line at its end. An invalid header
/// line is refused at the end of the head: its sender speaks HTTP and reads the response only after it has sent everything. A
/// folded header line of a response becomes one line.
pub struct HeadReader {
    kind: HeadKind,
    limits: Limits,
    bytes: Vec<u8>,
    /// The length of earlier heads, which count towards the same limit.
    spent: usize,
    /// The number of complete lines.
    lines: usize,
    /// The length of the incomplete line.
    line: usize,
    after_cr: bool,
    /// The problem of the first invalid header line.
    invalid_header: Option<&'static str>,
}

/// The kind of head that a [`HeadReader`] expects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the reader must know each kind")]
pub enum HeadKind {
    /// A request of HTTP/1.1.
    Request,
    /// A response to a request for an upgrade. Its status is below 600.
    Response,
    /// A response to a CONNECT request. Lines may end without CR, the status may be any three-digit number, and a peer that does
    /// not speak HTTP/1 is refused at its first byte.
    ConnectResponse,
}

impl HeadReader {
    /// Creates a reader that has received nothing.
    pub const fn new(kind: HeadKind, limits: Limits) -> Self {
        Self {
            kind,
            limits,
            bytes: Vec::new(),
            spent: 0,
            lines: 0,
            line: 0,
            after_cr: false,
            invalid_header: None,
        }
    }

    /// Reads a head that has arrived completely.
    pub(crate) fn read_whole(kind: HeadKind, bytes: &[u8]) -> Result<Head, HandshakeError> {
        let unlimited = Limits {
            max_head: usize::MAX,
            max_line: usize::MAX,
            max_headers: usize::MAX,
            ..Limits::default()
        };
        match Self::new(kind, unlimited).handle_received(bytes)? {
            Some((head, length)) if length == bytes.len() => Ok(head),
            Some(_) => Err(malformed("bytes follow the head")),
            None => Err(InvalidMessage::truncated().into()),
        }
    }

    /// Returns the number of bytes received so far.
    pub fn received(&self) -> usize {
        self.spent + self.bytes.len()
    }

    /// Processes received bytes. Returns the head and the number of bytes of `chunk` that belong to it once the head is complete;
    /// `None` if more bytes are needed.
    ///
    /// After a head, the reader expects another one, whose length counts towards the same limit.
    ///
    /// # Errors
    ///
    /// Returns an error if the head is malformed or exceeds the limits.
    pub fn handle_received(
        &mut self,
        chunk: &[u8],
    ) -> Result<Option<(Head, usize)>, HandshakeError> {
        if self.bytes.is_empty() {
            // Most heads arrive in one piece that nothing follows.
            let room = self.limits.max_head.saturating_sub(self.spent);
            self.bytes.reserve_exact(chunk.len().min(room));
        }
        let mut at = 0;
        while at < chunk.len() {
            let line = self.whole_line(&chunk[at..]);
            let ends = match line {
                0 => {
                    let ends = self.take(chunk[at])?;
                    at += 1;
                    ends
                }
                line => {
                    self.bytes.extend_from_slice(&chunk[at..at + line]);
                    self.line = line - 2;
                    at += line;
                    self.end_line(2)?
                }
            };
            if ends {
                return Ok(Some((self.finish()?, at)));
            }
        }
        Ok(None)
    }

    /// Returns the start line of a head that is incomplete or invalid, if that line is complete and valid.
    pub(crate) fn start_line(&self) -> Option<&[u8]> {
        (self.lines > 0).then(|| start_line(&self.bytes))
    }

    fn finish(&mut self) -> Result<Head, HandshakeError> {
        if let Some(problem) = self.invalid_header {
            return Err(malformed(problem));
        }
        let bytes = std::mem::take(&mut self.bytes);
        self.lines = 0;
        self.spent += bytes.len();
        Ok(Head::new(bytes.into_boxed_slice()))
    }

    /// Returns the length of the line at the start of `chunk` if it is complete, well-formed and within all limits. Most lines are,
    /// and need no look at each byte. Returns 0 to let [`take`](Self::take) decide.
    fn whole_line(&self, chunk: &[u8]) -> usize {
        // The first line of a `ConnectResponse` is refused at its first wrong byte.
        let is_slow = self.lines == 0 && self.kind == HeadKind::ConnectResponse;
        if is_slow || self.line > 0 || self.after_cr || self.lines > self.limits.max_headers {
            return 0;
        }
        let length = line_length(chunk);
        let Some(line) = chunk[..length].strip_suffix(b"\r\n") else { return 0 };
        let room = self.limits.max_head.saturating_sub(self.received());
        let fits = line.len() <= self.limits.max_line && length <= room;
        if is_text(line) && fits { length } else { 0 }
    }

    /// Processes one byte. Returns whether it ends the head.
    fn take(&mut self, byte: u8) -> Result<bool, HandshakeError> {
        if self.received() >= self.limits.max_head {
            return Err(SecurityError::HeadTooLong { max: self.limits.max_head }.into());
        }
        self.bytes.push(byte);
        match (byte, self.after_cr) {
            (b'\n', true) => {
                self.after_cr = false;
                return self.end_line(2);
            }
            (b'\n', false) if self.kind == HeadKind::ConnectResponse => return self.end_line(1),
            (b'\n', false) => return Err(malformed("a line ends without CR")),
            (_, true) => return Err(malformed("a CR is not followed by LF")),
            (b'\r', false) => self.after_cr = true,
            (byte, false) if is_allowed(byte) => self.lengthen(byte)?,
            (TLS_ALERT | TLS_HANDSHAKE, false) if self.lines == 0 && self.line == 0 => {
                return Err(malformed("the peer speaks TLS"));
            }
            (_, false) => return Err(malformed("a control character")),
        }
        Ok(false)
    }

    fn lengthen(&mut self, byte: u8) -> Result<(), HandshakeError> {
        // The first complete line is the start line, all others are headers.
        if self.line == 0 && self.lines > self.limits.max_headers {
            return Err(SecurityError::TooManyHeaders { max: self.limits.max_headers }.into());
        }
        if self.lines == 0
            && self.kind == HeadKind::ConnectResponse
            && b"HTTP/1.".get(self.line).is_some_and(|&expected| expected != byte)
        {
            return Err(malformed("the response is not HTTP/1"));
        }
        self.line += 1;
        let max = self.limits.max_line;
        if self.line <= max {
            return Ok(());
        }
        let error = match (self.lines, self.kind) {
            (0, HeadKind::Request) => SecurityError::RequestLineTooLong { max },
            (0, _) => SecurityError::StatusLineTooLong { max },
            _ => SecurityError::HeaderLineTooLong { max },
        };
        Err(error.into())
    }

    /// Processes the line that the last `end` bytes have ended. Returns whether it ends the head.
    fn end_line(&mut self, end: usize) -> Result<bool, HandshakeError> {
        let end = self.bytes.len() - end;
        let line = &self.bytes[end - self.line..end];
        match (self.lines, self.kind) {
            // RFC 9112 §2.2: one empty line before the request line is ignored. Its bytes count towards the limit.
            (0, HeadKind::Request) if line.is_empty() && self.spent == 0 => {
                self.spent = self.bytes.len();
                self.bytes.clear();
                return Ok(false);
            }
            (0, _) if line.is_empty() => {
                return Err(malformed("the head begins with an empty line"));
            }
            (0, HeadKind::Request) => RequestLine::parse(line).map(drop)?,
            (0, HeadKind::Response) => {
                if StatusLine::parse(line)?.status().as_u16() >= 600 {
                    return Err(invalid_status_line().into());
                }
            }
            (0, HeadKind::ConnectResponse) => StatusLine::parse(line).map(drop)?,
            _ if line.is_empty() => return Ok(true),
            // RFC 9112 §5.2: a client replaces a fold with spaces. §2.2: white space before the first header line is no fold.
            (2.., HeadKind::Response | HeadKind::ConnectResponse) if is_continuation(line) => {
                unfold(&mut self.bytes[..end - self.line]);
                self.line = 0;
                return Ok(false);
            }
            _ => {
                let problem = check_header_line(line).err();
                self.invalid_header = self.invalid_header.or(problem);
            }
        }
        self.lines += 1;
        self.line = 0;
        Ok(false)
    }
}

impl fmt::Debug for HeadReader {
    /// Leaves out the bytes, which can hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeadReader")
            .field("kind", &self.kind)
            .field("received", &self.received())
            .finish_non_exhaustive()
    }
}

/// Checks that `line` begins with a name and a colon. Returns the problem. RFC 9112 §5.1 and §5.2: no white space stands between
/// them, and a server refuses a line that continues the one before.
fn check_header_line(line: &[u8]) -> Result<(), &'static str> {
    let end = line.iter().position(|&byte| !is_token_byte(byte));
    match end.map(|end| (end, line[end])) {
        Some((1.., b':')) => Ok(()),
        _ if is_continuation(line) => Err("a header line is folded, or begins with white space"),
        Some((1.., b' ' | b'\t')) => Err("white space follows the name of a header"),
        _ => Err("invalid header line"),
    }
}

/// Returns whether `line` continues the one before.
fn is_continuation(line: &[u8]) -> bool {
    line.starts_with(b" ") || line.starts_with(b"\t")
}

/// Replaces the line end of the last of these lines with spaces.
fn unfold(lines: &mut [u8]) {
    for byte in lines.iter_mut().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')) {
        *byte = b' ';
    }
}

/// Returns whether a line may hold `text`.
pub(crate) fn is_text(text: &[u8]) -> bool {
    // The loop has no early exit, so that it processes many bytes at once.
    text.iter().fold(true, |is_text, &byte| is_text & is_allowed(byte))
}

fn is_allowed(byte: u8) -> bool {
    byte == b'\t' || (byte >= 0x20 && byte != 0x7f)
}

fn malformed(problem: &str) -> HandshakeError {
    InvalidMessage::malformed(problem).into()
}

/// RFC 8446 §5.1: the types of the first record of a peer that speaks TLS.
const TLS_ALERT: u8 = 21;
const TLS_HANDSHAKE: u8 = 22;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{HeadKind, HeadReader};
    use crate::http1::Limits;

    fn reader(kind: HeadKind, received: &[u8]) -> HeadReader {
        let limits = Limits::default().max_head(40).max_line(20).max_headers(2);
        let mut reader = HeadReader::new(kind, limits);
        assert!(reader.handle_received(received).unwrap().is_none());
        reader
    }

    #[test]
    fn a_whole_line_within_the_limits_is_read_at_once() {
        for (received, chunk, length) in [
            (&b""[..], &b"GET / HTTP/1.1\r\nHost: h\r\n"[..], 16),
            (b"", b"GET /0123456 HTTP/1.\r\n", 22),
            (b"GET / HTTP/1.1\r\n", b"0123456: 89012345678\r\n", 22),
            (b"GET / HTTP/1.1\r\n", b"\r\n", 2),
            // Too long for a line.
            (b"", b"GET /01234567 HTTP/1.1\r\n", 0),
            // Too long for the rest of the head, and just short enough.
            (b"GET / HTTP/1.1\r\n012: 678901234\r\n", b"56: 890\r\n", 0),
            (b"GET / HTTP/1.1\r\n012: 678901234\r\n", b"56: 89\r\n", 8),
            // Too many headers, and just few enough.
            (b"GET / HTTP/1.1\r\na: b\r\nc: d\r\n", b"\r\n", 0),
            (b"GET / HTTP/1.1\r\na: b\r\n", b"\r\n", 2),
            // Not whole, not text, or not at the start of a line.
            (b"", b"GET / HTTP/1.1", 0),
            (b"", b"GET / HTTP/1.1\n", 0),
            (b"", b"GET\0/ HTTP/1.1\r\n", 0),
            (b"G", b"ET / HTTP/1.1\r\n", 0),
            (b"\r", b"\r\n", 0),
        ] {
            assert_eq!(reader(HeadKind::Request, received).whole_line(chunk), length, "{chunk:?}");
        }
    }

    #[test]
    fn the_first_line_of_a_proxy_is_read_byte_by_byte() {
        let first = b"HTTP/1.1 200 OK\r\n";
        assert_eq!(reader(HeadKind::Response, b"").whole_line(first), first.len());
        assert_eq!(reader(HeadKind::ConnectResponse, b"").whole_line(first), 0);
        assert_eq!(reader(HeadKind::ConnectResponse, first).whole_line(b"a: b\r\n"), 6);
    }
}
