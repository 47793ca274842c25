//! The URI of a proxy: [RFC 3986 §3](https://www.rfc-editor.org/rfc/rfc3986#section-3).

use std::{fmt, str::FromStr};

use sockeye_errors::{InvalidProxy, ProxyError};

use crate::{
    credentials::Credentials,
    host::{Host, parse_port},
    scheme::ProxyScheme,
};

/// A proxy: its protocol, its address, and optional credentials.
///
/// Parsed from `scheme://[user[:password]@]host[:port]`. The host must be ASCII. User name and password are percent-decoded;
/// neither `Debug` nor `Display` shows them.
///
/// # Examples
///
/// ```
/// use sockeye::client::Proxy;
///
/// let proxy: Proxy = "socks5h://me:s%40cret@127.0.0.1".parse()?;
/// assert_eq!(proxy.scheme().as_str(), "socks5h");
/// assert_eq!((proxy.host(), proxy.port()), ("127.0.0.1", 1080));
/// assert_eq!(proxy.credentials(), Some(("me", "s@cret")));
/// assert_eq!(proxy.to_string(), "socks5h://***@127.0.0.1:1080");
/// # Ok::<(), sockeye::error::ProxyError>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Proxy {
    scheme: ProxyScheme,
    host: Host,
    port: u16,
    credentials: Option<Credentials>,
}

impl Proxy {
    /// Reads the URI of a proxy.
    pub(crate) fn parse(uri: &str) -> Result<Self, &'static str> {
        if uri.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err("it contains spaces or control characters");
        }
        let (scheme, rest) =
            uri.split_once("://").ok_or("there is no scheme, which is http:// for most")?;
        let scheme = ProxyScheme::parse(scheme)
            .ok_or("the scheme is not http, https, socks4, socks4a, socks5 or socks5h")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        if !matches!(tail, "" | "/") {
            return Err("it has a path, a query or a fragment");
        }
        let (info, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let end =
            if place.starts_with('[') { place.find(']').map(|at| at + 1) } else { place.find(':') };
        let (host, port) = place.split_at(end.unwrap_or(place.len()));
        if host.is_empty() {
            return Err("no host");
        }
        let port = match port {
            // RFC 3986 §3.2.3: an empty port is the default one.
            "" | ":" => scheme.default_port(),
            port => port.strip_prefix(':').and_then(parse_port).ok_or("invalid port")?,
        };
        let host = Host::parse(host)?;
        let credentials = Credentials::parse(scheme, info)?;
        Ok(Self { scheme, host, port, credentials })
    }

    /// Sets user name and password, without percent-decoding. SOCKS 4 has no password; pass an empty one.
    ///
    /// # Errors
    ///
    /// Returns an error if one of them contains control characters, if the user name for an HTTP proxy contains a colon, if user
    /// name or password for SOCKS 5 do not have 1 to 255 bytes, or if there is a password for SOCKS 4.
    pub fn with_credentials(
        self,
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> Result<Self, ProxyError> {
        match Credentials::new(self.scheme, user.into(), password.into()) {
            Ok(credentials) => Ok(Self { credentials: Some(credentials), ..self }),
            Err(reason) => Err(self.invalid(reason)),
        }
    }

    /// Returns the protocol of the proxy.
    pub fn scheme(&self) -> ProxyScheme {
        self.scheme
    }

    /// Returns the host of the proxy: an address without brackets, or an ASCII name in lower case.
    pub fn host(&self) -> &str {
        self.host.as_str()
    }

    /// Returns the port of the proxy.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns user name and password. The password is empty if there is none.
    pub fn credentials(&self) -> Option<(&str, &str)> {
        self.credentials.as_ref().map(|it| (it.user.as_str(), it.password.as_str()))
    }

    /// Creates an error about this proxy.
    pub(crate) fn invalid(&self, reason: &str) -> ProxyError {
        InvalidProxy::new(&self.to_string(), reason).into()
    }
}

impl FromStr for Proxy {
    type Err = ProxyError;

    fn from_str(uri: &str) -> Result<Self, ProxyError> {
        Self::parse(uri).map_err(|reason| InvalidProxy::new(uri, reason).into())
    }
}

impl TryFrom<&str> for Proxy {
    type Error = ProxyError;

    fn try_from(uri: &str) -> Result<Self, ProxyError> {
        uri.parse()
    }
}

impl TryFrom<String> for Proxy {
    type Error = ProxyError;

    fn try_from(uri: String) -> Result<Self, ProxyError> {
        uri.parse()
    }
}

impl fmt::Display for Proxy {
    /// Writes the URI with its port and with `***` in place of user name and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port, credentials } = self;
        let info = if credentials.is_some() { "***@" } else { "" };
        write!(f, "{scheme}://{info}{host}:{port}")
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sockeye_errors::ProxyError;

    use super::Proxy;

    #[test]
    fn a_uri_is_parsed_to_scheme_host_port_and_credentials() {
        for (uri, display, credentials) in [
            ("http://h", "http://h:80", None),
            ("https://h", "https://h:443", None),
            ("socks4://h", "socks4://h:1080", None),
            ("socks4a://h", "socks4a://h:1080", None),
            ("socks5://h", "socks5://h:1080", None),
            ("socks5h://h", "socks5h://h:1080", None),
            ("socks://h", "socks5h://h:1080", None),
            ("SOCKS://me:pw@h:1/", "socks5h://***@h:1", Some(("me", "pw"))),
            ("HTTP://Proxy.Example.COM:3128/", "http://proxy.example.com:3128", None),
            ("http://h:/", "http://h:80", None),
            ("http://h.:8080", "http://h.:8080", None),
            ("http://127.0.0.1:1", "http://127.0.0.1:1", None),
            ("http://[::1]", "http://[::1]:80", None),
            ("http://[2001:DB8::0:1]:65535", "http://[2001:db8::1]:65535", None),
            ("http://@h", "http://h:80", None),
            ("http://:@h", "http://h:80", None),
            ("http://me:pw@h", "http://***@h:80", Some(("me", "pw"))),
            ("http://me@h", "http://***@h:80", Some(("me", ""))),
            ("http://:pw@h", "http://***@h:80", Some(("", "pw"))),
            ("http://me:p:w@h", "http://***@h:80", Some(("me", "p:w"))),
            ("http://me:p@w@h", "http://***@h:80", Some(("me", "p@w"))),
            (
                "http://m%65:%C3%BC%25%3A%2f@[::1]:8",
                "http://***@[::1]:8",
                Some(("me", "\u{fc}%:/")),
            ),
            ("socks4://me@h", "socks4://***@h:1080", Some(("me", ""))),
            ("socks4a://me:@h", "socks4a://***@h:1080", Some(("me", ""))),
            ("socks5://m%3Ae:pw@h", "socks5://***@h:1080", Some(("m:e", "pw"))),
        ] {
            let proxy: Proxy = uri.parse().expect(uri);
            assert_eq!(proxy.to_string(), display, "{uri}");
            assert_eq!(proxy.credentials(), credentials, "{uri}");
        }
    }

    #[test]
    fn a_uri_that_is_not_that_of_a_proxy_is_refused() {
        for uri in [
            "",
            "h",
            "h:80",
            "//h",
            "://h",
            "http:h",
            "http:/h",
            "http://",
            "http:///",
            "http://:80",
            "http://me@",
            "http://me@:80",
            "http://b\u{fc}cher.example",
            "ftp://h",
            "socks6://h",
            "ws://h",
            "http+unix://h",
            "unix:/run/s",
            "http://h/path",
            "http://h//",
            "http://h?",
            "http://h/?q",
            "http://h#",
            "http://h/#f",
            "http://h:0",
            "http://h:65536",
            "http://h:+80",
            "http://h:8o",
            "http://h:80:80",
            "http://::1",
            "http://::1:80",
            "http://[::1",
            "http://[::1]80",
            "http://[::1]x:80",
            "http://[1.2.3.4]",
            "http://[fe80::1%25eth0]",
            "http://127.1",
            "http://0x7f.1",
            "http://2130706433",
            "http://a..b",
            "http://a b",
            "http://a\tb",
            "http://a\r\nb",
            "http://a%0d%0ab",
            "http://a\\b",
            " http://h",
            "http://h ",
            "http://me:p w@h",
            "http://me:%zz@h",
            "http://me:%@h",
            "http://me:%4@h",
            "http://me:%ff@h",
            "http://me:%0d%0a@h",
            "http://m%00e:pw@h",
            "http://m%3Ae:pw@h",
            "http://me:p/w@h",
            "http://me:p#w@h",
            "http://me:p?w@h",
            "socks4://me:pw@h",
            "socks4://:pw@h",
            "socks5://me@h",
            "socks5://:pw@h",
            "socks5h://me:@h",
        ] {
            assert!(matches!(uri.parse::<Proxy>(), Err(ProxyError::InvalidProxy(_))), "{uri}");
        }
    }

    #[test]
    fn socks_carries_255_bytes_of_user_and_password_and_no_more() {
        let (most, more) = ("a".repeat(255), "a".repeat(256));
        let proxy = |scheme: &str| format!("{scheme}://h").parse::<Proxy>().expect("a proxy");
        for (scheme, user, password, is_fine) in [
            ("socks5", &most, &most, true),
            ("socks5", &more, &most, false),
            ("socks5h", &most, &more, false),
            ("socks4", &most, &String::new(), true),
            ("socks4a", &more, &String::new(), false),
            ("http", &more, &more, true),
        ] {
            let result = proxy(scheme).with_credentials(user, password);
            assert_eq!(result.is_ok(), is_fine, "{scheme} {} {}", user.len(), password.len());
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_printed_holds_user_or_password(
            scheme in "http|https|socks4|socks5h|ftp",
            before in "[!-~]{0,8}",
            after in "[!-~]{0,8}",
            rest in "[!-~&&[^@]]{0,12}",
        ) {
            let uri = format!("{scheme}://{before}SECRET{after}@{rest}");
            let text = match uri.parse::<Proxy>() {
                Ok(proxy) => format!("{proxy} {proxy:?} {:?}", proxy.clone().with_credentials("SECRET", "\0")),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!text.contains("SECRET"), "{text}");
        }

        #[test]
        fn parsing_never_panics_and_what_is_printed_parses_again(uri in "(http|socks5)://[ -~\u{fc}]{0,20}") {
            if let Ok(proxy) = uri.parse::<Proxy>() {
                let again: Proxy = proxy.to_string().replace("***@", "").parse()?;
                prop_assert_eq!(
                    (again.scheme(), again.host(), again.port()),
                    (proxy.scheme(), proxy.host(), proxy.port())
                );
            }
        }
    }
}
