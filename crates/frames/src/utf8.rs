//! UTF-8 in text messages: [RFC 6455 §8.1](https://www.rfc-editor.org/rfc/rfc6455#section-8.1).

use simdutf8::basic;
use sockeye_errors::ProtocolError;

/// Checks that `bytes` are whole UTF-8.
///
/// # Errors
///
/// [`InvalidUtf8`](ProtocolError::InvalidUtf8) if they are not, be it for a character that is cut off at the end.
#[inline]
pub fn validate(bytes: &[u8]) -> Result<(), ProtocolError> {
    let valid = match bytes.len() {
        ..BLOCK if bytes.is_ascii() => true,
        FEW..BLOCK => {
            // Filled up to a block, which costs less than a look at each character; zeros complete nothing.
            let mut block = [0; BLOCK];
            block[..bytes.len()].copy_from_slice(bytes);
            basic::from_utf8(&block).is_ok()
        }
        _ => basic::from_utf8(bytes).is_ok(),
    };
    // §8.1: a text that is not UTF-8 fails the connection.
    if valid { Ok(()) } else { Err(ProtocolError::InvalidUtf8) }
}

/// Checks that the first `len` bytes of `block` are whole UTF-8. What follows them may be looked at, and means nothing.
///
/// # Errors
///
/// [`InvalidUtf8`](ProtocolError::InvalidUtf8) if they are not.
///
/// # Panics
///
/// If there are fewer bytes than `len`.
#[expect(clippy::inline_always, reason = "a block that is handed over goes through memory")]
#[inline(always)]
pub fn validate_start(block: [u8; START], len: usize) -> Result<(), ProtocolError> {
    // Without a branch, and in the words of `mask::block`: so the compiler makes vectors of both, and nothing goes through memory.
    let high_bits = HIGH_BITS.as_flattened();
    let high_bits = START.checked_sub(len).and_then(|skipped| high_bits[skipped..].first_chunk());
    let found = |high_bits: &[u8; START]| {
        let (words, _) = block.as_chunks();
        let (high_bits, _) = high_bits.as_chunks();
        words.iter().zip(high_bits).fold(0, |found, (word, high)| {
            found | (u32::from_ne_bytes(*word) & u32::from_ne_bytes(*high))
        })
    };
    if high_bits.is_some_and(|high_bits| found(high_bits) == 0) {
        return Ok(());
    }
    validate_slowly(block, len)
}

/// A block that is not ASCII. It is taken by value, so that nobody else needs it in memory.
#[cold]
#[inline(never)]
fn validate_slowly(block: [u8; START], len: usize) -> Result<(), ProtocolError> {
    validate(&block[..len])
}

/// Checks UTF-8 that arrives piece by piece.
///
/// Each byte is looked at once, whatever the pieces, and none is kept: between them there is only what the character
/// that a piece left unfinished still lacks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf8Validator {
    unfinished: Option<Unfinished>,
}

impl Utf8Validator {
    /// Takes the next bytes of a text.
    ///
    /// # Errors
    ///
    /// [`InvalidUtf8`](ProtocolError::InvalidUtf8) as soon as nothing that follows could make the text valid. The text
    /// is lost then; the next one needs a new validator.
    #[inline]
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), ProtocolError> {
        let mut chunk = chunk;
        while self.unfinished.is_some()
            && let Some((&byte, rest)) = chunk.split_first()
        {
            self.unfinished = step(self.unfinished, byte)?;
            chunk = rest;
        }
        let (whole, begun) = split_unfinished(chunk);
        validate(whole)?;
        for &byte in begun {
            self.unfinished = step(self.unfinished, byte)?;
        }
        Ok(())
    }

    /// Ends the text; the next byte begins another.
    ///
    /// # Errors
    ///
    /// [`InvalidUtf8`](ProtocolError::InvalidUtf8) if the text ends inside a character.
    #[inline]
    pub fn finish(&mut self) -> Result<(), ProtocolError> {
        match self.unfinished.take() {
            None => Ok(()),
            Some(_) => Err(ProtocolError::InvalidUtf8),
        }
    }
}

/// What a character that has begun still lacks.
#[derive(Clone, Copy, Debug)]
struct Unfinished {
    /// How many bytes, at least one.
    missing: u8,
    /// The least and the greatest that the next of them can be.
    next: (u8, u8),
}

/// Takes one byte: of the character that is unfinished, or the first of a character.
fn step(unfinished: Option<Unfinished>, byte: u8) -> Result<Option<Unfinished>, ProtocolError> {
    // RFC 3629 §4: the first byte says how many follow, and which the first of these can be.
    let (missing, next) = match (unfinished, byte) {
        (Some(Unfinished { missing, next: (least, greatest) }), byte)
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
    Ok((missing > 0).then_some(Unfinished { missing, next }))
}

/// Splits off a character that begins in the last bytes of `chunk`, but does not end there.
#[inline]
fn split_unfinished(chunk: &[u8]) -> (&[u8], &[u8]) {
    let begun = match chunk {
        [.., 0xc0..=0xff] => 1,
        [.., 0xe0..=0xff, _] => 2,
        [.., 0xf0..=0xff, _, _] => 3,
        _ => 0,
    };
    chunk.split_at(chunk.len() - begun)
}

/// What may follow the first two bytes of a character, and often the first.
const CONTINUATION: (u8, u8) = (0x80, 0xbf);

/// Bytes that [`validate_start`] looks at.
pub const START: usize = 32;

/// What tells ASCII from the rest, for as many bytes as count, and nothing for as many that do not.
static HIGH_BITS: [[u8; START]; 2] = [[0x80; START], [0; START]];

/// Bytes that are checked at once; fewer are checked one by one.
const BLOCK: usize = 64;

/// As many bytes are worth filling up to a block.
const FEW: usize = 32;

#[cfg(test)]
mod tests {
    use std::str;

    use proptest::prelude::*;

    use super::{START, Utf8Validator, validate, validate_start};

    /// How many bytes can be taken before it is certain that the text is not valid.
    fn acceptable(text: &[u8]) -> usize {
        let hopeless = |end: &usize| {
            str::from_utf8(&text[..*end]).is_err_and(|error| error.error_len().is_some())
        };
        (1..=text.len()).find(hopeless).map_or(text.len(), |end| end - 1)
    }

    /// Compares with the standard library: whole, and cut in two and in three at all places.
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
    fn only_the_start_of_a_block_counts() {
        for len in 0..=START {
            for (place, byte) in (0..START).zip((0..=u8::MAX).cycle().step_by(7)) {
                for byte in [byte, 0x7f, 0x80, 0xff] {
                    let mut block = [b'a'; START];
                    block[place] = byte;
                    let valid = str::from_utf8(&block[..len]).is_ok();
                    assert_eq!(
                        validate_start(block, len).is_ok(),
                        valid,
                        "{byte:x} at {place} of {len}"
                    );
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_start_of_a_block_is_judged_like_the_standard_library(
            text in "\\PC{1,16}", more in prop::array::uniform32(any::<u8>()), len in 0..=START,
        ) {
            let mut block = more;
            let text = &text.as_bytes()[..text.len().min(START)];
            block[..text.len()].copy_from_slice(text);
            let valid = str::from_utf8(&block[..len]).is_ok();
            prop_assert_eq!(validate_start(block, len).is_ok(), valid);
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
