//! Percent-encoding: [RFC 3986 §2.1](https://www.rfc-editor.org/rfc/rfc3986#section-2.1).

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Makes the resource name ([RFC 6455 §3](https://www.rfc-editor.org/rfc/rfc6455#section-3)) of the path and query of a URI.
///
/// Spaces, control characters, quotes and everything that is not ASCII are percent-encoded as UTF-8, since a request line cannot
/// hold them. Escapes that are there already stay as they are. A `%` that is no escape is an error: encoding it and leaving it
/// alone would each change the meaning of some URI.
pub(crate) fn encode(text: &str) -> Result<String, &'static str> {
    check_escapes(text)?;
    // §3: a fragment is meaningless here, and not allowed.
    if text.contains('#') {
        return Err("there is a fragment; a # of the path is written %23");
    }
    let slash = if text.starts_with('/') { "" } else { "/" };
    Ok(format!("{slash}{}", utf8_percent_encode(text, ESCAPED)))
}

/// Decodes the percent-encoding of a user name or a password.
///
/// # Errors
///
/// Returns the reason if a `%` is no complete escape or if the result is not UTF-8. The reason does not quote the text.
///
/// # Examples
///
/// ```
/// use sockeye_handshake::http1::decode_percent;
///
/// assert_eq!(decode_percent("s%40cret").as_deref(), Ok("s@cret"));
/// assert!(decode_percent("100%").is_err());
/// ```
pub fn decode(text: &str) -> Result<String, &'static str> {
    check_escapes(text)?;
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| "the user information is not UTF-8")
}

/// Checks that each `%` is followed by two hexadecimal digits.
fn check_escapes(text: &str) -> Result<(), &'static str> {
    let is_escape = |rest: &str| {
        rest.as_bytes().first_chunk::<2>().is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    };
    if text.split('%').skip(1).all(is_escape) {
        Ok(())
    } else {
        Err("a % without two hexadecimal digits; a % itself is written %25")
    }
}

/// RFC 3986 does not allow square brackets in a path either, but every browser sends them as they are.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::{decode, encode};

    proptest! {
        #[test]
        fn a_resource_name_is_visible_ascii_and_encoding_it_again_changes_nothing(text in ".*") {
            if let Ok(resource) = encode(&text) {
                prop_assert!(resource.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert_eq!(encode(&resource), Ok(resource.clone()));
            }
        }

        #[test]
        fn what_is_encoded_decodes_to_what_was_written(text in "/[^%#]*") {
            prop_assert_eq!(decode(&encode(&text).unwrap()), Ok(text));
        }
    }
}
