//! The body of a response that rejects the handshake: [RFC 9112 §6](https://www.rfc-editor.org/rfc/rfc9112#section-6).

use std::fmt;

use http::StatusCode;

use super::{header_lines::HeaderLines, header_names};

/// Collects a body up to a limit and finds its end.
///
/// Nothing here fails, since the rejection is reported with any body: one that is too long is truncated, and one that is malformed
/// ends at the mistake.
pub(crate) struct Body {
    bytes: Vec<u8>,
    max: usize,
    /// The number of bytes around the chunks that are still accepted.
    overhead: usize,
    framing: Framing,
}

/// The part of the body that has not arrived.
#[derive(Debug)]
enum Framing {
    Length(u64),
    ToEnd,
    Chunk(Chunk),
    Nothing,
}

/// The position in a chunked body: [RFC 9112 §7.1](https://www.rfc-editor.org/rfc/rfc9112#section-7.1).
#[derive(Debug)]
enum Chunk {
    Size {
        size: u64,
        digits: u8,
    },
    /// An extension of the chunk, and the end of its line.
    Extension {
        size: u64,
    },
    Data {
        left: u64,
    },
    /// The line end behind the data.
    DataEnd,
}

impl Body {
    /// Expects the body of a response with this status and these headers.
    pub(crate) fn new(status: StatusCode, headers: &HeaderLines<'_>, max: usize) -> Self {
        let framing = Framing::of(status, headers);
        let mut body = Self { bytes: Vec::new(), max, overhead: MAX_OVERHEAD, framing };
        body.settle();
        body
    }

    /// Processes received bytes. Returns whether the body is complete or has reached the limit.
    pub(crate) fn handle_received(&mut self, chunk: &[u8]) -> bool {
        let mut chunk = chunk;
        while !chunk.is_empty() && !self.is_complete() {
            let taken = match &mut self.framing {
                Framing::Nothing => break,
                Framing::ToEnd => chunk.len(),
                Framing::Length(left) | Framing::Chunk(Chunk::Data { left }) => {
                    let taken = at_most(chunk.len(), *left);
                    *left -= taken as u64;
                    taken
                }
                Framing::Chunk(_) => 0,
            };
            let (data, rest) = chunk.split_at(taken);
            self.bytes.extend_from_slice(data.get(..self.room()).unwrap_or(data));
            chunk = rest;
            if taken == 0
                && let Some((&byte, rest)) = chunk.split_first()
            {
                self.overhead = self.overhead.saturating_sub(1);
                self.framing.handle_framing(byte);
                chunk = rest;
            }
            self.settle();
        }
        self.is_complete()
    }

    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.framing, Framing::Nothing)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn room(&self) -> usize {
        self.max - self.bytes.len()
    }

    fn settle(&mut self) {
        match self.framing {
            _ if self.room() == 0 || self.overhead == 0 => self.framing = Framing::Nothing,
            Framing::Length(0) => self.framing = Framing::Nothing,
            Framing::Chunk(Chunk::Data { left: 0 }) => {
                self.framing = Framing::Chunk(Chunk::DataEnd);
            }
            _ => {}
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("length", &self.bytes.len())
            .field("framing", &self.framing)
            .finish_non_exhaustive()
    }
}

impl Framing {
    fn of(status: StatusCode, headers: &HeaderLines<'_>) -> Self {
        // RFC 9112 §6.3, rules 1, 3, 4, 6, 8, in this order.
        if status.is_informational() || matches!(status.as_u16(), 204 | 304) {
            return Self::Nothing;
        }
        if headers.values(header_names::TRANSFER_ENCODING).next().is_some() {
            return match headers.at_most_one(header_names::TRANSFER_ENCODING) {
                Ok(Some(coding)) if coding.eq_ignore_ascii_case("chunked") => {
                    Self::Chunk(Chunk::Size { size: 0, digits: 0 })
                }
                _ => Self::ToEnd,
            };
        }
        match headers.at_most_one(header_names::CONTENT_LENGTH) {
            Ok(None) => Self::ToEnd,
            Ok(Some(length)) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
                length.parse().map_or(Self::Nothing, Self::Length)
            }
            _ => Self::Nothing,
        }
    }

    /// Processes one byte between the chunks. The last chunk ends the body, so trailers are not read.
    fn handle_framing(&mut self, byte: u8) {
        let Self::Chunk(chunk) = self else { return };
        let next = match (&*chunk, byte) {
            (&Chunk::Size { size, digits: digits @ 0..16 }, _) if byte.is_ascii_hexdigit() => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                Some(Chunk::Size { size: size << 4 | u64::from(digit), digits: digits + 1 })
            }
            (&Chunk::Size { size, digits: 1.. }, b';' | b'\r' | b' ') => {
                Some(Chunk::Extension { size })
            }
            (&Chunk::Extension { size: size @ 1.. }, b'\n') => Some(Chunk::Data { left: size }),
            (&Chunk::Extension { size }, _) if byte != b'\n' => Some(Chunk::Extension { size }),
            (Chunk::DataEnd, b'\r') => Some(Chunk::DataEnd),
            (Chunk::DataEnd, b'\n') => Some(Chunk::Size { size: 0, digits: 0 }),
            _ => None,
        };
        *self = next.map_or(Self::Nothing, Self::Chunk);
    }
}

fn at_most(available: usize, left: u64) -> usize {
    usize::try_from(left).map_or(available, |left| left.min(available))
}

/// The maximum number of bytes around the chunks, so that they cannot be sent without end.
const MAX_OVERHEAD: usize = 16 << 10;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::Body;
    use crate::http1::{HeadKind, HeadReader, HeaderLines, StatusLine};

    fn body(head: &str, received: &str) -> (String, bool) {
        let head = format!("HTTP/1.1 {head}\r\n\r\n");
        let head = HeadReader::read_whole(HeadKind::Response, head.as_bytes()).unwrap();
        let status = StatusLine::parse(head.start_line()).unwrap().status();
        let new = || Body::new(status, &HeaderLines::of(&head), 8);
        let mut whole = new();
        whole.handle_received(received.as_bytes());
        let mut piecemeal = new();
        for byte in received.bytes() {
            piecemeal.handle_received(&[byte]);
        }
        assert_eq!(whole.bytes(), piecemeal.bytes(), "{head:?}");
        assert_eq!(whole.is_complete(), piecemeal.is_complete(), "{head:?}");
        (String::from_utf8_lossy(whole.bytes()).into_owned(), whole.is_complete())
    }

    #[test]
    fn a_body_ends_where_its_head_says() {
        for (head, received, expected, complete) in [
            ("404 No\r\nContent-Length: 3", "abcd", "abc", true),
            ("404 No\r\nContent-Length: 3", "ab", "ab", false),
            ("404 No\r\nContent-Length: 0", "", "", true),
            ("404 No\r\nContent-Length: -1", "abc", "", true),
            ("404 No\r\nContent-Length: 18446744073709551616", "abc", "", true),
            ("404 No\r\nContent-Length: 1\r\nContent-Length: 2", "abc", "", true),
            ("404 No\r\nContent-Length: 18446744073709551615", "123456789", "12345678", true),
            ("404 No", "abc", "abc", false),
            ("404 No", "123456789", "12345678", true),
            ("404 No\r\nTransfer-Encoding: gzip, chunked", "abc", "abc", false),
            ("204 No Content", "abc", "", true),
            ("304 Not Modified\r\nContent-Length: 3", "abc", "", true),
            (CHUNKED, "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX: y\r\n\r\n", "abcde", true),
            (CHUNKED, "3\r\nabc\r\n", "abc", false),
            (CHUNKED, "8\r\nabcdefgh\r\n", "abcdefgh", true),
            (CHUNKED, "A\r\nabcdefghij\r\n", "abcdefgh", true),
            (CHUNKED, "ffffffffffffffff\r\na", "a", false),
            (CHUNKED, "fffffffffffffffff\r\na", "", true),
            (CHUNKED, "x\r\nabc", "", true),
            (CHUNKED, "\r\nabc", "", true),
            (CHUNKED, "1\r\nabc", "a", true),
        ] {
            assert_eq!(body(head, received), (expected.into(), complete), "{head} {received}");
        }
    }

    #[test]
    fn the_bytes_around_the_chunks_are_limited() {
        let received = format!("3;{}", "x".repeat(20_000));
        assert_eq!(body(CHUNKED, &received), (String::new(), true));
    }

    const CHUNKED: &str = "404 No\r\nTransfer-Encoding: chunked";
}
