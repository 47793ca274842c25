//! The host of a proxy or of a target: [RFC 3986 §3.2.2](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// A host in its one canonical form: an address, or a name in lower case and ASCII.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Host {
    text: String,
    address: Option<IpAddr>,
}

impl Host {
    /// Reads a host; an IPv6 address may stand in brackets.
    ///
    /// What is wrong is told without citing the text: it may be a part of a password.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(rest) = text.strip_prefix('[') {
            let address = rest.strip_suffix(']').and_then(|text| text.parse::<Ipv6Addr>().ok());
            return address
                .map(|address| Self::from(IpAddr::V6(address)))
                .ok_or("invalid IPv6 address");
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(address.into());
        }
        let name = text.to_ascii_lowercase();
        let rooted = name.strip_suffix('.').unwrap_or(&name);
        // Four decimal numbers are an address. Other spellings of numbers, which resolvers understand differently,
        // are neither address nor name.
        if let Ok(address) = rooted.parse::<Ipv4Addr>() {
            return Ok(IpAddr::V4(address).into());
        }
        if rooted.rsplit('.').next().is_some_and(is_number) {
            return Err("invalid IPv4 address");
        }
        if rooted.is_empty() {
            return Err("no host");
        }
        if !rooted.is_ascii() {
            return Err("the host is not ASCII; an internationalised name is written xn--...");
        }
        if !rooted.split('.').all(|label| !label.is_empty() && label.bytes().all(is_label_byte)) {
            return Err("invalid host");
        }
        if name.len() > MAX_NAME {
            return Err("the host has more than 255 bytes");
        }
        Ok(Self { text: name, address: None })
    }

    /// The host, without brackets.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The address that the host is, if it is not a name.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The host without the dot that may end a name.
    pub(crate) fn rooted(&self) -> &str {
        self.text.strip_suffix('.').unwrap_or(&self.text)
    }

    /// Whether it is this very machine: a loopback address, or a name that never means anything else
    /// ([RFC 6761 §6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)).
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
    /// Writes the host as it stands in a URI: an IPv6 address in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Some(IpAddr::V4(_)) | None => f.write_str(&self.text),
        }
    }
}

/// Whether `name` is `domain`, or a name below it; `notexample.com` is not below `example.com`.
pub(crate) fn is_at_or_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Reads a port, 1 to 65535, in digits only.
pub(crate) fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&port| digits && port != 0)
}

fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn is_number(label: &str) -> bool {
    let digits = label.strip_prefix("0x");
    match digits {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// One byte holds the length of a name in SOCKS 5, and no name of DNS is longer.
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
