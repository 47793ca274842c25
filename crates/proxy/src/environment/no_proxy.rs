//! The hosts that are connected to directly: the list `no_proxy`, which no RFC describes.

use std::net::IpAddr;

use crate::host::{Host, is_at_or_below, parse_port};

/// The entries of `no_proxy`. Invalid entries match nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct NoProxy {
    entries: Vec<Entry>,
}

impl NoProxy {
    /// Reads a list of entries separated by commas or white space.
    pub(crate) fn parse(list: &str) -> Self {
        let entries = list.split(|c: char| c == ',' || c.is_whitespace());
        Self { entries: entries.filter_map(Entry::parse).collect() }
    }

    /// Returns whether this host is connected to directly. `None`, a host that could not be parsed, matches only `*`.
    pub(crate) fn matches(&self, host: Option<&Host>, port: u16) -> bool {
        self.entries.iter().any(|entry| entry.matches(host, port))
    }
}

#[derive(Clone, Debug)]
struct Entry {
    pattern: Pattern,
    port: Option<u16>,
}

#[derive(Clone, Debug)]
enum Pattern {
    /// `*`
    Any,
    /// `10.0.0.1` or `[::1]`
    Address(IpAddr),
    /// `10.0.0.0/8`
    Network { address: IpAddr, prefix: u8 },
    /// `example.com` or `.example.com`: the name and its subdomains.
    Domain(String),
    /// `*.example.com`: the subdomains of the name.
    Below(String),
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        if let Some((address, prefix)) = text.split_once('/') {
            return Some(Self { pattern: Pattern::network(address, prefix)?, port: None });
        }
        let is_address = text.parse::<IpAddr>().is_ok();
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !is_address && !text.ends_with(']') => {
                (host, Some(parse_port(port)?))
            }
            _ => (text, None),
        };
        Some(Self { pattern: Pattern::parse(host)?, port })
    }

    fn matches(&self, host: Option<&Host>, port: u16) -> bool {
        self.port.is_none_or(|expected| expected == port) && self.pattern.matches(host)
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let (is_below, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('.').unwrap_or(text)),
        };
        let host = Host::parse(rest).ok()?;
        let name = host.rooted().to_owned();
        match host.address() {
            Some(address) => (rest == text).then_some(Self::Address(address.to_canonical())),
            None if is_below => Some(Self::Below(name)),
            None => Some(Self::Domain(name)),
        }
    }

    fn network(address: &str, prefix: &str) -> Option<Self> {
        let address: IpAddr = address.parse().ok()?;
        let is_number = prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = prefix.parse().ok().filter(|_| is_number)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        (prefix <= bits).then_some(Self::Network { address, prefix })
    }

    fn matches(&self, host: Option<&Host>) -> bool {
        let Some(host) = host else { return matches!(self, Self::Any) };
        // An address has no labels: `0.1` does not match addresses that end with it.
        match (self, host.address().map(|address| address.to_canonical())) {
            (Self::Any, _) => true,
            (Self::Address(expected), Some(address)) => *expected == address,
            (Self::Network { address: network, prefix }, Some(address)) => {
                is_within(address, *network, *prefix)
            }
            (Self::Domain(name), None) => is_at_or_below(host.rooted(), name),
            (Self::Below(name), None) => {
                host.rooted() != name && is_at_or_below(host.rooted(), name)
            }
            (Self::Address(_) | Self::Network { .. }, None)
            | (Self::Domain(_) | Self::Below(_), Some(_)) => false,
        }
    }
}

/// Returns whether the first `prefix` bits of the addresses are the same.
fn is_within(address: IpAddr, network: IpAddr, prefix: u8) -> bool {
    let prefix = u32::from(prefix);
    let rest = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            (a.to_bits() ^ b.to_bits()).checked_shr(32 - prefix).map(u128::from)
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).checked_shr(128 - prefix),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    // A shift by all bits returns `None`: every address matches the prefix of length 0.
    rest.is_none_or(|rest| rest == 0)
}

#[cfg(test)]
mod tests {
    use crate::Environment;

    const DIRECT: bool = true;
    const PROXY: bool = false;

    /// The value of `no_proxy`, a host, a port, and how the host is reached.
    const TABLE: [(&str, &str, u16, bool); 101] = [
        // Nothing, everything.
        ("", "example.com", 443, PROXY),
        (",, ,", "example.com", 443, PROXY),
        ("*", "example.com", 443, DIRECT),
        ("*", "192.0.2.1", 443, DIRECT),
        ("*", "2001:db8::1", 443, DIRECT),
        ("*", "no host at all", 443, DIRECT),
        ("a, *", "example.com", 443, DIRECT),
        ("*:443", "example.com", 443, DIRECT),
        ("*:443", "example.com", 80, PROXY),
        // A name, and the names below it.
        ("example.com", "example.com", 443, DIRECT),
        ("example.com", "www.example.com", 443, DIRECT),
        ("example.com", "a.b.example.com", 443, DIRECT),
        ("example.com", "notexample.com", 443, PROXY),
        ("example.com", "example.com.evil.org", 443, PROXY),
        ("example.com", "example.org", 443, PROXY),
        ("example.com", "com", 443, PROXY),
        ("example.com", "xample.com", 443, PROXY),
        ("www.example.com", "example.com", 443, PROXY),
        ("com", "example.com", 443, DIRECT),
        ("intranet", "intranet", 80, DIRECT),
        ("intranet", "intranet.example.com", 80, PROXY),
        ("a_b.example", "x.a_b.example", 80, DIRECT),
        // Dots and stars.
        (".example.com", "example.com", 443, DIRECT),
        (".example.com", "www.example.com", 443, DIRECT),
        (".example.com", "notexample.com", 443, PROXY),
        ("*.example.com", "www.example.com", 443, DIRECT),
        ("*.example.com", "a.b.example.com", 443, DIRECT),
        ("*.example.com", "example.com", 443, PROXY),
        ("*.example.com", "notexample.com", 443, PROXY),
        ("..example.com", "www.example.com", 443, PROXY),
        (".", "example.com", 443, PROXY),
        ("exam*.com", "example.com", 443, PROXY),
        ("www.*", "www.example.com", 443, PROXY),
        ("*example.com", "www.example.com", 443, PROXY),
        // Case, and the dot of the root.
        ("EXAMPLE.com", "example.COM", 443, DIRECT),
        (".Example.Com", "WWW.example.com", 443, DIRECT),
        ("example.com.", "example.com", 443, DIRECT),
        ("example.com", "example.com.", 443, DIRECT),
        ("example.com.", "www.example.com.", 443, DIRECT),
        ("example.com..", "example.com", 443, PROXY),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example", 443, DIRECT),
        ("b\u{fc}cher.example, a.example", "a.example", 443, DIRECT),
        // Lists.
        ("a.example,b.example", "b.example", 443, DIRECT),
        ("a.example, b.example", "b.example", 443, DIRECT),
        ("a.example b.example", "b.example", 443, DIRECT),
        (" a.example\t,\n b.example ", "a.example", 443, DIRECT),
        ("a.example,,b.example,", "b.example", 443, DIRECT),
        ("a.example;b.example", "b.example", 443, PROXY),
        ("a.example,b.example", "c.example", 443, PROXY),
        ("!!,http://x,b.example", "b.example", 443, DIRECT),
        // Ports.
        ("example.com:443", "example.com", 443, DIRECT),
        ("example.com:443", "www.example.com", 443, DIRECT),
        ("example.com:443", "example.com", 8443, PROXY),
        (".example.com:443", "www.example.com", 443, DIRECT),
        ("*.example.com:443", "www.example.com", 80, PROXY),
        ("example.com:", "example.com", 443, PROXY),
        ("example.com:0", "example.com", 443, PROXY),
        ("example.com:x", "example.com", 443, PROXY),
        ("example.com:65979", "example.com", 443, PROXY),
        ("192.0.2.1:80", "192.0.2.1", 80, DIRECT),
        ("192.0.2.1:80", "192.0.2.1", 81, PROXY),
        ("[2001:db8::1]:80", "2001:db8::1", 80, DIRECT),
        ("[2001:db8::1]:80", "2001:db8::1", 81, PROXY),
        // Addresses.
        ("192.0.2.1", "192.0.2.1", 443, DIRECT),
        ("192.0.2.1", "192.0.2.1.", 443, DIRECT),
        ("192.0.2.1", "192.0.2.11", 443, PROXY),
        ("2.1", "192.0.2.1", 443, PROXY),
        (".2.1", "192.0.2.1", 443, PROXY),
        ("*.2.1", "192.0.2.1", 443, PROXY),
        (".192.0.2.1", "192.0.2.1", 443, PROXY),
        ("*.192.0.2.1", "192.0.2.1", 443, PROXY),
        ("192.0.2.*", "192.0.2.1", 443, PROXY),
        ("192.0.2.", "192.0.2.1", 443, PROXY),
        ("192.0.2.1", "a.192.0.2.1.example", 443, PROXY),
        ("2001:db8::1", "2001:db8::1", 443, DIRECT),
        ("2001:db8::1", "[2001:DB8:0:0::1]", 443, DIRECT),
        ("[2001:db8::1]", "2001:db8::1", 443, DIRECT),
        ("2001:db8::1", "2001:db8::2", 443, PROXY),
        ("192.0.2.1", "::ffff:192.0.2.1", 443, DIRECT),
        ("::ffff:192.0.2.1", "192.0.2.1", 443, DIRECT),
        ("192.0.2.1", "::192.0.2.1", 443, PROXY),
        // Networks.
        ("10.0.0.0/8", "10.255.0.1", 443, DIRECT),
        ("10.0.0.0/8", "11.0.0.0", 443, PROXY),
        ("10.1.2.3/8", "10.9.9.9", 443, DIRECT),
        ("10.0.0.0/8", "::ffff:10.0.0.1", 443, DIRECT),
        ("192.0.2.128/25", "192.0.2.127", 443, PROXY),
        ("192.0.2.128/25", "192.0.2.255", 443, DIRECT),
        ("192.0.2.1/32", "192.0.2.1", 443, DIRECT),
        ("192.0.2.1/32", "192.0.2.0", 443, PROXY),
        ("0.0.0.0/0", "192.0.2.1", 443, DIRECT),
        ("0.0.0.0/0", "2001:db8::1", 443, PROXY),
        ("0.0.0.0/0", "example.com", 443, PROXY),
        ("fd00::/8", "fd12::1", 443, DIRECT),
        ("fd00::/8", "fe00::1", 443, PROXY),
        ("::/0", "2001:db8::1", 443, DIRECT),
        ("10.0.0.0/33", "10.0.0.0", 443, PROXY),
        ("10.0.0.0/+8", "10.0.0.0", 443, PROXY),
        ("10.0.0.0/", "10.0.0.0", 443, PROXY),
        // This machine.
        ("", "localhost", 80, DIRECT),
        ("", "127.1.2.3", 80, DIRECT),
        ("", "[::1]", 80, DIRECT),
    ];

    #[test]
    fn each_host_is_reached_as_the_table_says() {
        for (list, host, port, is_direct) in TABLE {
            let environment = Environment::new(|name| match name {
                "no_proxy" => Some(list.to_owned()),
                "all_proxy" => Some("http://proxy".to_owned()),
                _ => None,
            });
            for secure in [true, false] {
                let is_proxied =
                    environment.select(secure, host, port).map(|proxy| proxy.is_some());
                assert_eq!(is_proxied, Ok(!is_direct), "no_proxy={list:?} {host}:{port}");
            }
        }
    }
}
