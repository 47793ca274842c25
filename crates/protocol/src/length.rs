//! The length of a short text.

/// A length of at most 32 bytes, as a word.
///
/// No length takes most of the values of the word. What shares the place of a text, such as shared memory, bytes, or the end of
/// a connection, is told by those: so all of it is as small as a text, and the word that tells stands behind the bytes. Where
/// it stands before them, a message is written in other pieces than it is read in when it is moved, and waits for the cache.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u64)]
pub(crate) enum Length {
    L0,
    L1,
    L2,
    L3,
    L4,
    L5,
    L6,
    L7,
    L8,
    L9,
    L10,
    L11,
    L12,
    L13,
    L14,
    L15,
    L16,
    L17,
    L18,
    L19,
    L20,
    L21,
    L22,
    L23,
    L24,
    L25,
    L26,
    L27,
    L28,
    L29,
    L30,
    L31,
    L32,
}

impl Length {
    /// The greatest length.
    pub(crate) const MAX: usize = 32;

    const ALL: [Self; Self::MAX + 1] = [
        Self::L0,
        Self::L1,
        Self::L2,
        Self::L3,
        Self::L4,
        Self::L5,
        Self::L6,
        Self::L7,
        Self::L8,
        Self::L9,
        Self::L10,
        Self::L11,
        Self::L12,
        Self::L13,
        Self::L14,
        Self::L15,
        Self::L16,
        Self::L17,
        Self::L18,
        Self::L19,
        Self::L20,
        Self::L21,
        Self::L22,
        Self::L23,
        Self::L24,
        Self::L25,
        Self::L26,
        Self::L27,
        Self::L28,
        Self::L29,
        Self::L30,
        Self::L31,
        Self::L32,
    ];

    /// The length `len`, if it is not too great.
    #[inline]
    pub(crate) const fn new(len: usize) -> Option<Self> {
        if len <= Self::MAX { Some(Self::ALL[len]) } else { None }
    }

    #[inline]
    pub(crate) const fn get(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Length;

    #[test]
    fn every_length_is_what_it_is() {
        for len in 0..=Length::MAX {
            assert_eq!(Length::new(len).map(Length::get), Some(len));
        }
        assert_eq!(Length::new(Length::MAX + 1), None);
    }
}
