//! UTF-8 in text messages: [RFC 6455 §8.1](https://www.rfc-editor.org/rfc/rfc6455#section-8.1).

use simdutf8::basic;
use sockeye_errors::ProtocolError;

/// Checks that `bytes` are complete, valid UTF-8.
///
/// # Errors
///
/// [`InvalidUtf8`](ProtocolError::InvalidUtf8) if they are not, for example because the last character is incomplete.
#[inline]
pub fn validate(bytes: &[u8]) -> Result<(), ProtocolError> {
    let valid = match bytes.len() {
        ..BLOCK if bytes.is_ascii() => true,
        MIN_PADDED..BLOCK => {
            // Padding to a block costs less than a look at each character; zeros never complete a character.
            let mut block = [0; BLOCK];
            block[..bytes.len()].copy_from_slice(bytes);
            basic::from_utf8(&block).is_ok()
        }
        _ => basic::from_utf8(bytes).is_ok(),
    };
    // §8.1: a text that is not UTF-8 fails the connection.
    if valid { Ok(()) } else { Err(ProtocolError::InvalidUtf8) }
}

/// Checks that the first `len` bytes of `block` are complete, valid UTF-8. The bytes after them do not affect the result.
///
/// # Errors
///
/// [`InvalidUtf8`](ProtocolError::InvalidUtf8) if they are not.
///
/// # Panics
///
/// If `len` is greater than [`PREFIX_LEN`].
#[expect(
    clippy::inline_always,
    reason = "a block that is passed to a function goes through memory"
)]
#[inline(always)]
pub fn validate_prefix(block: [u8; PREFIX_LEN], len: usize) -> Result<(), ProtocolError> {
    // Without branches, and in the words of `mask::apply_block`, so that LLVM vectorizes both and the block stays in registers.
    let high_bits = HIGH_BITS.as_flattened();
    let high_bits =
        PREFIX_LEN.checked_sub(len).and_then(|skipped| high_bits[skipped..].first_chunk());
    let found = |high_bits: &[u8; PREFIX_LEN]| {
        let (words, _) = block.as_chunks();
        let (high_bits, _) = high_bits.as_chunks();
        words.iter().zip(high_bits).fold(0, |found, (word, high)| {
            found | (u32::from_ne_bytes(*word) & u32::from_ne_bytes(*high))
        })
    };
    if high_bits.is_some_and(|high_bits| found(high_bits) == 0) {
        return Ok(());
    }
    validate_non_ascii(block, len)
}

/// Validates a block that is not ASCII. The block is passed by value, so that the caller needs no copy in memory.
#[cold]
#[inline(never)]
fn validate_non_ascii(block: [u8; PREFIX_LEN], len: usize) -> Result<(), ProtocolError> {
    validate(&block[..len])
}

/// An incremental UTF-8 validator for text that arrives in pieces.
///
/// Each byte is examined once, however the text is split, and none is stored: between two pieces the validator keeps only
/// the state of an incomplete character.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf8Validator {
    incomplete: Option<Incomplete>,
}

impl Utf8Validator {
    /// Validates the next bytes of the text.
    ///
    /// # Errors
    ///
    /// [`InvalidUtf8`](ProtocolError::InvalidUtf8) as soon as no continuation can make the text valid. The validator must not
    /// be used afterwards.
    #[inline]
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), ProtocolError> {
        let mut chunk = chunk;
        while self.incomplete.is_some()
            && let Some((&byte, rest)) = chunk.split_first()
        {
            self.incomplete = step(self.incomplete, byte)?;
            chunk = rest;
        }
        let (complete, begun) = split_incomplete(chunk);
        validate(complete)?;
        for &byte in begun {
            self.incomplete = step(self.incomplete, byte)?;
        }
        Ok(())
    }

    /// Ends the text; the next byte begins another text.
    ///
    /// # Errors
    ///
    /// [`InvalidUtf8`](ProtocolError::InvalidUtf8) if the text ends inside a character.
    #[inline]
    pub fn finish(&mut self) -> Result<(), ProtocolError> {
        match self.incomplete.take() {
            None => Ok(()),
            Some(_) => Err(ProtocolError::InvalidUtf8),
        }
    }
}

/// The bytes that an incomplete character still needs.
#[derive(Clone, Copy, Debug)]
struct Incomplete {
    /// The number of bytes, at least one.
    missing: u8,
    /// The least and the greatest valid value of the next of them.
    next: (u8, u8),
}

/// Processes one byte: the first of a character, or the next of an incomplete one.
fn step(incomplete: Option<Incomplete>, byte: u8) -> Result<Option<Incomplete>, ProtocolError> {
    // RFC 3629 §4: the first byte determines how many follow, and the valid range of the second.
    let (missing, next) = match (incomplete, byte) {
        (Some(Incomplete { missing, next: (least, greatest) }), byte)
            if least <= byte && byte <= greatest =>
        {
            (missing - 1, CONTINUATION)
        }
        (None, ..=0x7f) => (0, CONTINUATION),
        (None, 0xc2..=0xdf) => (1, CONTINUATION),
        (None, 0xe0) => (2, (0xa0, 0xbf)),
        (None, 0xed) => (2, (0x80, 0x9f)),
        (None, 0xe1..=0xef) => (2, CONTINUATION),
        (None, 0xf0) => (3, (0x90, 0xbf)),
        (None, 0xf1..=0xf3) => (3, CONTINUATION),
        (None, 0xf4) => (3, (0x80, 0x8f)),
        _ => return Err(ProtocolError::InvalidUtf8),
    };
    Ok((missing > 0).then_some(Incomplete { missing, next }))
}

/// Splits off a character that begins in the last bytes of `chunk` but does not end there.
#[inline]
fn split_incomplete(chunk: &[u8]) -> (&[u8], &[u8]) {
    let begun = match chunk {
        [.., 0xc0..=0xff] => 1,
        [.., 0xe0..=0xff, _] => 2,
        [.., 0xf0..=0xff, _, _] => 3,
        _ => 0,
    };
    chunk.split_at(chunk.len() - begun)
}

/// The valid range of the third and fourth byte of a character, and mostly of the second.
const CONTINUATION: (u8, u8) = (0x80, 0xbf);

/// The length of the block that [`validate_prefix`] takes.
pub const PREFIX_LEN: usize = 32;

/// The bits that distinguish ASCII from other bytes, for the bytes that count, then zeros for those that do not.
static HIGH_BITS: [[u8; PREFIX_LEN]; 2] = [[0x80; PREFIX_LEN], [0; PREFIX_LEN]];

/// Bytes in a block of the SIMD validator; it validates fewer bytes one by one.
const BLOCK: usize = 64;

/// The least length for which padding to a block pays off.
const MIN_PADDED: usize = 32;

#[cfg(test)]
mod tests {
    use std::str;

    use proptest::prelude::*;

    use super::{PREFIX_LEN, Utf8Validator, validate, validate_prefix};

    /// Returns how many bytes can be fed before the text is certainly invalid.
    fn acceptable(text: &[u8]) -> usize {
        let hopeless = |end: &usize| {
            str::from_utf8(&text[..*end]).is_err_and(|error| error.error_len().is_some())
        };
        (1..=text.len()).find(hopeless).map_or(text.len(), |end| end - 1)
    }

    /// Compares with the standard library: in one piece, and split into two and three pieces at all positions.
    fn compare(text: &[u8]) {
        let valid = str::from_utf8(text).is_ok();
        assert_eq!(validate(text).is_ok(), valid, "{text:x?}");
        let acceptable = acceptable(text);
        for first in 0..=text.len() {
            let mut validator = Utf8Validator::default();
            let fed = validator.feed(&text[..first]).is_ok();
            assert_eq!(fed, first <= acceptable, "{text:x?}, {first} bytes");
            if !fed {
                break;
            }
            for second in first..=text.len() {
                let mut validator = validator;
                let fed = validator.feed(&text[first..second]).is_ok();
                assert_eq!(fed, second <= acceptable, "{text:x?}, {first} bytes, then to {second}");
                if fed {
                    let fed = validator.feed(&text[second..]).is_ok();
                    assert_eq!(fed, acceptable == text.len(), "{text:x?} at {first}, {second}");
                    assert_eq!(fed && validator.finish().is_ok(), valid, "{text:x?}");
                }
            }
        }
    }

    #[test]
    fn only_the_prefix_of_a_block_counts() {
        for len in 0..=PREFIX_LEN {
            for (place, byte) in (0..PREFIX_LEN).zip((0..=u8::MAX).cycle().step_by(7)) {
                for byte in [byte, 0x7f, 0x80, 0xff] {
                    let mut block = [b'a'; PREFIX_LEN];
                    block[place] = byte;
                    let valid = str::from_utf8(&block[..len]).is_ok();
                    assert_eq!(
                        validate_prefix(block, len).is_ok(),
                        valid,
                        "{byte:x} at {place} of {len}"
                    );
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_prefix_of_a_block_is_judged_like_the_standard_library(
            text in "\\PC{1,16}", more in prop::array::uniform32(any::<u8>()), len in 0..=PREFIX_LEN,
        ) {
            let mut block = more;
            let text = &text.as_bytes()[..text.len().min(PREFIX_LEN)];
            block[..text.len()].copy_from_slice(text);
            let valid = str::from_utf8(&block[..len]).is_ok();
            prop_assert_eq!(validate_prefix(block, len).is_ok(), valid);
        }
    }

    #[test]
    fn every_sequence_of_one_or_two_bytes_is_judged_like_the_standard_library() {
        for sequence in 0..=u16::MAX {
            let [first, second] = sequence.to_be_bytes();
            compare(&[first]);
            compare(&[first, second]);
        }
    }

    #[test]
    fn every_sequence_of_three_bytes_is_judged_like_the_standard_library() {
        for beginning in 0..=u16::MAX {
            let [first, second] = beginning.to_be_bytes();
            let (mut after_one, mut after_two) = <(Utf8Validator, Utf8Validator)>::default();
            let one = after_one.feed(&[first]).is_ok();
            let two = after_two.feed(&[first, second]).is_ok();
            for third in 0..=u8::MAX {
                let text = [first, second, third];
                let valid = str::from_utf8(&text).is_ok();
                assert_eq!(validate(&text).is_ok(), valid, "{text:x?}");
                let mut cut = after_one;
                let taken = one && cut.feed(&text[1..]).is_ok() && cut.finish().is_ok();
                assert_eq!(taken, valid, "{text:x?}");
                let mut cut = after_two;
                let taken = two && cut.feed(&text[2..]).is_ok() && cut.finish().is_ok();
                assert_eq!(taken, valid, "{text:x?}");
            }
        }
    }

    #[test]
    fn sequences_of_four_bytes_are_judged_like_the_standard_library() {
        let anywhere = (0..=u32::MAX).step_by(50_021);
        let long_characters = (0xf000_0000..=0xf5ff_ffff).step_by(2_003);
        for sequence in anywhere.chain(long_characters) {
            compare(&sequence.to_be_bytes());
        }
    }

    #[test]
    fn a_text_is_judged_alike_however_it_is_cut() {
        let texts: [&[u8]; 12] = [
            b"",
            b"plain",
            "a é € 🐟".as_bytes(),
            "ߓ\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}".as_bytes(),
            b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
            b"\xce\xba\xe1\xbd\xb9\xf4\x90\x80\x80edited",
            b"overlong \xc0\xaf, \xe0\x80\xaf and \xf0\x80\x80\xaf",
            b"a lonely \x80 continuation",
            b"cut off \xf0\x9f\x90",
            b"interrupted \xe2\x82 euro",
            b"never \xfe and \xff",
            b"\xf0\x9f\xc3\xa9",
        ];
        let padding = "Ünder a vector’s width, and then over it 🐟 ".repeat(2);
        for text in texts {
            compare(text);
            compare(&[text, padding.as_bytes()].concat());
            compare(&[padding.as_bytes(), text].concat());
        }
    }

    #[test]
    fn a_finished_text_leaves_nothing_behind() {
        let mut validator = Utf8Validator::default();
        assert!(validator.feed("€".as_bytes().split_at(2).0).is_ok());
        assert!(validator.finish().is_err());
        assert!(validator.feed("€".as_bytes()).is_ok());
        assert!(validator.finish().is_ok());
    }

    proptest! {
        #[test]
        fn valid_text_is_accepted_in_any_pieces(text: String, size in 1_usize..9) {
            let text = text.repeat(4);
            let mut validator = Utf8Validator::default();
            for piece in text.as_bytes().chunks(size) {
                prop_assert!(validator.feed(piece).is_ok());
            }
            prop_assert!(validator.finish().is_ok());
        }

        #[test]
        fn any_bytes_are_judged_like_the_standard_library(
            bytes in prop::collection::vec(any::<u8>(), 0..24),
        ) {
            compare(&bytes);
        }
    }
}
