//! Host and port, as in a URI and in the `Host` header: [RFC 9110 §7.2](https://www.rfc-editor.org/rfc/rfc9110#section-7.2).

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use sockeye_errors::{HeaderProblem, InvalidHeader};

use crate::{field, redaction::invalid_header};

/// A host, and a port where one is given: the content of the `Host` header.
///
/// The host is a name in lower case, an IPv4 address in its usual form, or an IPv6 address without
/// its brackets.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Authority {
    host: String,
    port: Option<u16>,
}

impl Authority {
    /// The host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, if it is given.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Reads `host[:port]`; says in words what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (host, port) = split_port(text)?;
        Ok(Self { host: parse_host(host)?, port })
    }
}

impl FromStr for Authority {
    type Err = InvalidHeader;

    fn from_str(text: &str) -> Result<Self, InvalidHeader> {
        Self::parse(text).map_err(|_| invalid_header(field::HOST, text, HeaderProblem::Format))
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

/// A host as it stands in an authority: an IPv6 address in brackets.
pub(crate) struct Bracketed<'a>(pub(crate) &'a str);

impl fmt::Display for Bracketed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(':') { write!(f, "[{}]", self.0) } else { f.write_str(self.0) }
    }
}

/// Splits `host[:port]`. An empty port is as good as none, by the grammar of RFC 3986.
pub(crate) fn split_port(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let end = match text.strip_prefix('[') {
        Some(rest) => rest.find(']').ok_or("a bracket is not closed")? + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, port) = text.split_at(end);
    if port.is_empty() {
        return Ok((host, None));
    }
    let digits = port.strip_prefix(':').ok_or("there is something behind the host")?;
    if digits.contains(':') {
        return Err("an IPv6 address has to stand in brackets");
    }
    match digits.parse() {
        _ if digits.is_empty() => Ok((host, None)),
        Ok(0) => Err("the port is 0"),
        Ok(port) if digits.len() <= 5 && !digits.starts_with('+') => Ok((host, Some(port))),
        _ => Err("the port is not a number from 1 to 65535"),
    }
}

/// Checks a host, IPv6 in brackets; gives it in lower case and without the brackets.
pub(crate) fn parse_host(host: &str) -> Result<String, &'static str> {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').ok_or("a bracket is not closed")?;
        // RFC 6874 allows zone identifiers in URIs, but they mean nothing to another machine.
        if address.contains('%') {
            return Err("an IPv6 address has a zone identifier");
        }
        let address: Ipv6Addr =
            address.parse().map_err(|_| "there is no IPv6 address in the brackets")?;
        return Ok(address.to_string());
    }
    if host.is_empty() {
        return Err("the host is empty");
    }
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    {
        return Err("the host holds a character that no host name has");
    }
    // RFC 1035 §2.3.4: 63 bytes in a label, 253 in a name as it is written.
    if host.len() > 253 || host.split('.').any(|label| label.is_empty() || label.len() > 63) {
        return Err("the host has a label that is empty or too long");
    }
    if ends_in_number(host) && host.parse::<Ipv4Addr>().is_err() {
        return Err("the host is a number, but no IPv4 address of four decimal parts");
    }
    Ok(host.to_ascii_lowercase())
}

/// Whether some resolvers would take `host` for an IPv4 address, in decimal, octal or hexadecimal,
/// however short.
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let hexadecimal = last.strip_prefix("0x").or(last.strip_prefix("0X"));
    last.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
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
