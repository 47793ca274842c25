//! The scheme of a proxy: [RFC 3986 §3.1](https://www.rfc-editor.org/rfc/rfc3986#section-3.1).

use std::fmt;

/// The protocol of a proxy: the scheme of its URI.
///
/// # Examples
///
/// ```
/// use sockeye_proxy::ProxyScheme;
///
/// assert_eq!(ProxyScheme::Socks5h.as_str(), "socks5h");
/// assert_eq!(ProxyScheme::Socks5h.default_port(), 1080);
/// assert!(ProxyScheme::Https.is_http());
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ProxyScheme {
    /// `http`: HTTP CONNECT.
    Http,
    /// `https`: HTTP CONNECT inside TLS.
    Https,
    /// `socks4`: SOCKS 4; the client resolves names.
    Socks4,
    /// `socks4a`: SOCKS 4a; the proxy resolves names.
    Socks4a,
    /// `socks5`: SOCKS 5; the client resolves names.
    Socks5,
    /// `socks5h`, or `socks` without a version: SOCKS 5; the proxy resolves names.
    Socks5h,
}

impl ProxyScheme {
    /// Returns the scheme with this name, compared without case. GNOME sets `all_proxy` to a URI with the scheme `socks`, which
    /// names no version: it means SOCKS 5, and the proxy resolves names, as GNOME's own programs let it.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("socks") {
            return Some(Self::Socks5h);
        }
        Self::ALL.into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(name))
    }

    /// Returns the name of the scheme in a URI.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks4 => "socks4",
            Self::Socks4a => "socks4a",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    /// Returns the port of a proxy whose URI has none: 80, 443 or 1080.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks4 | Self::Socks4a | Self::Socks5 | Self::Socks5h => 1080,
        }
    }

    /// Returns whether the proxy uses HTTP CONNECT; otherwise it uses SOCKS.
    pub const fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }

    const ALL: [Self; 6] =
        [Self::Http, Self::Https, Self::Socks4, Self::Socks4a, Self::Socks5, Self::Socks5h];
}

impl fmt::Display for ProxyScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
