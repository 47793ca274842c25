//! Headers that a server or an application adds to a response: [RFC 9110 §10.2](https://www.rfc-editor.org/rfc/rfc9110#section-10.2).

use http::{HeaderMap, HeaderName, HeaderValue, header::SERVER};
use sockeye_errors::InvalidHeader;

use crate::http1::is_reserved;

/// Returns the headers that a server adds by default: `Server`, with the name and the version of the library.
pub(crate) fn default_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    let server = concat!("sockeye/", env!("CARGO_PKG_VERSION"));
    replace(&mut headers, SERVER, HeaderValue::from_static(server));
    headers
}

/// Adds a header to those of a response. `Server` replaces the one that is there.
///
/// # Errors
///
/// Returns an error if the handshake sets the header itself.
pub fn add_header(
    headers: &mut HeaderMap,
    name: HeaderName,
    value: HeaderValue,
) -> Result<(), InvalidHeader> {
    if is_reserved(&name) {
        return Err(InvalidHeader::reserved(name.as_str()));
    }
    // RFC 9110 §5.3: only a list may be in several lines. There is one such header by default.
    if name == SERVER {
        replace(headers, name, value);
    } else {
        headers.append(name, value);
    }
    Ok(())
}

/// Sets a header and removes others of its name. The only caller of `insert`, whose code is compiled again for every caller.
pub(crate) fn replace(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.insert(name, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_has_one_server_and_sets_its_own_framing() {
        let mut headers = default_headers();
        for (name, value) in [("server", "a"), ("vary", "a"), ("server", "b"), ("vary", "b")] {
            let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
            add_header(&mut headers, name, value).expect("it may be there");
        }
        let values = |name| headers.get_all(name).into_iter().collect::<Vec<_>>();
        assert_eq!(values("server"), ["b"]);
        assert_eq!(values("vary"), ["a", "b"]);
        for name in ["upgrade", "content-length", "sec-websocket-accept"] {
            let value = HeaderValue::from_static("x");
            let error = add_header(&mut headers, HeaderName::from_static(name), value);
            assert_eq!(error, Err(InvalidHeader::reserved(name)));
        }
    }
}
