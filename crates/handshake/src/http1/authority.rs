//! Host and port, as in a URI and in the `Host` header: [RFC 9110 §7.2](https://www.rfc-editor.org/rfc/rfc9110#section-7.2).

use std::{fmt, net::IpAddr, str::FromStr};

use sockeye_errors::{HeaderErrorKind, InvalidHeader};

use super::{
    header_names,
    host::{Bracketed, parse_host},
    redaction::invalid_header,
};

/// A host and an optional port: the content of the `Host` header.
///
/// The host is a name in lower case and without a dot at its end, an IPv4 address in its usual form, or an IPv6 address without
/// its brackets.
///
/// # Examples
///
/// ```
/// use sockeye::server::Authority;
///
/// let authority: Authority = "Example.com.:8080".parse()?;
/// assert_eq!((authority.host(), authority.port()), ("example.com", Some(8080)));
/// # Ok::<(), sockeye::error::InvalidHeader>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Authority {
    host: String,
    port: Option<u16>,
}

impl Authority {
    /// Returns the host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, if there is one.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Reads `host[:port]`. The error is the reason why it is invalid.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (host, port) = split_port(text)?;
        let (host, _) = parse_dns_host(host)?;
        Ok(Self { host, port })
    }

    /// Returns whether both have the same host, and the same port where a missing port is `default`.
    pub(crate) fn is_same(&self, other: &Self, default: Option<u16>) -> bool {
        // RFC 3986 §3.2.2, §6.2.2.1, §6.2.3: the parser has removed the differences of the host that have no meaning.
        self.host == other.host && self.port.or(default) == other.port.or(default)
    }
}

impl FromStr for Authority {
    type Err = InvalidHeader;

    fn from_str(text: &str) -> Result<Self, InvalidHeader> {
        Self::parse(text)
            .map_err(|_| invalid_header(header_names::HOST, text, HeaderErrorKind::Format))
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Bracketed(&self.host).fmt(f)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// Splits `host[:port]`. RFC 3986 §3.2.3: an empty port is the same as none.
pub(crate) fn split_port(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let end = match text.strip_prefix('[') {
        Some(rest) => rest.find(']').ok_or("a bracket is not closed")? + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, port) = text.split_at(end);
    if port.is_empty() {
        return Ok((host, None));
    }
    let digits = port.strip_prefix(':').ok_or("something follows the host")?;
    if digits.contains(':') {
        return Err("an IPv6 address must be in brackets");
    }
    match digits.parse() {
        _ if digits.is_empty() => Ok((host, None)),
        Ok(0) => Err("the port is 0"),
        Ok(port) if digits.len() <= 5 && !digits.starts_with('+') => Ok((host, Some(port))),
        _ => Err("the port is not a number from 1 to 65535"),
    }
}

/// Checks a host that is an address or a name that DNS can hold. Returns it without the dot that may end a name, and whether
/// there is one.
pub(crate) fn parse_dns_host(text: &str) -> Result<(String, bool), &'static str> {
    // RFC 3986 §3.2.2: the rightmost label of a name may be followed by a dot.
    let (host, has_dot) = match text.strip_suffix('.') {
        Some(host) => (host, true),
        None => (text, false),
    };
    // RFC 1035 §2.3.4: 63 bytes in a label, 253 in a name as it is written.
    if !host.starts_with('[') && (host.len() > 253 || host.split('.').any(|label| label.len() > 63))
    {
        return Err("the host has a label that is too long");
    }
    let host = parse_host(host)?;
    if has_dot && host.parse::<IpAddr>().is_ok() {
        return Err("an address does not end in a dot");
    }
    Ok((host, has_dot))
}

/// Returns the port of a URI that has none: 443 with TLS, 80 without (RFC 6455 §3).
pub(crate) const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// Returns the default port of a scheme of HTTP or WebSocket, which is in lower case.
pub(crate) fn default_port_of(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(default_port(false)),
        "https" | "wss" => Some(default_port(true)),
        _ => None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::Authority;

    #[test]
    fn a_host_is_normalised() {
        for (text, normal) in [
            ("Example.COM", "example.com"),
            ("example.com:8080", "example.com:8080"),
            ("example.com:", "example.com"),
            ("Example.com.", "example.com"),
            ("example.com.:8080", "example.com:8080"),
            ("example.com:00080", "example.com:80"),
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("[0:0:0:0:0:0:0:1]", "[::1]"),
            ("[2001:DB8::1]:65535", "[2001:db8::1]:65535"),
            ("a_b-c.internal", "a_b-c.internal"),
            ("0xy.example", "0xy.example"),
            ("1.2.3.4.example", "1.2.3.4.example"),
        ] {
            assert_eq!(text.parse::<Authority>().map(|host| host.to_string()), Ok(normal.into()));
        }
    }

    #[test]
    fn a_trailing_dot_does_not_change_the_host() {
        let authority = |text: &str| text.parse::<Authority>();
        assert_eq!(authority("example.com."), authority("example.com"));
        assert_eq!(
            authority("web.default.svc.cluster.local.").unwrap().host(),
            "web.default.svc.cluster.local"
        );
        assert!(authority(&format!("{}.", ["a"; 127].join("."))).is_ok());
    }

    #[test]
    fn a_missing_port_is_the_default_one() {
        let authority = |text: &str| text.parse::<Authority>().unwrap();
        for (a, b, default, same) in [
            ("h", "h:80", Some(80), true),
            ("h:80", "H.", Some(80), true),
            ("h", "h:80", Some(443), false),
            ("h", "h:80", None, false),
            ("h", "h", None, true),
            ("h:80", "h:80", Some(443), true),
            ("h", "g", Some(80), false),
        ] {
            assert_eq!(authority(a).is_same(&authority(b), default), same, "{a} {b} {default:?}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        let too_long = format!("{}.example", "a".repeat(64));
        let far_too_long = ["a"; 127].join(".") + ".b";
        for text in [
            "",
            ":",
            ":80",
            " ",
            "a b",
            "a:b",
            "a:b:c",
            "a:80:80",
            "::1",
            "[::1",
            "::1]",
            "[]",
            "[",
            "]",
            "[::1]80",
            "[::1]:x",
            "[fe80::1%25eth0]",
            "[fe80::1%eth0]",
            "[127.0.0.1]",
            "[::1]:0",
            "%00",
            "a%2eb",
            "user@host",
            "user:pw@host",
            "host:0",
            "host:65536",
            "host:000080",
            "host:+80",
            "host:-1",
            "host:8 0",
            "host: 80",
            "host/",
            "host?",
            "host#",
            "host\\",
            "host,host",
            "host;",
            "a..b",
            ".a",
            "a..",
            ".",
            "..",
            "[::1].",
            "ho\tst",
            "ho\0st",
            "h\u{f6}st",
            "host\r\n",
            "127.1",
            "0x7f.1",
            "0x7f000001",
            "2130706433",
            "017700000001",
            "0177.0.0.1",
            "127.0.0.01",
            "1.2.3.4.5",
            "256.0.0.1",
            "1.2.3.4.",
            "host.1",
            "host.0x",
            "*",
            "*.example",
            "ws://host",
            &too_long,
            &far_too_long,
        ] {
            assert!(text.parse::<Authority>().is_err(), "{text}");
        }
    }
}
