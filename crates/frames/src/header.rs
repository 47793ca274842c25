//! The frame header: [RFC 6455 §5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2).

use sockeye_errors::ProtocolError;

use crate::OpCode;

/// A frame header.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the RFC has exactly these fields")]
pub struct Header {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// The bit that marks compressed messages (RFC 7692 §6). The caller must reject it unless an extension defines it.
    pub rsv1: bool,
    /// The type of the frame.
    pub opcode: OpCode,
    /// The masking key. The frames of a client have one, those of a server have none.
    pub mask: Option<[u8; 4]>,
    /// The length of the payload in bytes, less than 2⁶³.
    pub length: u64,
}

impl Header {
    /// Parses the header at the beginning of `buf`; returns it with its encoded length.
    ///
    /// Returns `None` if the header is incomplete. An invalid header is rejected at the first byte that makes it invalid;
    /// more bytes never change the error.
    ///
    /// # Errors
    ///
    /// [`ReservedBits`](ProtocolError::ReservedBits) for RSV2, RSV3, and RSV1 on a control frame,
    /// [`ReservedOpcode`](ProtocolError::ReservedOpcode), [`FragmentedControl`](ProtocolError::FragmentedControl),
    /// [`ControlTooLong`](ProtocolError::ControlTooLong), [`NonMinimalLength`](ProtocolError::NonMinimalLength) and
    /// [`LengthTooLarge`](ProtocolError::LengthTooLarge), each as its name says.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye_frames::{Header, OpCode};
    ///
    /// // A ping of a server with a payload of two bytes.
    /// let (header, len) = Header::parse(&[0x89, 0x02, b'h', b'i'])?.expect("the header is complete");
    /// assert_eq!((header.opcode, header.length, len), (OpCode::Ping, 2, 2));
    /// assert_eq!(Header::parse(&[0x89])?, None);
    /// // The second byte shows that the control frame is too long.
    /// assert!(Header::parse(&[0x89, 126]).is_err());
    /// # Ok::<(), sockeye_errors::ProtocolError>(())
    /// ```
    #[inline]
    pub fn parse(buf: &[u8]) -> Result<Option<(Self, usize)>, ProtocolError> {
        let Some((&first, rest)) = buf.split_first() else { return Ok(None) };
        let opcode = check_first(first)?;
        let Some((&second, rest)) = rest.split_first() else { return Ok(None) };
        check_length(opcode, second & !MASK, rest)?;
        Ok(Self::split(first, opcode, second, rest).map(|(header, len)| (header, 2 + len)))
    }

    /// Splits the rest of a header off `buf` without validating it; returns `None` if bytes are missing.
    #[inline]
    fn split(first: u8, opcode: OpCode, second: u8, buf: &[u8]) -> Option<(Self, usize)> {
        let mut rest = buf;
        let length = match second & !MASK {
            LENGTH_16 => u16::from_be_bytes(take(&mut rest)?).into(),
            LENGTH_64 => u64::from_be_bytes(take(&mut rest)?),
            length => length.into(),
        };
        let mask = if second & MASK == 0 { None } else { Some(take(&mut rest)?) };
        let header = Self { fin: first & FIN != 0, rsv1: first & RSV1 != 0, opcode, mask, length };
        Some((header, buf.len() - rest.len()))
    }

    /// Appends the encoded header to `buf`.
    ///
    /// The fields are not validated. The length has its shortest form.
    #[inline]
    pub fn encode(&self, buf: &mut Vec<u8>) {
        let (bytes, len) = self.to_bytes();
        buf.extend_from_slice(&bytes[..len]);
    }

    /// Returns the encoded header, padded with zeros, and its length; see [`encode`](Self::encode).
    #[inline]
    pub fn to_bytes(&self) -> ([u8; Self::MAX_LEN], usize) {
        let fin = if self.fin { FIN } else { 0 };
        let rsv1 = if self.rsv1 { RSV1 } else { 0 };
        let mask = if self.mask.is_some() { MASK } else { 0 };
        // §5.2: a length has its shortest form.
        let (length, extended, len) = match (u8::try_from(self.length), u16::try_from(self.length))
        {
            (Ok(length), _) if length < LENGTH_16 => (length, 0, 2),
            (_, Ok(length)) => (LENGTH_16, u64::from(length.swap_bytes()), 4),
            _ => (LENGTH_64, self.length.swap_bytes(), 10),
        };
        // In a register: a header that is assembled in memory byte by byte and then copied in words stalls store forwarding.
        let mut bytes = u128::from(fin | rsv1 | u8::from(self.opcode))
            | u128::from(mask | length) << 8
            | u128::from(extended) << 16;
        let mut end = len;
        if let Some(key) = self.mask {
            bytes |= u128::from(u32::from_le_bytes(key)) << (8 * len);
            end += 4;
        }
        let bytes = bytes.to_le_bytes();
        (*bytes.first_chunk().expect("a header is shorter than 16 bytes"), end)
    }

    /// The length of the longest encoded header.
    pub const MAX_LEN: usize = 14;
}

/// Validates the first byte of a header.
#[inline]
fn check_first(first: u8) -> Result<OpCode, ProtocolError> {
    // §5.2: a reserved bit is zero unless an extension gave it a meaning; none gives one to RSV2 or RSV3.
    if first & (RSV2 | RSV3) != 0 {
        return Err(ProtocolError::ReservedBits);
    }
    let opcode = OpCode::try_from(first & OPCODE)?;
    if opcode.is_control() {
        // §5.5: a control frame is not fragmented.
        if first & FIN == 0 {
            return Err(ProtocolError::FragmentedControl);
        }
        // RFC 7692 §6: RSV1 has a meaning on data frames alone.
        if first & RSV1 != 0 {
            return Err(ProtocolError::ReservedBits);
        }
    }
    Ok(opcode)
}

/// Validates the second byte of a header without its mask bit, and the available bytes of an extended length.
#[inline]
fn check_length(opcode: OpCode, form: u8, rest: &[u8]) -> Result<(), ProtocolError> {
    // §5.5: a control frame carries at most 125 bytes, so its length never has an extended form. The
    // exact length is not known yet; this is its lower bound.
    if opcode.is_control() && form >= LENGTH_16 {
        return Err(ProtocolError::ControlTooLong { length: form.into() });
    }
    match (form, rest) {
        // §5.2: a length has its shortest form.
        (LENGTH_16, [0, ..LENGTH_16, ..]) | (LENGTH_64, [0, 0, 0, 0, 0, 0, ..]) => {
            Err(ProtocolError::NonMinimalLength)
        }
        // §5.2: the highest bit of a 64-bit length is zero.
        (LENGTH_64, [0x80..=0xff, ..]) => Err(ProtocolError::LengthTooLarge),
        _ => Ok(()),
    }
}

#[inline]
fn take<const N: usize>(buf: &mut &[u8]) -> Option<[u8; N]> {
    let (chunk, rest) = buf.split_first_chunk()?;
    *buf = rest;
    Some(*chunk)
}

// The first byte.
const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const RSV2: u8 = 0x20;
const RSV3: u8 = 0x10;
const OPCODE: u8 = 0x0f;

// The second byte: the mask bit, and the values that announce an extended length.
const MASK: u8 = 0x80;
const LENGTH_16: u8 = 126;
const LENGTH_64: u8 = 127;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Header, OpCode, ProtocolError};

    const OPCODES: [OpCode; 6] = [
        OpCode::Continuation,
        OpCode::Text,
        OpCode::Binary,
        OpCode::Close,
        OpCode::Ping,
        OpCode::Pong,
    ];

    /// Parses a header of which all 14 bytes are available, by the rules of the RFC in plain arithmetic.
    fn reference(bytes: [u8; Header::MAX_LEN]) -> Result<(Header, usize), ProtocolError> {
        let (fin, rsv, number) = (bytes[0] / 128, bytes[0] / 16 % 8, bytes[0] % 16);
        let (masked, form) = (bytes[1] / 128 == 1, bytes[1] % 128);
        if rsv % 4 != 0 {
            return Err(ProtocolError::ReservedBits);
        }
        let Some(opcode) = OPCODES.into_iter().find(|opcode| *opcode as u8 == number) else {
            return Err(ProtocolError::ReservedOpcode { opcode: number });
        };
        if number >= 8 {
            if fin == 0 {
                return Err(ProtocolError::FragmentedControl);
            }
            if rsv != 0 {
                return Err(ProtocolError::ReservedBits);
            }
            if form > 125 {
                return Err(ProtocolError::ControlTooLong { length: form.into() });
            }
        }
        let (extended, least) = match form {
            126 => (2, 126),
            127 => (8, 65_536),
            _ => (0, 0),
        };
        let length =
            bytes[2..2 + extended].iter().fold(0, |sum, byte| sum * 256 + u128::from(*byte));
        let length = if extended == 0 { u128::from(form) } else { length };
        if length < least {
            return Err(ProtocolError::NonMinimalLength);
        }
        if length >= 1 << 63 {
            return Err(ProtocolError::LengthTooLarge);
        }
        let at = 2 + extended;
        let mask = masked.then(|| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let length = u64::try_from(length).expect("less than 2⁶³");
        let header = Header { fin: fin == 1, rsv1: rsv / 4 == 1, opcode, mask, length };
        Ok((header, at + if masked { 4 } else { 0 }))
    }

    /// Compares with the reference, and every strict prefix with the complete header.
    fn compare(bytes: [u8; Header::MAX_LEN]) {
        let expected = reference(bytes);
        assert_eq!(Header::parse(&bytes), expected.map(Some), "{bytes:x?}");
        let mut refused = false;
        for present in 0..Header::MAX_LEN {
            let prefix = Header::parse(&bytes[..present]);
            match expected {
                Ok((_, len)) if present < len => assert_eq!(prefix, Ok(None), "{bytes:x?}"),
                Ok(_) => assert_eq!(prefix, expected.map(Some), "{bytes:x?}"),
                Err(error) => {
                    // Rejected at the first byte after which no continuation is accepted.
                    let mut hopeful = [0x7f; Header::MAX_LEN];
                    hopeful[..2].copy_from_slice(&[0x81, 0x00]);
                    hopeful[..present].copy_from_slice(&bytes[..present]);
                    refused |= reference(hopeful).is_err();
                    assert_eq!(prefix, if refused { Err(error) } else { Ok(None) }, "{bytes:x?}");
                }
            }
        }
    }

    #[test]
    fn every_beginning_is_judged_like_the_reference() {
        let tails = [
            [0x00; 12],
            [0xff; 12],
            [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c],
            [0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08],
        ];
        for beginning in 0..=u16::MAX {
            for tail in tails {
                let mut bytes = [0; Header::MAX_LEN];
                bytes[..2].copy_from_slice(&beginning.to_be_bytes());
                bytes[2..].copy_from_slice(&tail);
                compare(bytes);
            }
        }
    }

    #[test]
    fn every_length_is_written_and_accepted_in_its_shortest_form_alone() {
        let lengths = [
            0,
            1,
            125,
            126,
            127,
            65_535,
            65_536,
            (1 << 31) - 1,
            1 << 31,
            (1 << 32) - 1,
            1 << 32,
            (1 << 32) + 7,
            (1 << 63) - 1,
            1 << 63,
            u64::MAX,
        ];
        for length in lengths {
            for mask in [None, Some([1, 2, 3, 4])] {
                let header =
                    Header { fin: true, rsv1: false, opcode: OpCode::Binary, mask, length };
                let seven = u8::try_from(length).ok().filter(|length| *length < 126);
                let sixteen = u16::try_from(length).ok().map(u16::to_be_bytes);
                let forms = [
                    seven.map(|length| vec![length]),
                    sixteen.map(|length| [&[126], &length[..]].concat()),
                    Some([&[127], &length.to_be_bytes()[..]].concat()),
                ];
                let shortest = forms.iter().flatten().next().map(Vec::len);
                for form in forms.iter().flatten() {
                    let mut bytes = [&[0x82], &form[..]].concat();
                    bytes[1] |= if mask.is_some() { 0x80 } else { 0 };
                    bytes.extend(mask.iter().flatten());
                    let expected = if shortest != Some(form.len()) {
                        Err(ProtocolError::NonMinimalLength)
                    } else if length >= 1 << 63 {
                        Err(ProtocolError::LengthTooLarge)
                    } else {
                        Ok(Some((header, bytes.len())))
                    };
                    assert_eq!(Header::parse(&bytes), expected, "{length} as {bytes:x?}");
                    let mut written = Vec::new();
                    header.encode(&mut written);
                    assert_eq!(written == bytes, shortest == Some(form.len()), "{written:x?}");
                }
            }
        }
    }

    #[test]
    fn a_control_frame_over_125_bytes_is_refused_at_its_second_byte() {
        for first in [0x88, 0x89, 0x8a] {
            for second in [126, 127, 254, 255] {
                let length = u64::from(second & 0x7f);
                let error = ProtocolError::ControlTooLong { length };
                assert_eq!(Header::parse(&[first, second]), Err(error));
            }
            assert!(matches!(Header::parse(&[first, 125]), Ok(Some((_, 2)))));
        }
    }

    #[test]
    fn rsv1_is_left_to_the_caller_on_data_frames_alone() {
        for (first, accepted) in [(0x40, true), (0xc1, true), (0xc2, true), (0xc8, false)] {
            let parsed = Header::parse(&[first, 0]);
            assert_eq!(parsed.is_ok(), accepted, "{first:x}");
            assert!(parsed.ok().flatten().is_none_or(|(header, _)| header.rsv1));
        }
    }

    fn headers() -> impl Strategy<Value = Header> {
        let length = prop_oneof![0..=125_u64, 126..=65_535_u64, 65_536..1_u64 << 63];
        let opcode = prop::sample::select(&OPCODES[..]);
        (any::<[bool; 2]>(), opcode, any::<Option<[u8; 4]>>(), length).prop_map(
            |([fin, rsv1], opcode, mask, length)| {
                let control = opcode.is_control();
                let length = if control { length % 126 } else { length };
                Header { fin: fin || control, rsv1: rsv1 && !control, opcode, mask, length }
            },
        )
    }

    proptest! {
        #[test]
        fn encoded_headers_are_parsed(header in headers(), behind: Vec<u8>) {
            let mut buf = b"before".to_vec();
            header.encode(&mut buf);
            let len = buf.len() - 6;
            prop_assert_eq!(len, header.to_bytes().1);
            buf.extend(behind);
            prop_assert!(buf.starts_with(b"before"));
            prop_assert_eq!(Header::parse(&buf[6..]), Ok(Some((header, len))));
        }

        #[test]
        fn any_bytes_are_judged_like_the_reference(bytes: [u8; Header::MAX_LEN]) {
            compare(bytes);
        }
    }
}
