//! The length of a short text.

/// A length of at most 32 bytes that occupies a word.
///
/// Most values of the word are not lengths, so enums that contain one use them as niches for their other variants: a
/// [`Text`](crate::Text), a message, and a message or an error all have the same size. The word with the variant is the last
/// one of a text. If it were the first, a message would be written in other pieces than it is read in when it is moved, and
/// each move would stall store forwarding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u64)]
pub(crate) enum ShortLen {
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

impl ShortLen {
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

    /// Returns the length `len`, or `None` if it is too large.
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
    use super::ShortLen;

    #[test]
    fn every_length_keeps_its_value() {
        for len in 0..=ShortLen::MAX {
            assert_eq!(ShortLen::new(len).map(ShortLen::get), Some(len));
        }
        assert_eq!(ShortLen::new(ShortLen::MAX + 1), None);
    }
}
