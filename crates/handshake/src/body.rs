//! The body of a response that refuses: [RFC 9112 §6](https://www.rfc-editor.org/rfc/rfc9112#section-6).

use std::fmt;

use crate::{Response, field, fields::Fields};

/// Collects a body up to a limit, and finds its end.
///
/// A refusal is reported whatever its body is like, so that nothing here fails: a body that is too
/// long is cut, and one that is malformed ends where the mistake is.
pub(crate) struct Body {
    bytes: Vec<u8>,
    max: usize,
    /// How many bytes around the chunks are still accepted.
    framing: usize,
    rest: Rest,
}

/// What is still to come.
#[derive(Debug)]
enum Rest {
    Length(u64),
    ToEnd,
    Chunk(Chunk),
    Nothing,
}

/// Where in a chunked body we are: [RFC 9112
/// §7.1](https://www.rfc-editor.org/rfc/rfc9112#section-7.1).
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
    pub(crate) fn of(response: &Response, max: usize) -> Self {
        Self { bytes: Vec::new(), max, framing: MAX_FRAMING, rest: Rest::of(response) }.settled()
    }

    /// Takes what arrived; whether the body is whole, or as long as it may be.
    pub(crate) fn handle_received(&mut self, chunk: &[u8]) -> bool {
        let mut chunk = chunk;
        while !chunk.is_empty() && !self.is_complete() {
            let taken = match &mut self.rest {
                Rest::Nothing => break,
                Rest::ToEnd => chunk.len(),
                Rest::Length(left) | Rest::Chunk(Chunk::Data { left }) => {
                    let taken = at_most(chunk.len(), *left);
                    *left -= taken as u64;
                    taken
                }
                Rest::Chunk(_) => 0,
            };
            let (data, rest) = chunk.split_at(taken);
            self.bytes.extend_from_slice(data.get(..self.room()).unwrap_or(data));
            chunk = rest;
            if taken == 0
                && let Some((&byte, rest)) = chunk.split_first()
            {
                self.framing = self.framing.saturating_sub(1);
                self.rest.handle_framing(byte);
                chunk = rest;
            }
            self.settle();
        }
        self.is_complete()
    }

    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.rest, Rest::Nothing)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn room(&self) -> usize {
        self.max - self.bytes.len()
    }

    fn settled(mut self) -> Self {
        self.settle();
        self
    }

    fn settle(&mut self) {
        match self.rest {
            _ if self.room() == 0 || self.framing == 0 => self.rest = Rest::Nothing,
            Rest::Length(0) => self.rest = Rest::Nothing,
            Rest::Chunk(Chunk::Data { left: 0 }) => self.rest = Rest::Chunk(Chunk::DataEnd),
            _ => {}
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("length", &self.bytes.len())
            .field("rest", &self.rest)
            .finish_non_exhaustive()
    }
}

impl Rest {
    /// How long the body of `response` is.
    fn of(response: &Response) -> Self {
        // RFC 9112 §6.3, rules 1, 3, 4, 6, 8, in this order.
        if response.status().is_informational() || matches!(response.status().as_u16(), 204 | 304) {
            return Self::Nothing;
        }
        let fields = Fields::of(response.head());
        if fields.values(field::TRANSFER_ENCODING).next().is_some() {
            return match fields.at_most_one(field::TRANSFER_ENCODING) {
                Ok(Some(coding)) if coding.eq_ignore_ascii_case("chunked") => {
                    Self::Chunk(Chunk::Size { size: 0, digits: 0 })
                }
                _ => Self::ToEnd,
            };
        }
        match fields.at_most_one(field::CONTENT_LENGTH) {
            Ok(None) => Self::ToEnd,
            Ok(Some(length)) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
                length.parse().map_or(Self::Nothing, Self::Length)
            }
            _ => Self::Nothing,
        }
    }

    /// Takes one byte of what stands between the chunks. The trailers are of no interest: the last
    /// chunk ends the body.
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

const MAX_FRAMING: usize = 16 << 10;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::Body;
    use crate::Response;

    fn body(head: &str, received: &str) -> (String, bool) {
        let response = Response::parse(format!("HTTP/1.1 {head}\r\n\r\n").as_bytes()).unwrap();
        let mut whole = Body::of(&response, 8);
        whole.handle_received(received.as_bytes());
        let mut piecemeal = Body::of(&response, 8);
        for byte in received.bytes() {
            piecemeal.handle_received(&[byte]);
        }
        assert_eq!(whole.bytes(), piecemeal.bytes(), "{head}");
        assert_eq!(whole.is_complete(), piecemeal.is_complete(), "{head}");
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
    fn what_stands_around_the_chunks_is_limited() {
        let received = format!("3;{}", "x".repeat(20_000));
        assert_eq!(body(CHUNKED, &received), (String::new(), true));
    }

    const CHUNKED: &str = "404 No\r\nTransfer-Encoding: chunked";
}
