//! One more header that the application sends in the opening handshake.

use http::{HeaderMap, HeaderName, HeaderValue, header::SERVER};
use sockeye_errors::{HeaderProblem, InvalidHeader};
use sockeye_handshake::is_reserved;

/// The header, or which one is wrong.
pub(crate) fn header<N, V>(name: N, value: V) -> Result<(HeaderName, HeaderValue), InvalidHeader>
where
    N: AsRef<[u8]> + TryInto<HeaderName>,
    V: TryInto<HeaderValue>,
{
    let text = String::from_utf8_lossy(name.as_ref()).into_owned();
    let Ok(name) = name.try_into() else { return Err(InvalidHeader::name(text)) };
    let Ok(value) = value.try_into() else { return Err(unsendable(text)) };
    Ok((name, value))
}

/// Adds a header to those of a response, or says why it cannot be there; one that the handshake sets itself cannot.
pub(crate) fn add_to_response<N, V>(
    headers: &mut HeaderMap,
    name: N,
    value: V,
) -> Result<(), InvalidHeader>
where
    N: AsRef<[u8]> + TryInto<HeaderName>,
    V: TryInto<HeaderValue>,
{
    let (name, value) = header(name, value)?;
    if is_reserved(&name) {
        return Err(InvalidHeader::reserved(name.as_str()));
    }
    // RFC 9110 §5.3: only a list may be in several lines. There is one such header by default.
    if name == SERVER {
        headers.insert(name, value);
    } else {
        headers.append(name, value);
    }
    Ok(())
}

/// The value may be a secret: it is not told.
fn unsendable(name: String) -> InvalidHeader {
    let mut error = InvalidHeader::missing(name);
    error.problem = HeaderProblem::Format;
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
        assert_eq!(error.problem, HeaderProblem::Format);
    }

    #[test]
    fn a_response_has_one_server_and_sets_its_own_framing() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("server", "a"), ("vary", "a"), ("Server", "b"), ("Vary", "b")] {
            add_to_response(&mut headers, name, value).expect("it may be there");
        }
        let values = |name| headers.get_all(name).into_iter().collect::<Vec<_>>();
        assert_eq!(values("server"), ["b"]);
        assert_eq!(values("vary"), ["a", "b"]);
        for name in ["Upgrade", "content-length", "Sec-WebSocket-Accept"] {
            let error = add_to_response(&mut headers, name, "x").expect_err("it is ours");
            assert_eq!(error, InvalidHeader::reserved(name.to_ascii_lowercase()));
        }
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
