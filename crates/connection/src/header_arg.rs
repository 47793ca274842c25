//! A header that the application adds to the opening handshake.

use http::{HeaderName, HeaderValue};
use sockeye_errors::{HeaderErrorKind, InvalidHeader};

/// Converts a name and a value to a header.
///
/// # Errors
///
/// Returns an error that names the header. It never contains the value, which may be a secret.
pub fn header<N, V>(name: N, value: V) -> Result<(HeaderName, HeaderValue), InvalidHeader>
where
    N: AsRef<[u8]> + TryInto<HeaderName>,
    V: TryInto<HeaderValue>,
{
    let text = String::from_utf8_lossy(name.as_ref()).into_owned();
    let Ok(name) = name.try_into() else { return Err(InvalidHeader::name(text)) };
    let Ok(value) = value.try_into() else { return Err(invalid_value(text)) };
    Ok((name, value))
}

/// The value may be a secret and is not part of the error.
fn invalid_value(name: String) -> InvalidHeader {
    let mut error = InvalidHeader::missing(name);
    error.kind = HeaderErrorKind::Format;
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_is_told() {
        let error = header("x y", "z").expect_err("there is a blank in the name");
        assert_eq!(error, InvalidHeader::name("x y"));
    }

    #[test]
    fn a_value_that_is_none_is_not_told() {
        let error = header(http::header::USER_AGENT, "secret\n").expect_err("two lines");
        assert_eq!((&*error.name, error.value), ("user-agent", None));
        assert_eq!(error.kind, HeaderErrorKind::Format);
    }

    #[test]
    fn names_and_values_may_be_of_many_types() {
        let wanted = Ok((HeaderName::from_static("x-a"), HeaderValue::from_static("1")));
        assert_eq!(header("X-A", "1"), wanted);
        assert_eq!(header(String::from("x-a"), String::from("1")), wanted);
        assert_eq!(header(&b"x-a"[..], &b"1"[..]), wanted);
        assert_eq!(header(HeaderName::from_static("x-a"), 1), wanted);
    }
}
