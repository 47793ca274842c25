//! A header that an application sets: [RFC 9110 §5.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.1).

use http::{HeaderName, HeaderValue};
use sockeye_errors::{HeaderErrorKind, InvalidHeader};

/// Converts a name and a value to a header.
///
/// # Errors
///
/// Returns an error if the name is no header name or if the value cannot be sent. The error shows the name but never the value,
/// which can be a secret.
///
/// # Examples
///
/// ```
/// use sockeye_handshake::http1::parse_header;
///
/// let (name, value) = parse_header("X-Room", 7)?;
/// assert_eq!((name.as_str(), value.as_bytes()), ("x-room", &b"7"[..]));
/// assert!(parse_header("X-Room", "7\r\nX-Other: 8").is_err());
/// # Ok::<(), sockeye_errors::InvalidHeader>(())
/// ```
pub fn parse_header<N, V>(name: N, value: V) -> Result<(HeaderName, HeaderValue), InvalidHeader>
where
    N: AsRef<[u8]> + TryInto<HeaderName>,
    V: TryInto<HeaderValue>,
{
    let text = String::from_utf8_lossy(name.as_ref()).into_owned();
    let Ok(name) = name.try_into() else { return Err(InvalidHeader::name(text)) };
    let Ok(value) = value.try_into() else { return Err(invalid_value(text)) };
    Ok((name, value))
}

fn invalid_value(name: String) -> InvalidHeader {
    let mut error = InvalidHeader::missing(name);
    error.kind = HeaderErrorKind::Format;
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_name_is_in_the_error() {
        let error = parse_header("x y", "z").expect_err("there is a blank in the name");
        assert_eq!(error, InvalidHeader::name("x y"));
    }

    #[test]
    fn an_invalid_value_is_not_in_the_error() {
        let error = parse_header(http::header::USER_AGENT, "secret\n").expect_err("two lines");
        assert_eq!((&*error.name, error.value), ("user-agent", None));
        assert_eq!(error.kind, HeaderErrorKind::Format);
    }

    #[test]
    fn names_and_values_may_be_of_many_types() {
        let wanted = Ok((HeaderName::from_static("x-a"), HeaderValue::from_static("1")));
        assert_eq!(parse_header("X-A", "1"), wanted);
        assert_eq!(parse_header(String::from("x-a"), String::from("1")), wanted);
        assert_eq!(parse_header(&b"x-a"[..], &b"1"[..]), wanted);
        assert_eq!(parse_header(HeaderName::from_static("x-a"), 1), wanted);
    }
}
