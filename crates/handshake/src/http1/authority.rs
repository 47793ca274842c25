//! Host and port, as in a URI and in the `Host` header: [RFC 9110 §7.2](https://www.rfc-editor.org/rfc/rfc9110#section-7.2).

use std::{fmt, str::FromStr};

use sockeye_errors::{HeaderErrorKind, InvalidHeader};

use super::{
    header_names,
    host::{Bracketed, parse_host},
    redaction::invalid_header,
};

/// A host and an optional port: the content of the `Host` header.
///
/// The host is a name in lower case, an IPv4 address in its usual form, or an IPv6 address without its brackets.
///
/// # Examples
///
/// ```
/// use sockeye_handshake::Authority;
///
/// let authority: Authority = "Example.com:8080".parse()?;
/// assert_eq!((authority.host(), authority.port()), ("example.com", Some(8080)));
/// # Ok::<(), sockeye_errors::InvalidHeader>(())
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
        Ok(Self { host: parse_dns_host(host)?, port })
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

/// Checks a host that is an address or a name that DNS can hold.
pub(crate) fn parse_dns_host(host: &str) -> Result<String, &'static str> {
    // RFC 1035 §2.3.4: 63 bytes in a label, 253 in a name as it is written.
    if !host.starts_with('[') && (host.len() > 253 || host.split('.').any(|label| label.len() > 63))
    {
        return Err("the host has a label that is too long");
    }
    parse_host(host)
}

/// Returns the port of a URI that has none: 443 with TLS, 80 without (RFC 6455 §3).
pub(crate) const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::Authority;

    #[test]
    fn a_host_is_normalised() {
        for (text, normal) in [
            ("Example.COM", "example.com"),
            ("example.com:8080", "example.com:8080"),
            ("example.com:", "example.com"),
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
            "a.",
            ".",
            "..",
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
