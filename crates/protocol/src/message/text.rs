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

use crate::message::short_len::ShortLen;

/// The text of a message: UTF-8 that is cheap to clone.
///
/// A text of up to 32 bytes is stored inline, without an allocation. Clones of a longer text share its memory.
///
/// # Performance
///
/// The bytes are validated when they arrive. Because Sockeye contains no `unsafe` code, each conversion to [`str`] (by
/// [`as_str`](Self::as_str), `Deref`, or `Display`) validates them again, at many gigabytes per second. Keep the `&str`
/// instead of converting in a loop. Comparisons, [`len`](Self::len) and [`as_bytes`](Self::as_bytes) do not validate.
///
/// # Examples
///
/// ```
/// use sockeye::{Message, Text};
///
/// let text = Text::from("Hello");
/// assert_eq!(text, "Hello");
/// assert!(text.starts_with("Hell")); // all methods of `str`
///
/// static GREETING: Text = Text::from_static("a constant, which is never copied");
/// assert_eq!(Message::from(GREETING.clone()).len(), 33);
/// ```
#[derive(Clone)]
pub struct Text(Repr);

#[derive(Clone)]
enum Repr {
    Short(Short),
    Shared(Bytes),
}

/// A text that is stored inline; [`ShortLen`] explains the order of the fields.
#[derive(Clone, Copy)]
#[repr(C)]
struct Short {
    bytes: Words,
    len: ShortLen,
}

#[derive(Clone, Copy)]
#[repr(align(8))]
struct Words([u8; ShortLen::MAX]);

impl Short {
    #[inline]
    fn copied(text: &[u8]) -> Option<Self> {
        let len = ShortLen::new(text.len())?;
        let mut bytes = [0; ShortLen::MAX];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { bytes: Words(bytes), len })
    }

    #[inline]
    fn as_slice(&self) -> &[u8] {
        &self.bytes.0[..self.len.get()]
    }
}

impl Text {
    /// The length of the longest text that is stored inline.
    pub(crate) const SHORT: usize = ShortLen::MAX;

    /// Creates a text from bytes that were validated when they arrived.
    pub(crate) const fn validated(bytes: Bytes) -> Self {
        Self(Repr::Shared(bytes))
    }

    /// Unmasks the first `len` bytes of `masked`, at most [`SHORT`](Self::SHORT), and creates a text if they are UTF-8. The
    /// bytes after them do not affect the result.
    #[expect(clippy::inline_always, reason = "returning a text costs one more copy of it")]
    #[inline(always)]
    pub(crate) fn unmasked(masked: &[u8], len: usize, key: [u8; 4]) -> Result<Self, ProtocolError> {
        let length = ShortLen::new(len).expect("the caller has checked the length");
        // A copy of a fixed length takes two vector moves, so copy more than the text if the buffer is long enough.
        let bytes = if let Some(chunk) = masked.first_chunk() {
            mask::apply_block(chunk, key)
        } else {
            let short = Short::copied(&masked[..len]).expect("`len` is a short length");
            mask::apply_block(&short.bytes.0, key)
        };
        utf8::validate_prefix(bytes, len)?;
        Ok(Self(Repr::Short(Short { bytes: Words(bytes), len: length })))
    }

    /// Copies UTF-8 that is short enough to be stored inline.
    #[inline]
    fn copied(text: &[u8]) -> Option<Self> {
        Some(Self(Repr::Short(Short::copied(text)?)))
    }

    /// Creates a text from a constant, without a copy.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Repr::Shared(Bytes::from_static(text.as_bytes())))
    }

    /// Returns the text as a string slice, after validating it; see the section on [performance](Self#performance).
    pub fn as_str(&self) -> &str {
        let bytes = self.as_bytes();
        // The SIMD validator selects its implementation at run time, which costs more than it saves for a short text.
        let text = if bytes.len() < 64 {
            std::str::from_utf8(bytes).ok()
        } else {
            simdutf8::basic::from_utf8(bytes).ok()
        };
        text.expect("a text is validated when it is created")
    }

    /// Returns the UTF-8 of the text.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Short(short) => short.as_slice(),
            Repr::Shared(bytes) => bytes,
        }
    }

    /// Converts the text to its UTF-8, without a copy unless it is stored inline.
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Repr::Short(short) => Bytes::copy_from_slice(short.as_slice()),
            Repr::Shared(bytes) => bytes,
        }
    }

    /// Returns the length of the text in bytes.
    #[inline]
    pub const fn len(&self) -> usize {
        match &self.0 {
            Repr::Short(short) => short.len.get(),
            Repr::Shared(bytes) => bytes.len(),
        }
    }

    /// Returns `true` if the text is empty.
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

impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
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

    use super::{ShortLen, Text};
    use crate::Message;

    const SHORT: usize = ShortLen::MAX;

    #[test]
    fn inline_texts_do_not_make_a_message_larger() {
        assert_eq!(size_of::<Text>(), SHORT + size_of::<ShortLen>());
        assert_eq!(size_of::<Message>(), size_of::<Text>());
    }

    #[test]
    fn a_text_of_every_length_keeps_its_value() {
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
        fn inline_and_shared_texts_behave_alike(a: String, b: String) {
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
