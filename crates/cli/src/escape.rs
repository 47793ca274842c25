//! Escaping of untrusted text for a terminal.

use std::fmt::{self, Write as _};

/// Text in which nothing can control a terminal or begin a new line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| {
            if is_harmless(c) { f.write_char(c) } else { write!(f, "{}", c.escape_default()) }
        })
    }
}

/// Returns whether a character has no effect on other text.
pub(crate) fn is_harmless(c: char) -> bool {
    // C0, DEL and C1.
    !c.is_control()
        && !matches!(c,
            // Directional marks, embeddings, overrides and isolates.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
            // Line and paragraph separators.
            | '\u{2028}' | '\u{2029}'
            // Invisible characters.
            | '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}'
            // Interlinear annotations, and tags, which can contain hidden text.
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_drives_a_terminal_is_left() {
        let controls = (0..0x20).chain(0x7f..0xa0).filter_map(char::from_u32);
        let others = "\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\
                      \u{2067}\u{2068}\u{2069}\u{feff}\u{e0041}";
        for c in controls.chain(others.chars()) {
            let escaped = Escaped(c.encode_utf8(&mut [0; 4])).to_string();
            assert!(escaped.starts_with('\\') && escaped.is_ascii(), "{c:?}: {escaped:?}");
            assert!(escaped.bytes().all(|byte| byte.is_ascii_graphic()), "{escaped:?}");
        }
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        // Including combining accents, and the joiners of emoji and of Persian letters.
        for text in
            ["Grüße", "κόσμε", "e\u{301}", "שלום", "نامه\u{200c}ای", "👩\u{200d}🚀", r#"\"'"#]
        {
            assert_eq!(Escaped(text).to_string(), text);
        }
    }

    #[test]
    fn a_text_is_one_line() {
        let text = "a\tb\nc\r\x1b[2J\u{9b}2J\u{202e}d";
        let wanted = r"a\tb\nc\r\u{1b}[2J\u{9b}2J\u{202e}d";
        assert_eq!(Escaped(text).to_string(), wanted);
    }
}
