//! A whole message in one frame, the common case: [RFC 6455 §5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2).

/// A whole, unfragmented and uncompressed message of less than 64 KiB that stands at the beginning of some bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a view of a frame, not a thing that grows")]
pub struct WholeFrame {
    /// Whether the message is text; else it is binary.
    pub text: bool,
    /// The key that the payload is masked with, or zeros.
    pub key: [u8; 4],
    /// Where the payload starts.
    pub start: usize,
    /// Where it ends, and the frame with it.
    pub end: usize,
}

impl WholeFrame {
    /// Finds such a frame at the beginning of `buf`; `masked` says whether it has to be masked.
    ///
    /// `None` says nothing: the frame may be incomplete, of another kind, or wrong. [`Header::parse`](crate::Header::parse)
    /// knows. What is found here is what that would find too.
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

    /// Finds such a frame if it is a text of at most `max` bytes, which are less than 126. Where it is none, the first two bytes
    /// tell.
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
    use super::WholeFrame;
    use crate::{Header, OpCode};

    #[test]
    fn what_is_found_is_what_the_header_says() {
        let mut found = 0;
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                for extended in [[0, 0], [0, 125], [0, 126], [1, 0]] {
                    for len in [0, 1, 2, 5, 6, 7, 8, 20, 131, 132, 300] {
                        let mut buf = vec![first, second, extended[0], extended[1]];
                        buf.resize(300, 7);
                        buf.truncate(len);
                        for masked in [false, true] {
                            let found_frame = WholeFrame::find(&buf, masked);
                            for max in [0, 24, 125] {
                                let is_short = |frame: &WholeFrame| {
                                    frame.text && frame.end - frame.start <= max
                                };
                                let short = WholeFrame::find_short_text(&buf, masked, max);
                                assert_eq!(short, found_frame.filter(is_short));
                            }
                            let Some(frame) = found_frame else { continue };
                            let (header, start) =
                                Header::parse(&buf).expect("good").expect("whole");
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
