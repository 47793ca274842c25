//! Frames, built before a measurement: [RFC 6455 §5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2).

/// The opcode of a frame that continues a message.
pub const CONTINUATION: u8 = 0x0;
/// The opcode of a text frame.
pub const TEXT: u8 = 0x1;
/// The opcode of a binary frame.
pub const BINARY: u8 = 0x2;
/// The opcode of a close frame.
pub const CLOSE: u8 = 0x8;
/// The opcode of a ping.
pub const PING: u8 = 0x9;
/// The opcode of a pong.
pub const PONG: u8 = 0xa;

/// The bit of the second byte that marks a masked payload.
const MASKED: u8 = 0x80;

/// The bit of the first byte that marks the last frame of a message.
pub const FIN: u8 = 0x80;
/// The bit of the first byte that marks a compressed message.
pub const RSV1: u8 = 0x40;

/// Appends a masked frame, as a client sends it. The mask depends on the length of `out`, so no two frames of a burst share one.
pub fn append_masked(first: u8, payload: &[u8], out: &mut Vec<u8>) {
    let mask = mask(out.len());
    append_header(first, MASKED, payload.len(), out);
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// Appends a frame as a server sends it.
pub fn append_unmasked(first: u8, payload: &[u8], out: &mut Vec<u8>) {
    append_header(first, 0, payload.len(), out);
    out.extend_from_slice(payload);
}

#[expect(clippy::cast_possible_truncation, reason = "each arm bounds its length")]
fn append_header(first: u8, masked: u8, length: usize, out: &mut Vec<u8>) {
    out.push(first);
    match length {
        short @ 0..=125 => out.push(masked + short as u8),
        medium @ 126..=0xffff => {
            out.push(masked + 126);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(masked + 127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
}

/// Appends a message cut into `fragments` frames of about the same size.
pub fn append_message(opcode: u8, payload: &[u8], fragments: usize, out: &mut Vec<u8>) {
    for index in 0..fragments {
        let from = payload.len() * index / fragments;
        let to = payload.len() * (index + 1) / fragments;
        let opcode = if index == 0 { opcode } else { CONTINUATION };
        let fin = if index + 1 == fragments { FIN } else { 0 };
        append_masked(fin | opcode, &payload[from..to], out);
    }
}

/// The header of a frame, without the mask.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    pub first: u8,
    pub length: u64,
}

impl Header {
    /// Parses the header of a server's frame. Returns it with its size, or `None` if bytes are missing.
    ///
    /// # Errors
    ///
    /// Returns an error if the frame is masked or its length is not minimally encoded.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, String> {
        Self::split(bytes, 0)
    }

    /// Parses the header of a client's frame. Returns it with its mask and the size of both, or `None` if bytes are missing.
    ///
    /// # Errors
    ///
    /// Returns an error if the frame is not masked or its length is not minimally encoded.
    pub fn parse_masked(bytes: &[u8]) -> Result<Option<(Self, [u8; 4], usize)>, String> {
        let Some((header, size)) = Self::split(bytes, MASKED)? else { return Ok(None) };
        let mask = bytes[size..].first_chunk();
        Ok(mask.map(|&mask| (header, mask, size + 4)))
    }

    fn split(bytes: &[u8], masked: u8) -> Result<Option<(Self, usize)>, String> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
        if second & MASKED != masked {
            return Err(format!("a second byte of {second:#04x}: only a client masks"));
        }
        let (length, size) = match second & !MASKED {
            126 => match rest.first_chunk() {
                Some(&length) => (u64::from(u16::from_be_bytes(length)), 4),
                None => return Ok(None),
            },
            127 => match rest.first_chunk() {
                Some(&length) => (u64::from_be_bytes(length), 10),
                None => return Ok(None),
            },
            short => (u64::from(short), 2),
        };
        if size == 4 && length < 126 || size == 10 && length <= 0xffff {
            return Err(format!("a length of {length} in {size} bytes of header"));
        }
        Ok(Some((Self { first, length }, size)))
    }

    /// Returns the opcode.
    pub fn opcode(self) -> u8 {
        self.first & 0x0f
    }

    /// Returns whether the frame is the last of its message.
    pub fn is_fin(self) -> bool {
        self.first & FIN != 0
    }

    /// Returns whether the frame starts a compressed message.
    pub fn is_compressed(self) -> bool {
        self.first & RSV1 != 0
    }
}

fn mask(seed: usize) -> [u8; 4] {
    let mut state = seed as u64;
    let [a, b, c, d, ..] = crate::payload::next_random(&mut state).to_le_bytes();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::{BINARY, FIN, Header, TEXT, append_masked, append_message, append_unmasked};

    #[test]
    fn the_example_of_the_specification_parses() {
        let hello = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
        assert_eq!(Header::parse(&hello), Ok(Some((Header { first: 0x81, length: 5 }, 2))));
    }

    #[test]
    fn each_length_has_its_shortest_form() {
        for (length, size) in [(0, 6), (125, 6), (126, 8), (65_535, 8), (65_536, 14)] {
            let mut out = Vec::new();
            append_masked(FIN | BINARY, &vec![0; length], &mut out);
            assert_eq!(out.len(), length + size);
        }
    }

    #[test]
    fn a_longer_form_than_needed_is_refused() {
        assert!(Header::parse(&[0x82, 126, 0, 125]).is_err());
        assert!(Header::parse(&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff]).is_err());
    }

    #[test]
    fn every_strict_prefix_of_a_header_asks_for_more() {
        let long = [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0];
        for end in 0..long.len() {
            assert_eq!(Header::parse(&long[..end]), Ok(None));
        }
        assert_eq!(Header::parse(&long), Ok(Some((Header { first: 0x82, length: 0x1_0000 }, 10))));
    }

    #[test]
    fn only_a_client_masks() {
        let (mut masked, mut unmasked) = (Vec::new(), Vec::new());
        append_masked(FIN | TEXT, b"abc", &mut masked);
        append_unmasked(FIN | TEXT, b"abc", &mut unmasked);
        assert!(Header::parse(&masked).is_err());
        assert!(Header::parse_masked(&unmasked).is_err());
        let parsed = Header::parse_masked(&masked);
        assert!(matches!(parsed, Ok(Some((Header { length: 3, .. }, _, 6)))), "{parsed:?}");
        assert_eq!(Header::parse_masked(&masked[..5]), Ok(None));
    }

    #[test]
    fn only_the_last_fragment_is_final() {
        let mut out = Vec::new();
        append_message(TEXT, b"abcdef", 3, &mut out);
        let firsts: Vec<u8> = out.chunks(8).map(|frame| frame[0]).collect();
        assert_eq!(firsts, [TEXT, 0, FIN]);
    }
}
