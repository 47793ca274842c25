//! The plan for a SOCKS proxy: [RFC 1928 §4](https://www.rfc-editor.org/rfc/rfc1928#section-4) and
//! [SOCKS 4a](https://www.openssh.com/txt/socks4a.protocol).

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use sockeye_errors::ProxyError;

use super::version::SocksVersion;
use crate::{host::Host, proxy::Proxy, scheme::ProxyScheme};

/// The first step of a connection through a SOCKS proxy: a request or a name lookup.
///
/// With `socks4` and `socks5` the client resolves the name of the target. With `socks4a` and `socks5h` the proxy does, so that no
/// lookup reveals the target to others. A target that is an address needs no lookup.
///
/// # Examples
///
/// ```
/// use sockeye_proxy::{Proxy, SocksPlan};
///
/// let proxy: Proxy = "socks5h://127.0.0.1".parse()?;
/// let SocksPlan::Ask(request) = SocksPlan::new(&proxy, "example.com", 443)? else { unreachable!() };
/// assert_eq!(request.target().to_string(), "example.com:443");
///
/// let proxy: Proxy = "socks5://127.0.0.1".parse()?;
/// let SocksPlan::Resolve(lookup) = SocksPlan::new(&proxy, "example.com", 443)? else { unreachable!() };
/// assert_eq!(lookup.name(), "example.com");
/// let request = lookup.request([192, 0, 2, 1].into())?;
/// assert_eq!(request.target().to_string(), "192.0.2.1:443");
/// # Ok::<(), sockeye_errors::ProxyError>(())
/// ```
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the name is resolved on one side or the other")]
pub enum SocksPlan {
    /// The request can be sent.
    Ask(SocksRequest),
    /// The name must be resolved first.
    Resolve(SocksLookup),
}

impl SocksPlan {
    /// Plans a connection through `proxy` to `host`, an address or a name, and `port`.
    ///
    /// # Errors
    ///
    /// Returns an error if the proxy speaks HTTP, if the host is malformed or longer than 255 bytes, or if the host is an IPv6
    /// address, which SOCKS 4 and 4a do not support.
    pub fn new(proxy: &Proxy, host: &str, port: u16) -> Result<Self, ProxyError> {
        let (version, is_remote) = match proxy.scheme() {
            ProxyScheme::Socks4 => (SocksVersion::V4, false),
            ProxyScheme::Socks4a => (SocksVersion::V4, true),
            ProxyScheme::Socks5 => (SocksVersion::V5, false),
            ProxyScheme::Socks5h => (SocksVersion::V5, true),
            ProxyScheme::Http | ProxyScheme::Https => {
                return Err(proxy.invalid("an HTTP proxy does not speak SOCKS"));
            }
        };
        let host = Host::parse(host)
            .map_err(|reason| proxy.invalid(&format!("invalid target: {reason}")))?;
        let lookup =
            SocksLookup { proxy: proxy.clone(), version, name: host.as_str().to_owned(), port };
        if let Some(address) = host.address() {
            return lookup.request(address).map(Self::Ask);
        }
        if !is_remote {
            return Ok(Self::Resolve(lookup));
        }
        let user = proxy.credentials().map_or("", |(user, _)| user);
        if version == SocksVersion::V4 && user.len() + host.as_str().len() > MAX_USER_AND_NAME {
            return Err(proxy.invalid("user name and target together are too long"));
        }
        Ok(Self::Ask(lookup.ask(SocksTarget::Name(host.as_str().to_owned(), port))))
    }
}

/// A request that needs an address of its target.
#[derive(Clone, Debug)]
pub struct SocksLookup {
    proxy: Proxy,
    version: SocksVersion,
    name: String,
    port: u16,
}

impl SocksLookup {
    /// Returns the name to resolve.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the port of the target.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Creates the request for an address of the name.
    ///
    /// # Errors
    ///
    /// Returns an error if SOCKS 4 does not support the address: an IPv6 address, or one of 0.0.0.0/8, which stands for a name.
    pub fn request(&self, address: IpAddr) -> Result<SocksRequest, ProxyError> {
        let address = address.to_canonical();
        if self.version == SocksVersion::V4 {
            match address {
                IpAddr::V4(address) if address.octets()[0] != 0 => {}
                // SOCKS 4a: from 0.0.0.1 to 0.0.0.255 the proxy would wait for a name.
                IpAddr::V4(_) => return Err(self.proxy.invalid("SOCKS 4 cannot reach 0.0.0.0/8")),
                IpAddr::V6(_) => {
                    return Err(self.proxy.invalid("SOCKS 4 cannot reach IPv6 addresses"));
                }
            }
        }
        Ok(self.ask(SocksTarget::Address(SocketAddr::new(address, self.port))))
    }

    fn ask(&self, target: SocksTarget) -> SocksRequest {
        let Self { proxy, version, .. } = self;
        SocksRequest { proxy: proxy.clone(), version: *version, target }
    }
}

/// The target of a connection through a SOCKS proxy.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "SOCKS has no other kind of target")]
pub enum SocksTarget {
    /// An address and a port.
    Address(SocketAddr),
    /// A name of at most 255 bytes, which the proxy resolves, and a port.
    Name(String, u16),
}

impl fmt::Display for SocksTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

/// A request that can be sent to a SOCKS proxy. All its lengths are checked.
#[derive(Clone, Debug)]
pub struct SocksRequest {
    proxy: Proxy,
    version: SocksVersion,
    target: SocksTarget,
}

impl SocksRequest {
    /// Returns the version of the protocol.
    pub fn version(&self) -> SocksVersion {
        self.version
    }

    /// Returns the target that the proxy connects to.
    pub fn target(&self) -> &SocksTarget {
        &self.target
    }

    /// Returns user name and password, 1 to 255 bytes each. In version 4 the password is empty.
    pub fn credentials(&self) -> Option<(&str, &str)> {
        self.proxy.credentials()
    }
}

/// A request of SOCKS 4a has at most 513 bytes, of which 10 are neither user nor name.
const MAX_USER_AND_NAME: usize = 513 - 10;

#[cfg(test)]
mod tests {
    use super::SocksPlan;
    use crate::{Proxy, SocksVersion};

    /// Describes a plan in one line: the version and the target, or the name to resolve.
    fn plan(proxy: &str, host: &str) -> String {
        let proxy: Proxy = proxy.parse().expect(proxy);
        match SocksPlan::new(&proxy, host, 443) {
            Ok(SocksPlan::Resolve(lookup)) => {
                format!("resolve {} {}", lookup.name(), lookup.port())
            }
            Ok(SocksPlan::Ask(request)) => match request.version() {
                SocksVersion::V4 => format!("4 {}", request.target()),
                SocksVersion::V5 => format!("5 {}", request.target()),
            },
            Err(_) => "refused".to_owned(),
        }
    }

    #[test]
    fn each_scheme_resolves_names_where_it_says() {
        let (most, more) = ("a".repeat(255), "a".repeat(256));
        let (most, more) = (most.as_str(), more.as_str());
        for (proxy, host, expected) in [
            ("socks4://p", "example.com", "resolve example.com 443"),
            ("socks4a://p", "example.com", "4 example.com:443"),
            ("socks5://p", "example.com", "resolve example.com 443"),
            ("socks5h://p", "example.com", "5 example.com:443"),
            ("socks4a://p", "EXAMPLE.com.", "4 example.com.:443"),
            ("socks5h://p", "xn--bcher-kva.example", "5 xn--bcher-kva.example:443"),
            ("socks5h://p", "b\u{fc}cher.example", "refused"),
            ("socks5h://p", "localhost", "5 localhost:443"),
            ("socks5h://p", "service.onion", "5 service.onion:443"),
            // Addresses.
            ("socks4://p", "192.0.2.1", "4 192.0.2.1:443"),
            ("socks4a://p", "192.0.2.1", "4 192.0.2.1:443"),
            ("socks5://p", "192.0.2.1", "5 192.0.2.1:443"),
            ("socks5h://p", "192.0.2.1", "5 192.0.2.1:443"),
            ("socks4://p", "::ffff:192.0.2.1", "4 192.0.2.1:443"),
            ("socks4://p", "2001:db8::1", "refused"),
            ("socks4a://p", "2001:db8::1", "refused"),
            ("socks5://p", "2001:db8::1", "5 [2001:db8::1]:443"),
            ("socks5h://p", "[2001:db8::1]", "5 [2001:db8::1]:443"),
            ("socks4://p", "0.0.0.1", "refused"),
            ("socks4a://p", "0.0.0.0", "refused"),
            ("socks5://p", "0.0.0.1", "5 0.0.0.1:443"),
            // Lengths: a longer name is refused on both sides.
            ("socks4://p", more, "refused"),
            ("socks4a://p", more, "refused"),
            ("socks5://p", more, "refused"),
            ("socks5h://p", more, "refused"),
            ("socks5h://p", most, &format!("5 {most}:443")),
            ("socks4a://p", most, &format!("4 {most}:443")),
            (&format!("socks4a://{}@p", "u".repeat(248)), most, &format!("4 {most}:443")),
            (&format!("socks4a://{}@p", "u".repeat(249)), most, "refused"),
            (&format!("socks4a://{}@p", "u".repeat(255)), "192.0.2.1", "4 192.0.2.1:443"),
            (&format!("socks4://{}@p", "u".repeat(255)), most, &format!("resolve {most} 443")),
            (&format!("socks5h://{most}:{most}@p"), most, &format!("5 {most}:443")),
            // Invalid hosts and proxies of another protocol.
            ("socks5h://p", "", "refused"),
            ("socks5h://p", "a\0b", "refused"),
            ("socks4a://p", "a\0b", "refused"),
            ("socks5h://p", "a b", "refused"),
            ("socks5h://p", "a/b", "refused"),
            ("socks5://p", "127.1", "refused"),
            ("socks5h://p", "a:1", "refused"),
            ("http://p", "example.com", "refused"),
            ("https://p", "192.0.2.1", "refused"),
        ] {
            assert_eq!(plan(proxy, host), expected, "{proxy} {host}");
        }
    }

    #[test]
    fn socks_4_takes_an_ipv4_address_of_the_name() {
        let proxy = "socks4://p".parse().expect("a proxy");
        let Ok(SocksPlan::Resolve(lookup)) = SocksPlan::new(&proxy, "h", 1) else {
            panic!("no lookup")
        };
        for (address, is_fine) in [
            ("192.0.2.1", true),
            ("::ffff:192.0.2.1", true),
            ("2001:db8::1", false),
            ("0.1.2.3", false),
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(lookup.request(address).is_ok(), is_fine, "{address}");
        }
    }

    #[test]
    fn the_password_is_not_printed() {
        let proxy = "socks5h://me:secret@p".parse().expect("a proxy");
        let plan = SocksPlan::new(&proxy, "h", 1).expect("a plan");
        assert!(!format!("{plan:?}").contains("secret"));
        let SocksPlan::Ask(request) = plan else { panic!("a lookup") };
        assert_eq!(request.credentials(), Some(("me", "secret")));
    }
}
