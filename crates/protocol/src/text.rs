//! The text of a message: [RFC 6455 §5.6](https://www.rfc-editor.org/rfc/rfc6455#section-5.6).

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
};

use bytes::Bytes;
use sockeye_errors::ProtocolError;
use sockeye_frames::{mask, utf8};

use crate::length::Length;

/// The text of a message: UTF-8 that is cheap to clone.
///
/// A short text, of up to 32 bytes, has no memory of its own; the memory of a longer one is shared, not copied, by its
/// clones.
///
/// The bytes were validated when they arrived. Seeing them as [`str`] validates them once more, at many gigabytes a
/// second, because the library does without `unsafe`; keep the `&str` rather than asking for it in a loop.
#[derive(Clone)]
pub struct Text(Repr);

#[derive(Clone)]
enum Repr {
    Short(Short),
    Shared(Bytes),
}

/// A text that needs no memory; see [`Length`] for the order.
#[derive(Clone, Copy)]
#[repr(C)]
struct Short {
    bytes: Words,
    len: Length,
}

#[derive(Clone, Copy)]
#[repr(align(8))]
struct Words([u8; Length::MAX]);

impl Short {
    #[inline]
    fn copied(text: &[u8]) -> Option<Self> {
        let len = Length::new(text.len())?;
        let mut bytes = [0; Length::MAX];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { bytes: Words(bytes), len })
    }

    #[inline]
    fn as_slice(&self) -> &[u8] {
        &self.bytes.0[..self.len.get()]
    }
}

impl Text {
    /// Bytes of the longest text that needs no memory of its own.
    pub(crate) const SHORT: usize = Length::MAX;

    /// Text of bytes that were validated as they arrived.
    pub(crate) const fn validated(bytes: Bytes) -> Self {
        Self(Repr::Shared(bytes))
    }

    /// Text of the first `len` bytes of `masked`, at most [`SHORT`](Self::SHORT), if they are UTF-8. What follows them may
    /// be looked at, and means nothing.
    #[expect(clippy::inline_always, reason = "a text that is returned is copied once more")]
    #[inline(always)]
    pub(crate) fn unmasked(masked: &[u8], len: usize, key: [u8; 4]) -> Result<Self, ProtocolError> {
        let length = Length::new(len).expect("who asks for it has looked");
        // A copy of a fixed length is two moves, where there is that much to copy.
        let bytes = if let Some(chunk) = masked.first_chunk() {
            mask::block(chunk, key)
        } else {
            let few = Short::copied(&masked[..len]).expect("as long as that");
            mask::block(&few.bytes.0, key)
        };
        utf8::validate_start(bytes, len)?;
        Ok(Self(Repr::Short(Short { bytes: Words(bytes), len: length })))
    }

    /// A copy of UTF-8 that is short enough to need no memory.
    #[inline]
    fn copied(text: &[u8]) -> Option<Self> {
        Some(Self(Repr::Short(Short::copied(text)?)))
    }

    /// Text that lives as long as the program, without a copy.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Repr::Shared(Bytes::from_static(text.as_bytes())))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let bytes = self.as_bytes();
        // Short texts, and there are many, do not pay for the dispatch of the SIMD validator.
        let text = if bytes.len() < 64 {
            std::str::from_utf8(bytes).ok()
        } else {
            simdutf8::basic::from_utf8(bytes).ok()
        };
        text.expect("a text is validated when it is made")
    }

    /// The UTF-8 of the text.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Short(short) => short.as_slice(),
            Repr::Shared(bytes) => bytes,
        }
    }

    /// The UTF-8 of the text, without a copy if it is not short.
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Repr::Short(short) => Bytes::copy_from_slice(short.as_slice()),
            Repr::Shared(bytes) => bytes,
        }
    }

    /// Bytes in the text.
    #[inline]
    pub const fn len(&self) -> usize {
        match &self.0 {
            Repr::Short(short) => short.len.get(),
            Repr::Shared(bytes) => bytes.len(),
        }
    }

    /// Whether the text is empty.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::from_static("")
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl Eq for Text {}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let bytes = text.as_bytes();
        Self::copied(bytes).unwrap_or_else(|| Self::validated(Bytes::copy_from_slice(bytes)))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::copied(text.as_bytes()).unwrap_or_else(|| Self::validated(text.into()))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.as_str().to_owned()
    }
}

impl From<Text> for Bytes {
    fn from(text: Text) -> Self {
        text.into_bytes()
    }
}

impl TryFrom<Bytes> for Text {
    type Error = ProtocolError;

    /// # Errors
    ///
    /// [`ProtocolError::InvalidUtf8`].
    fn try_from(bytes: Bytes) -> Result<Self, ProtocolError> {
        utf8::validate(&bytes)?;
        Ok(Self::validated(bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::hash_map::DefaultHasher,
        hash::{Hash, Hasher},
        mem::size_of,
    };

    use bytes::Bytes;
    use proptest::prelude::*;

    use super::{Length, Text};
    use crate::Message;

    const SHORT: usize = Length::MAX;

    #[test]
    fn a_short_text_makes_no_message_larger() {
        assert_eq!(size_of::<Text>(), size_of::<Bytes>() + 8);
        assert_eq!(size_of::<Message>(), size_of::<Text>());
    }

    #[test]
    fn every_length_is_kept() {
        for len in 0..=2 * SHORT {
            let text = "t".repeat(len);
            assert_eq!(Text::from(text.as_str()), *text);
            assert_eq!(Text::from(text.clone()).len(), len);
            assert_eq!(Text::from(text.as_str()).into_bytes(), text);
        }
    }

    #[test]
    fn a_masked_payload_is_unmasked_and_validated() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        let mask = |text: &[u8]| -> Vec<u8> {
            text.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
        };
        for len in 0..=SHORT {
            let text = &b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"[..len];
            for more in [0, 1, SHORT, 2 * SHORT] {
                let mut masked = mask(text);
                masked.resize(len + more, 0xff);
                let unmasked = Text::unmasked(&masked, len, key).expect("ASCII");
                assert_eq!(unmasked.as_bytes(), text);
            }
        }
        assert!(Text::unmasked(&mask(b"\xff"), 1, key).is_err());
        assert!(Text::unmasked(&mask("é".as_bytes()), 1, key).is_err());
        assert!(Text::unmasked(&mask("é".repeat(SHORT).as_bytes()), 3, key).is_err());
    }

    proptest! {
        #[test]
        fn short_or_not_makes_no_difference(a: String, b: String) {
            let long = |text: &str| Text::try_from(Bytes::copy_from_slice(text.as_bytes())).expect("UTF-8");
            let hash = |text: Text| {
                let mut hasher = DefaultHasher::new();
                text.hash(&mut hasher);
                hasher.finish()
            };
            prop_assert_eq!(Text::from(a.as_str()), long(&a));
            prop_assert_eq!(hash(a.as_str().into()), hash(long(&a)));
            prop_assert_eq!(Text::from(a.as_str()).cmp(&long(&b)), a.cmp(&b));
            let short = Text::from(a.as_str());
            prop_assert_eq!(short == long(&b), a == b);
        }
    }
}
