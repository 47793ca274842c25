//! Reading a head as it arrives: [RFC 9112 §2.2](https://www.rfc-editor.org/rfc/rfc9112#section-2.2).

use std::fmt;

use sockeye_errors::{HandshakeError, InvalidMessage, SecurityError};

use crate::{
    Limits,
    head::{Head, line_length},
    request::RequestLine,
    response::StatusLine,
};

/// Collects a head, and looks at each byte once, however it is cut into chunks.
///
/// What can be refused early is: control characters (a TLS record, say) at once, and a wrong start
/// line at its end. The rest is HTTP, whose sender reads the answer when all is sent.
pub(crate) struct HeadReader {
    kind: Kind,
    limits: Limits,
    bytes: Vec<u8>,
    /// The bytes of earlier heads that draw on the same budget.
    spent: usize,
    /// The lines that are complete.
    lines: usize,
    /// The length of the line that is not.
    line: usize,
    after_cr: bool,
}

/// Which kind of head is expected.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Request,
    Response,
}

impl HeadReader {
    pub(crate) fn new(kind: Kind, limits: Limits) -> Self {
        Self { kind, limits, bytes: Vec::new(), spent: 0, lines: 0, line: 0, after_cr: false }
    }

    /// Reads a head that is all there.
    pub(crate) fn read_whole(kind: Kind, bytes: &[u8]) -> Result<Head, HandshakeError> {
        let unlimited = Limits {
            max_head: usize::MAX,
            max_line: usize::MAX,
            max_headers: usize::MAX,
            ..Limits::default()
        };
        match Self::new(kind, unlimited).handle_received(bytes)? {
            Some((head, length)) if length == bytes.len() => Ok(head),
            Some(_) => Err(InvalidMessage::malformed("there are bytes behind the head").into()),
            None => Err(InvalidMessage::truncated().into()),
        }
    }

    /// Takes what arrived; answers with the head and how much of `chunk` belongs to it, as soon as
    /// the head is whole. Then the reader is ready for another head, on what is left of its budget.
    pub(crate) fn handle_received(
        &mut self,
        chunk: &[u8],
    ) -> Result<Option<(Head, usize)>, HandshakeError> {
        if self.bytes.is_empty() {
            // Most heads come in one piece, which nothing follows.
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
                    self.end_line()?
                }
            };
            if ends {
                let bytes = std::mem::take(&mut self.bytes);
                let headers = std::mem::take(&mut self.lines) - 1;
                self.spent += bytes.len();
                return Ok(Some((Head::read(bytes, headers)?, at)));
            }
        }
        Ok(None)
    }

    /// The length of the line at the start of `chunk`, if it is whole, good, and within all limits: most lines are, and
    /// need no look at each byte. 0 says nothing: [`take`](Self::take) knows.
    fn whole_line(&self, chunk: &[u8]) -> usize {
        if self.line > 0 || self.after_cr || self.lines > self.limits.max_headers {
            return 0;
        }
        let length = line_length(chunk);
        let Some(line) = chunk[..length].strip_suffix(b"\r\n") else { return 0 };
        let room = self.limits.max_head.saturating_sub(self.spent + self.bytes.len());
        let fits = line.len() <= self.limits.max_line && length <= room;
        if is_text(line) && fits { length } else { 0 }
    }

    /// Takes one byte; whether it ends the head.
    fn take(&mut self, byte: u8) -> Result<bool, HandshakeError> {
        if self.spent + self.bytes.len() >= self.limits.max_head {
            return Err(SecurityError::HeadTooLong { max: self.limits.max_head }.into());
        }
        self.bytes.push(byte);
        match (byte, self.after_cr) {
            (b'\n', true) => {
                self.after_cr = false;
                return self.end_line();
            }
            (b'\n', false) => return Err(malformed("a line ends without CR")),
            (_, true) => return Err(malformed("a CR stands within a line")),
            (b'\r', false) => self.after_cr = true,
            (byte, false) if is_allowed(byte) => self.lengthen()?,
            (TLS_ALERT | TLS_HANDSHAKE, false) if self.lines == 0 && self.line == 0 => {
                return Err(malformed("the peer speaks TLS"));
            }
            (_, false) => return Err(malformed("a control character")),
        }
        Ok(false)
    }

    fn lengthen(&mut self) -> Result<(), SecurityError> {
        // The first complete line is the start line, all others are headers.
        if self.line == 0 && self.lines > self.limits.max_headers {
            return Err(SecurityError::TooManyHeaders { max: self.limits.max_headers });
        }
        self.line += 1;
        let max = self.limits.max_line;
        if self.line <= max {
            return Ok(());
        }
        Err(match (self.lines, self.kind) {
            (0, Kind::Request) => SecurityError::RequestLineTooLong { max },
            (0, Kind::Response) => SecurityError::StatusLineTooLong { max },
            _ => SecurityError::HeaderLineTooLong { max },
        })
    }

    fn end_line(&mut self) -> Result<bool, HandshakeError> {
        let end = self.bytes.len() - 2;
        let line = &self.bytes[end - self.line..end];
        match (self.lines, self.kind) {
            (0, _) if line.is_empty() => {
                return Err(malformed("the head begins with an empty line"));
            }
            (0, Kind::Request) => RequestLine::parse(line).map(drop)?,
            (0, Kind::Response) => StatusLine::parse(line).map(drop)?,
            _ if line.is_empty() => return Ok(true),
            _ => {}
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
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Whether a line may hold `text`.
pub(crate) fn is_text(text: &[u8]) -> bool {
    // No way out of the loop: so many bytes are looked at at once.
    text.iter().fold(true, |is_text, &byte| is_text & is_allowed(byte))
}

/// Whether a line may hold `byte`.
fn is_allowed(byte: u8) -> bool {
    byte == b'\t' || (byte >= 0x20 && byte != 0x7f)
}

fn malformed(problem: &str) -> HandshakeError {
    InvalidMessage::malformed(problem).into()
}

/// RFC 8446 §5.1: the types of the records that a peer sends first which speaks TLS where HTTP is expected.
const TLS_ALERT: u8 = 21;
const TLS_HANDSHAKE: u8 = 22;
