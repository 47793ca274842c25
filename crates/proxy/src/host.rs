//! The host of a proxy or of a target: [RFC 3986 §3.2.2](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2).

use std::{fmt, net::IpAddr};

use sockeye_handshake::http1::{Bracketed, parse_host};

/// A host in its canonical form: an address, or an ASCII name in lower case.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Host {
    text: String,
    address: Option<IpAddr>,
}

impl Host {
    /// Reads a host. An IPv6 address may be in brackets, and a name may end in a dot.
    ///
    /// The error does not quote the text, which can be a part of a password.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(address.into());
        }
        let (name, dot) = match text.strip_suffix('.') {
            Some(name) if !text.starts_with('[') => (name, "."),
            _ => (text, ""),
        };
        let host = parse_host(name)?;
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(address.into());
        }
        if host.len() + dot.len() > MAX_NAME {
            return Err("the host has more than 255 bytes");
        }
        Ok(Self { text: host + dot, address: None })
    }

    /// Returns the host without brackets.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the address; `None` if the host is a name.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Returns the host without the dot that may end a name.
    pub(crate) fn rooted(&self) -> &str {
        self.text.strip_suffix('.').unwrap_or(&self.text)
    }

    /// Returns whether the host is the local machine: a loopback address, or a name that always resolves to one ([RFC 6761 §6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)).
    pub(crate) fn is_loopback(&self) -> bool {
        match self.address {
            Some(address) => address.to_canonical().is_loopback(),
            None => is_at_or_below(self.rooted(), "localhost"),
        }
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        Self { text: address.to_string(), address: Some(address) }
    }
}

impl fmt::Display for Host {
    /// Writes an IPv6 address in brackets, as in a URI.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Bracketed(&self.text).fmt(f)
    }
}

/// Returns whether `name` is `domain` or a subdomain of it; `notexample.com` is no subdomain of `example.com`.
pub(crate) fn is_at_or_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Reads a port from 1 to 65535 that consists of digits only.
pub(crate) fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&port| digits && port != 0)
}

/// SOCKS 5 stores the length of a name in one byte, and no name of DNS is longer.
const MAX_NAME: usize = 255;

#[cfg(test)]
mod tests {
    use super::{Host, parse_port};

    #[test]
    fn a_host_has_one_canonical_form() {
        for (text, canonical) in [
            ("example.com", "example.com"),
            ("EXAMPLE.Com.", "example.com."),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            ("a_b.example", "a_b.example"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.0.0.1.", "127.0.0.1"),
            ("::1", "[::1]"),
            ("[0:0::0:1]", "[::1]"),
            ("4.example", "4.example"),
        ] {
            let host = Host::parse(text).map(|host| host.to_string());
            assert_eq!(host.as_deref(), Ok(canonical), "{text}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            ".",
            "a..b",
            ".a",
            "a b",
            "a\r\nb",
            "a\0",
            "a/b",
            "a@b",
            "a:1",
            "a%20b",
            "a?b",
            "a#b",
            "a\\b",
            "[::1",
            "::1]",
            "[1.2.3.4]",
            "[fe80::1%eth0]",
            "[fe80::1%25eth0]",
            "fe80::1%eth0",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "017700000001",
            "1.2.3.256",
            "1.2.3.4.5",
            "01.2.3.4",
            "a.0x",
            "a;b",
            "a,b",
            "a'b",
            "a\"b",
            "a*b",
            "\u{ad}",
            "b\u{fc}cher.example",
            "\u{ff11}27.0.0.1",
            "localhos\u{ff54}",
        ] {
            assert!(Host::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_has_at_most_255_bytes() {
        assert!(Host::parse(&"a".repeat(255)).is_ok());
        assert!(Host::parse(&"a".repeat(256)).is_err());
    }

    #[test]
    fn this_machine_is_known_by_its_names_and_addresses() {
        for text in [
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "127.0.0.1",
            "127.9.9.9",
            "127.0.0.1.",
            "::1",
            "[::1]",
            "::ffff:127.0.0.1",
        ] {
            assert!(Host::parse(text).is_ok_and(|host| host.is_loopback()), "{text}");
        }
        for text in ["notlocalhost", "localhost.example", "128.0.0.1", "::2", "0.0.0.0"] {
            assert!(Host::parse(text).is_ok_and(|host| !host.is_loopback()), "{text}");
        }
    }

    #[test]
    fn a_port_is_a_number_from_1_to_65535() {
        assert_eq!(["1", "080", "65535"].map(parse_port), [Some(1), Some(80), Some(65535)]);
        for text in ["", "0", "65536", "+80", "-1", "8o", " 80", "\u{661}"] {
            assert_eq!(parse_port(text), None, "{text:?}");
        }
    }
}
