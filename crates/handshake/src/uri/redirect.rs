//! The target of a redirect: [RFC 9110 §10.2.2](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2).

use sockeye_errors::{HandshakeError, HeaderErrorKind, InvalidHeader, InvalidStatus, InvalidUri};

use super::websocket_uri::WebSocketUri;
use crate::http1::{header_names, invalid_header};

/// Returns the `Location` of a redirect (301, 302, 303, 307, 308); `None` for any other response and for a redirect without
/// `Location`.
///
/// # Errors
///
/// Returns an error if there are several `Location` headers or if the value is not UTF-8.
pub fn redirect_location(response: &InvalidStatus) -> Result<Option<&str>, HandshakeError> {
    if !matches!(response.status_code.as_u16(), 301..=303 | 307 | 308) {
        return Ok(None);
    }
    let mut values = response.headers.get_all(header_names::LOCATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(InvalidHeader::duplicate(header_names::LOCATION).into());
    }
    str::from_utf8(value.as_bytes()).map(Some).map_err(|_| {
        invalid_header(header_names::LOCATION, value.as_bytes(), HeaderErrorKind::Format).into()
    })
}

impl WebSocketUri {
    /// Resolves `location` against this URI.
    ///
    /// `location` may be relative, and its scheme may be `http` or `https`, which stand for `ws` and `wss`. Its fragment is
    /// ignored. The result has the user name and password of `location`, or those of this URI if `location` has none and leads to
    /// the same origin.
    ///
    /// The caller decides whether to follow the redirect: see [`same_origin`](Self::same_origin) and
    /// [`is_secure`](Self::is_secure).
    ///
    /// # Errors
    ///
    /// Returns an error if `location` is malformed or has another scheme.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::client::WebSocketUri;
    ///
    /// let uri: WebSocketUri = "wss://example.com/a/b".parse()?;
    /// assert_eq!(uri.join("../c?d")?.to_string(), "wss://example.com/c?d");
    /// assert_eq!(uri.join("https://example.org/")?.to_string(), "wss://example.org/");
    /// # Ok::<(), sockeye::error::InvalidUri>(())
    /// ```
    pub fn join(&self, location: &str) -> Result<Self, InvalidUri> {
        let location = location.split('#').next().unwrap_or_default();
        let target = Self::parse(&self.absolute(location))
            .map_err(|error| InvalidUri::new(location, error.reason.unwrap_or_default()))?;
        if target.credentials().is_none() && target.same_origin(self) {
            return Ok(target.with_credentials(self.credentials().cloned()));
        }
        Ok(target)
    }

    /// Returns the absolute form of `location`, by the steps of RFC 3986 §5.2.2.
    fn absolute(&self, location: &str) -> String {
        if let Some((scheme, rest)) = split_scheme(location) {
            let scheme = match scheme {
                _ if scheme.eq_ignore_ascii_case("http") => "ws",
                _ if scheme.eq_ignore_ascii_case("https") => "wss",
                scheme => scheme,
            };
            return format!("{scheme}:{rest}");
        }
        if location.starts_with("//") {
            return format!("{}:{location}", self.scheme());
        }
        let origin = WebSocketUri::origin(self);
        let base = self.resource().split('?').next().unwrap_or_default();
        let (path, query) = location.split_at(location.find('?').unwrap_or(location.len()));
        match path {
            "" if query.is_empty() => format!("{origin}{}", self.resource()),
            "" => format!("{origin}{base}{query}"),
            _ if path.starts_with('/') => format!("{origin}{}{query}", remove_dots(path)),
            _ => {
                let directory = base.rfind('/').map_or("/", |slash| &base[..=slash]);
                format!("{origin}{}{query}", remove_dots(&format!("{directory}{path}")))
            }
        }
    }

    fn origin(&self) -> String {
        let text = self.to_string();
        text.strip_suffix(self.resource()).map_or_else(String::new, str::to_owned)
    }
}

/// Splits off a scheme: [RFC 3986 §3.1](https://www.rfc-editor.org/rfc/rfc3986#section-3.1).
fn split_scheme(location: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = location.split_once(':')?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(allowed);
    is_scheme.then_some((scheme, rest))
}

/// Removes the segments `.` and `..` from an absolute path: [RFC 3986 §5.2.4](https://www.rfc-editor.org/rfc/rfc3986#section-5.2.4).
fn remove_dots(path: &str) -> String {
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode, header::LOCATION};
    use sockeye_errors::InvalidStatus;

    use super::{redirect_location, remove_dots};
    use crate::{http1::Credentials, uri::WebSocketUri};

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

    #[test]
    fn a_location_is_resolved_against_the_uri() {
        let base: WebSocketUri = "ws://me:pw@a.example:81/b/c/d?q".parse().unwrap();
        for (location, target) in [
            ("g", "ws://a.example:81/b/c/g"),
            ("./g", "ws://a.example:81/b/c/g"),
            ("../g?y", "ws://a.example:81/b/g?y"),
            ("../../../g", "ws://a.example:81/g"),
            ("g/", "ws://a.example:81/b/c/g/"),
            ("/g", "ws://a.example:81/g"),
            ("/a/../g", "ws://a.example:81/g"),
            ("?y", "ws://a.example:81/b/c/d?y"),
            ("", "ws://a.example:81/b/c/d?q"),
            ("#s", "ws://a.example:81/b/c/d?q"),
            ("/g?a/../b#s", "ws://a.example:81/g?a/../b"),
            ("//other", "ws://other/"),
            ("http://other/x", "ws://other/x"),
            ("HTTPS://other/x", "wss://other/x"),
            ("wss://other:80/", "wss://other:80/"),
            ("/caf\u{e9} x", "ws://a.example:81/caf%C3%A9%20x"),
            ("/\\evil.example", "ws://a.example:81/%5Cevil.example"),
            ("1a:b", "ws://a.example:81/b/c/1a:b"),
        ] {
            assert_eq!(
                base.join(location).map(|uri| uri.to_string()),
                Ok(target.into()),
                "{location}"
            );
        }
        for location in
            ["ftp://other/", "javascript:1", "http:other", "//", "http://", "/%", "other:80/"]
        {
            assert!(base.join(location).is_err(), "{location}");
        }
    }

    #[test]
    fn credentials_stay_within_their_origin() {
        let base: WebSocketUri = "ws://me:pw@a.example/".parse().unwrap();
        for (location, user) in [
            ("/x", Some("me")),
            ("http://A.example:80/x", Some("me")),
            ("ws://you:pw@a.example/", Some("you")),
            ("ws://a.example./x", Some("me")),
            ("ws://a.example.:80/x", Some("me")),
            ("ws://a.example:81/", None),
            ("wss://a.example/", None),
            ("//b.example/", None),
            ("//b.a.example/", None),
            ("//you@b.example/", Some("you")),
        ] {
            let target = base.join(location).unwrap();
            assert_eq!(target.credentials().map(Credentials::user), user, "{location}");
        }
    }

    #[test]
    fn a_location_counts_only_in_a_redirect() {
        let mut headers = HeaderMap::new();
        let redirect = |headers: &HeaderMap, status: u16| {
            InvalidStatus::new(StatusCode::from_u16(status).unwrap(), headers.clone(), Vec::new())
        };
        assert_eq!(redirect_location(&redirect(&headers, 302)), Ok(None));
        headers.insert(LOCATION, HeaderValue::from_static("/x"));
        assert_eq!(redirect_location(&redirect(&headers, 308)), Ok(Some("/x")));
        assert_eq!(redirect_location(&redirect(&headers, 200)), Ok(None));
        headers.append(LOCATION, HeaderValue::from_static("/y"));
        assert!(redirect_location(&redirect(&headers, 302)).is_err());
    }
}
