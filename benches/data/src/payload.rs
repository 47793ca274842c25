//! Payloads, the same in every run and on every machine.

/// The content of a payload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Content {
    /// Text, one byte per character.
    Ascii,
    /// Bytes of all values. Most payloads are not valid UTF-8.
    Binary,
    /// Text with one to four bytes per character, as in a chat in many languages.
    Mixed,
}

impl Content {
    /// Returns exactly `size` bytes of this content.
    pub fn bytes(self, size: usize) -> Vec<u8> {
        match self {
            Self::Ascii => ASCII.bytes().cycle().take(size).collect(),
            Self::Binary => binary(size),
            Self::Mixed => mixed(size),
        }
    }

    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::Binary => "binary",
            Self::Mixed => "mixed",
        }
    }

    /// Returns the content with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Ascii, Self::Binary, Self::Mixed].into_iter().find(|content| content.name() == name)
    }

    /// Returns whether it is sent as a text message.
    pub fn is_text(self) -> bool {
        self != Self::Binary
    }
}

/// Returns the next number of a fixed pseudo-random sequence.
pub fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn binary(size: usize) -> Vec<u8> {
    let mut state = 1;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        bytes.extend_from_slice(&next_random(&mut state).to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

fn mixed(size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size);
    for character in MIXED.chars().cycle() {
        let mut encoded = [0; 4];
        let encoded = character.encode_utf8(&mut encoded).as_bytes();
        if bytes.len() + encoded.len() > size {
            break;
        }
        bytes.extend_from_slice(encoded);
    }
    bytes.resize(size, b'.');
    bytes
}

const ASCII: &str = "The quick brown fox jumps over the lazy dog, 0123456789 times a day; ";

const MIXED: &str = "Привет, мир! Sockeye: Rotlachs, saumon rouge; größer, façade, naïve. \
                     Καλημέρα κόσμε. こんにちは世界。 안녕하세요. 你好,世界! שלום 🐟🌊🚀 price €12.50 ";

#[cfg(test)]
mod tests {
    use super::Content;

    const SIZES: [usize; 8] = [0, 1, 16, 125, 126, 1024, 65_535, 65_536];

    #[test]
    fn every_content_has_exactly_the_size_asked_for() {
        for content in [Content::Ascii, Content::Binary, Content::Mixed] {
            for size in SIZES {
                assert_eq!(content.bytes(size).len(), size, "{content:?}");
            }
        }
    }

    #[test]
    fn text_is_utf8() {
        for size in SIZES {
            let ascii = String::from_utf8(Content::Ascii.bytes(size));
            assert!(ascii.is_ok_and(|text| text.is_ascii()));
            assert!(String::from_utf8(Content::Mixed.bytes(size)).is_ok());
        }
    }

    #[test]
    fn binary_is_not_utf8() {
        assert!(String::from_utf8(Content::Binary.bytes(1024)).is_err());
    }
}
