//! Tokens: [RFC 9110 §5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).

/// Returns whether `text` is a token: one or more of the characters that need no quoting.
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&byte| is_token_byte(byte))
}

/// Returns whether a token may hold `byte`.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    TOKEN[usize::from(byte)]
}

/// The result of [`is_token_byte`] for each byte. A table, since the name of every header is checked byte by byte.
static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        table[byte as usize] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+')
            || matches!(byte, b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~');
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::{is_token, is_token_byte};

    #[test]
    fn separators_controls_and_what_is_not_ascii_are_no_token() {
        let separators = b"()<>@,;:\\\"/[]?={} \t";
        for byte in 0..=u8::MAX {
            let expected = (0x21..0x7f).contains(&byte) && !separators.contains(&byte);
            assert_eq!(is_token_byte(byte), expected, "{byte:#x}");
        }
        assert!(!is_token(b""));
    }
}
