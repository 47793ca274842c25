//! The resource name, path and query as they go to the server: [RFC 6455 §3](https://www.rfc-editor.org/rfc/rfc6455#section-3).

/// Makes a resource name of the path and query of a URI.
///
/// What cannot stand in a request line (spaces, controls, quotes, all that is not ASCII) is
/// percent-encoded as UTF-8. What is percent-encoded already stays as it is; a `%` that encodes
/// nothing is an error, since any guess would change the meaning of one URI or another.
pub(crate) fn encode(text: &str) -> Result<String, &'static str> {
    let mut resource = String::with_capacity(text.len() + 1);
    if !text.starts_with('/') {
        resource.push('/');
    }
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        match byte {
            b'%' if !is_escape(tail) => return Err(LONE_PERCENT),
            // §3: a fragment is meaningless here, and not allowed.
            b'#' => return Err("there is a fragment; a # of the path is written %23"),
            _ if needs_escape(byte) => {
                resource.push('%');
                for digit in [byte >> 4, byte & 0xf] {
                    resource.push(char::from(HEX[usize::from(digit)]));
                }
            }
            _ => resource.push(char::from(byte)),
        }
        rest = tail;
    }
    Ok(resource)
}

/// Undoes the percent-encoding of a part of the user information.
pub(crate) fn decode(text: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, mut tail)) = rest.split_first() {
        if byte == b'%' {
            let Some(&[high, low]) = tail.split_off(..2) else { return Err(LONE_PERCENT) };
            let value = |digit| char::from(digit).to_digit(16);
            let byte = value(high).zip(value(low)).map(|(high, low)| u8::try_from(high << 4 | low));
            bytes.push(byte.and_then(Result::ok).ok_or(LONE_PERCENT)?);
        } else {
            bytes.push(byte);
        }
        rest = tail;
    }
    String::from_utf8(bytes).map_err(|_| "the user information is not UTF-8")
}

/// Removes the segments `.` and `..` of an absolute path: [RFC 3986
/// §5.2.4](https://www.rfc-editor.org/rfc/rfc3986#section-5.2.4).
pub(crate) fn remove_dots(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut ends_in_directory = false;
    for segment in path.split('/').skip(1) {
        ends_in_directory = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    if ends_in_directory {
        segments.push("");
    }
    format!("/{}", segments.join("/"))
}

fn is_escape(tail: &[u8]) -> bool {
    matches!(tail, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// Square brackets are not in the grammar of RFC 3986, but everybody sends them as they are.
const fn needs_escape(byte: u8) -> bool {
    !byte.is_ascii_graphic()
        || matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";
const LONE_PERCENT: &str = "a % without two hexadecimal digits; a % itself is written %25";

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::{decode, encode, remove_dots};

    #[test]
    fn the_examples_of_rfc_3986_lose_their_dots() {
        for (path, clean) in [
            ("/a/b/c/./../../g", "/a/g"),
            ("/", "/"),
            ("/.", "/"),
            ("/..", "/"),
            ("/../../g", "/g"),
            ("/a/b/.", "/a/b/"),
            ("/a/b/..", "/a/"),
            ("/a//../b", "/a/b"),
            ("/a/...", "/a/..."),
            ("//a", "//a"),
        ] {
            assert_eq!(remove_dots(path), clean, "{path}");
        }
    }

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
