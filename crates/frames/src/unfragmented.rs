//! Complete small messages in a single frame: [RFC 6455 §5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2).

/// An unfragmented, uncompressed message of less than 64 KiB at the beginning of a buffer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a view of a frame, whose fields the RFC defines")]
pub struct UnfragmentedFrame {
    /// Whether the message is text; otherwise it is binary.
    pub text: bool,
    /// The masking key; zeros if the frame is not masked.
    pub key: [u8; 4],
    /// The index of the first byte of the payload.
    pub start: usize,
    /// The index of the first byte after the payload, which is the end of the frame.
    pub end: usize,
}

impl UnfragmentedFrame {
    /// Finds such a frame at the beginning of `buf`; `masked` says whether the frame must be masked.
    ///
    /// `None` is not an error: the frame may be incomplete, of another type, or invalid. Call
    /// [`Header::parse`](crate::Header::parse) to distinguish these cases. Every frame that this method finds is valid, and
    /// `Header::parse` returns the same values for it.
    #[inline]
    pub fn find(buf: &[u8], masked: bool) -> Option<Self> {
        let [first, second, rest @ ..] = buf else { return None };
        let text = match *first {
            0x81 => true,
            0x82 => false,
            _ => return None,
        };
        let length = usize::from(second ^ if masked { 0x80 } else { 0 });
        let (length, header, rest) = match (length, rest) {
            (0..126, rest) => (length, 2, rest),
            (126, [high, low, rest @ ..]) => {
                (usize::from(u16::from_be_bytes([*high, *low])), 4, rest)
            }
            _ => return None,
        };
        // §5.2: a length has its shortest form.
        if header == 4 && length < 126 {
            return None;
        }
        let (key, start) =
            if masked { (*rest.first_chunk()?, header + 4) } else { ([0; 4], header) };
        let end = start + length;
        (end <= buf.len()).then_some(Self { text, key, start, end })
    }

    /// Finds such a frame if it is a text of at most `max` bytes, where `max` is less than 126.
    ///
    /// The first two bytes suffice to reject any other frame.
    #[inline]
    pub fn find_short_text(buf: &[u8], masked: bool, max: usize) -> Option<Self> {
        match buf {
            [0x81, second, ..] if usize::from(second & 0x7f) <= max => Self::find(buf, masked),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::UnfragmentedFrame;
    use crate::{Header, OpCode};

    #[test]
    fn a_frame_that_is_found_has_the_values_of_its_header() {
        let mut found = 0;
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                for extended in [[0, 0], [0, 125], [0, 126], [1, 0]] {
                    for len in [0, 1, 2, 5, 6, 7, 8, 20, 131, 132, 300] {
                        let mut buf = vec![first, second, extended[0], extended[1]];
                        buf.resize(300, 7);
                        buf.truncate(len);
                        for masked in [false, true] {
                            let found_frame = UnfragmentedFrame::find(&buf, masked);
                            for max in [0, 24, 125] {
                                let is_short = |frame: &UnfragmentedFrame| {
                                    frame.text && frame.end - frame.start <= max
                                };
                                let short = UnfragmentedFrame::find_short_text(&buf, masked, max);
                                assert_eq!(short, found_frame.filter(is_short));
                            }
                            let Some(frame) = found_frame else { continue };
                            let (header, start) =
                                Header::parse(&buf).expect("valid").expect("complete");
                            assert!(header.fin && !header.rsv1);
                            assert_eq!(frame.text, header.opcode == OpCode::Text);
                            assert_eq!(frame.text, header.opcode != OpCode::Binary);
                            assert_eq!(frame.key, header.mask.unwrap_or_default());
                            assert_eq!(masked, header.mask.is_some());
                            assert_eq!(frame.start, start);
                            assert_eq!((frame.end - frame.start) as u64, header.length);
                            found += 1;
                        }
                    }
                }
            }
        }
        assert!(found > 1000, "{found}");
    }
}
