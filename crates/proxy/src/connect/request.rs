//! The CONNECT request: [RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6).

use std::fmt;

use http::{HeaderMap, HeaderValue, header};
use sockeye_errors::ProxyError;
use sockeye_handshake::http1::encode_basic;

use crate::{host::Host, proxy::Proxy};

/// A request for a tunnel to a host, to be sent to an HTTP proxy.
///
/// It reveals the host and the port of the connection through the tunnel, and the headers that the caller adds for the proxy.
///
/// # Examples
///
/// ```
/// use http::HeaderMap;
/// use sockeye_proxy::{ConnectRequest, Proxy};
///
/// let proxy: Proxy = "http://me:pw@proxy.example.com:3128".parse()?;
/// let mut output = Vec::new();
/// ConnectRequest::new(&proxy, "example.org", 443, HeaderMap::new())?.encode(&mut output);
/// assert_eq!(
///     output,
///     b"CONNECT example.org:443 HTTP/1.1\r\nhost: example.org:443\r\nproxy-authorization: Basic bWU6cHc=\r\n\r\n"
/// );
/// # Ok::<(), sockeye_errors::ProxyError>(())
/// ```
#[derive(Clone)]
pub struct ConnectRequest {
    authority: String,
    basic: Option<HeaderValue>,
    headers: HeaderMap,
}

impl ConnectRequest {
    /// Creates a request to `proxy` for a tunnel to `host`, an address or a name, and `port`.
    ///
    /// The credentials of the proxy, if it has any, are sent as Basic without waiting for a challenge. `headers` are additional
    /// headers for the proxy, such as `User-Agent` or a `Proxy-Authorization` of another scheme.
    ///
    /// # Errors
    ///
    /// Returns an error if the proxy speaks SOCKS, if the host is malformed, if `headers` contain one that frames the request, and
    /// if there is more than one `Proxy-Authorization`.
    pub fn new(
        proxy: &Proxy,
        host: &str,
        port: u16,
        headers: HeaderMap,
    ) -> Result<Self, ProxyError> {
        if !proxy.scheme().is_http() {
            return Err(proxy.invalid("a SOCKS proxy does not support CONNECT"));
        }
        let host = Host::parse(host)
            .map_err(|reason| proxy.invalid(&format!("invalid target: {reason}")))?;
        let basic = proxy.credentials().map(|(user, password)| encode_basic(user, password));
        if let Some(name) = FRAMING.iter().find(|name| headers.contains_key(*name)) {
            return Err(proxy.invalid(&format!("the header {name} cannot be set")));
        }
        let authorizations = headers.get_all(header::PROXY_AUTHORIZATION).iter().count();
        if authorizations + usize::from(basic.is_some()) > 1 {
            return Err(proxy.invalid("there is more than one Proxy-Authorization"));
        }
        Ok(Self { authority: format!("{host}:{port}"), basic, headers })
    }

    /// Appends the request to `output`.
    pub fn encode(&self, output: &mut Vec<u8>) {
        let Self { authority, basic, headers } = self;
        // RFC 9112 §3.2.3: the target is host and port; §3.2: the header Host repeats it.
        output.extend_from_slice(
            format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n").as_bytes(),
        );
        let basic = basic.iter().map(|basic| (&header::PROXY_AUTHORIZATION, basic));
        for (name, value) in basic.chain(headers) {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                output.extend_from_slice(part);
            }
        }
        output.extend_from_slice(b"\r\n");
    }
}

impl fmt::Debug for ConnectRequest {
    /// Shows only the target: the headers can hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectRequest").field("authority", &self.authority).finish_non_exhaustive()
    }
}

/// The headers that decide the meaning and the end of the request. A caller cannot set them.
const FRAMING: [header::HeaderName; 6] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use http::{HeaderMap, HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::{ConnectRequest, FRAMING};
    use crate::Proxy;

    fn encoded(proxy: &str, host: &str, port: u16) -> String {
        let proxy = proxy.parse().expect("a proxy");
        let request = ConnectRequest::new(&proxy, host, port, HeaderMap::new()).expect("a request");
        let mut output = Vec::new();
        request.encode(&mut output);
        String::from_utf8(output).expect("ASCII")
    }

    #[test]
    fn target_and_host_are_built_of_host_and_port() {
        for (host, port, authority) in [
            ("example.com", 443, "example.com:443"),
            ("EXAMPLE.com.", 80, "example.com.:80"),
            ("XN--BCHER-kva.example", 1, "xn--bcher-kva.example:1"),
            ("192.0.2.1", 443, "192.0.2.1:443"),
            ("2001:db8::1", 443, "[2001:db8::1]:443"),
            ("[2001:DB8::1]", 443, "[2001:db8::1]:443"),
        ] {
            let expected = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
            assert_eq!(encoded("http://proxy", host, port), expected, "{host}");
        }
    }

    #[test]
    fn user_and_password_are_sent_once_in_base64() {
        for (info, basic) in [
            ("Aladdin:open%20sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("test:123%C2%A3", "dGVzdDoxMjPCow=="),
            ("me", "bWU6"),
            (":pw", "OnB3"),
        ] {
            let text = encoded(&format!("https://{info}@proxy"), "h", 1);
            let expected = format!(
                "CONNECT h:1 HTTP/1.1\r\nhost: h:1\r\nproxy-authorization: Basic {basic}\r\n\r\n"
            );
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn headers_that_frame_the_request_are_refused() {
        let proxy: Proxy = "http://proxy".parse().expect("a proxy");
        for name in FRAMING {
            let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static("x"))]);
            assert!(ConnectRequest::new(&proxy, "h", 1, headers).is_err(), "{name}");
        }
    }

    #[test]
    fn there_is_one_proxy_authorization() {
        let headers: HeaderMap =
            [(http::header::PROXY_AUTHORIZATION, HeaderValue::from_static("Bearer secret"))]
                .into_iter()
                .collect();
        let request = |uri: &str, headers| ConnectRequest::new(&uri.parse()?, "h", 1, headers);
        let one = request("http://proxy", headers.clone()).expect("a request");
        assert!(!format!("{one:?}").contains("secret"));
        assert!(request("http://me:pw@proxy", headers.clone()).is_err());
        let mut two = headers;
        two.append(http::header::PROXY_AUTHORIZATION, HeaderValue::from_static("Bearer b"));
        assert!(request("http://proxy", two).is_err());
    }

    #[test]
    fn a_socks_proxy_is_not_asked() {
        let proxy = "socks5://proxy".parse().expect("a proxy");
        assert!(ConnectRequest::new(&proxy, "h", 1, HeaderMap::new()).is_err());
    }

    /// Builds a request of these parts, if each is accepted; otherwise there is nothing that could be written.
    fn build(host: &str, user: &str, password: &str, name: &[u8], value: &[u8]) -> Option<Vec<u8>> {
        let proxy: Proxy = "http://proxy".parse().ok()?;
        let proxy = proxy.with_credentials(user, password).ok()?;
        let name = HeaderName::from_bytes(name).ok()?;
        let headers = HeaderMap::from_iter([(name, HeaderValue::from_bytes(value).ok()?)]);
        let mut output = Vec::new();
        ConnectRequest::new(&proxy, host, 443, headers).ok()?.encode(&mut output);
        Some(output)
    }

    /// Checks that a request, read by a parser, holds these parts and no others.
    fn check(output: &[u8], host: &str, user: &str, password: &str, name: &[u8], value: &[u8]) {
        let mut headers = [httparse::EMPTY_HEADER; 4];
        let mut request = httparse::Request::new(&mut headers);
        assert_eq!(request.parse(output), Ok(httparse::Status::Complete(output.len())));
        let authority = format!("{}:443", host.to_ascii_lowercase());
        assert_eq!((request.method, request.path), (Some("CONNECT"), Some(authority.as_str())));
        let [first, second, third] = &*request.headers else { panic!("not three headers") };
        assert_eq!((first.name, first.value), ("host", authority.as_bytes()));
        assert_eq!(second.name, "proxy-authorization");
        let basic = second.value.strip_prefix(b"Basic ").map(|basic| STANDARD.decode(basic));
        assert_eq!(basic, Some(Ok(format!("{user}:{password}").into_bytes())));
        assert!(!user.contains(':'));
        assert!(name.eq_ignore_ascii_case(third.name.as_bytes()));
        assert_eq!(third.value, value.trim_ascii());
    }

    #[test]
    fn no_byte_and_no_line_end_in_any_field_adds_to_the_request() {
        let bytes = (0..=255).map(|byte| vec![byte]);
        let ends = [
            &b"\r\n"[..],
            b"\n\r",
            b"\r\n\r\n",
            b"\r\nx: y\r\n",
            b" HTTP/1.1\r\n",
            b"\xe5\x98\x8d",
        ];
        for middle in bytes.chain(ends.map(<[u8]>::to_vec)) {
            let raw = [b"a", &middle[..], b"b"].concat();
            // A field of text holds every code point up to 255, and a field of bytes every byte.
            let text: String = raw.iter().copied().map(char::from).collect();
            for field in 0..5 {
                let part = |at: usize, other| if at == field { text.as_str() } else { other };
                let bytes = |at: usize, other| if at == field { raw.as_slice() } else { other };
                let (host, user, password) = (part(0, "h"), part(1, "me"), part(2, "pw"));
                let (name, value) = (bytes(3, b"x-name"), bytes(4, b"value"));
                if let Some(output) = build(host, user, password, name, value) {
                    check(&output, host, user, password, name, value);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_request_holds_what_was_asked_for_and_nothing_else(
            host in "[ -~\r\n\0]{1,6}|[a-z.-]{1,9}",
            user in "[ -~\r\n\0\u{fc}]{0,6}",
            password in "[ -~\r\n\0\u{fc}]{0,6}",
            name in "[ -~\r\n]{1,4}|[a-z-]{1,9}",
            value in proptest::collection::vec(any::<u8>(), 0..4),
        ) {
            if let Some(output) = build(&host, &user, &password, name.as_bytes(), &value)
                && host.parse::<std::net::IpAddr>().is_err()
            {
                check(&output, &host, &user, &password, name.as_bytes(), &value);
            }
        }
    }
}
