//! WebSocket URIs: [RFC 6455 §3](https://www.rfc-editor.org/rfc/rfc6455#section-3).

use std::{fmt, net::IpAddr, str::FromStr};

use sockeye_errors::InvalidUri;

use crate::{
    http1::{Bracketed, Credentials, default_port, encode_resource, parse_dns_host, split_port},
    idn,
};

/// A URI of the scheme `ws` or `wss`.
///
/// The resolver, TLS, the request line and the `Host` header all use the result of one strict parser:
///
/// - The host is a name, an IPv4 address of four decimal parts, or an IPv6 address in brackets and without a zone. Names are
///   converted to lower case; a name that is not ASCII requires the feature `idn`. Only the resolver receives a dot at the end of
///   a name.
/// - The port is a number from 1 to 65535. An empty port means the default port.
/// - User name and password are percent-decoded; they must contain `@`, `%` and `\` in encoded form only.
/// - Path and query are percent-encoded where a request line requires it, and never twice. A `%` that is no escape, a fragment, and
///   white space around the URI are errors.
///
/// `Debug` and `Display` leave out user name and password.
///
/// # Examples
///
/// ```
/// let uri: sockeye::client::WebSocketUri = "wss://me:secret@Example.com/chat?room=1".parse()?;
/// assert!(uri.is_secure());
/// assert_eq!((uri.host(), uri.port(), uri.resource()), ("example.com", 443, "/chat?room=1"));
/// assert_eq!(uri.to_string(), "wss://example.com/chat?room=1");
/// # Ok::<(), sockeye::error::InvalidUri>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct WebSocketUri {
    secure: bool,
    host: String,
    port: u16,
    resource: String,
    credentials: Option<Credentials>,
}

impl WebSocketUri {
    /// Reads a URI.
    ///
    /// # Errors
    ///
    /// Returns an error if the URI is malformed or if its scheme is neither `ws` nor `wss`.
    pub fn parse(text: &str) -> Result<Self, InvalidUri> {
        Self::read(text).map_err(|reason| InvalidUri::new(text, reason))
    }

    /// Returns whether the scheme is `wss`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Returns the scheme, `ws` or `wss`.
    pub fn scheme(&self) -> &'static str {
        if self.secure { "wss" } else { "ws" }
    }

    /// Returns the host for the resolver: in lower case, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the IP address; `None` if the host is a name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Returns the host for TLS: without brackets and without a dot at the end.
    pub fn server_name(&self) -> &str {
        self.host.strip_suffix('.').unwrap_or(&self.host)
    }

    /// Returns the port; if the URI has none, 80 for `ws` and 443 for `wss`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the value of the `Host` header: the host, and the port unless it is the default port.
    pub fn host_header(&self) -> String {
        // §4.1: the port is present if it is not the default of the scheme. §3: that is 80 or 443.
        if self.port == default_port(self.secure) {
            Bracketed(self.server_name()).to_string()
        } else {
            self.authority()
        }
    }

    /// Returns host and port for the request to a proxy.
    pub fn authority(&self) -> String {
        format!("{}:{}", Bracketed(self.server_name()), self.port)
    }

    /// Returns path and query as in the request line.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Returns user name and password, if the URI has them.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// Replaces the credentials.
    #[must_use]
    pub fn with_credentials(self, credentials: Option<Credentials>) -> Self {
        Self { credentials, ..self }
    }

    /// Returns whether scheme, host and port are the same; a dot at the end of the host makes no difference. The target of a
    /// redirect may receive secrets only then.
    pub fn same_origin(&self, other: &Self) -> bool {
        (self.secure, self.server_name(), self.port)
            == (other.secure, other.server_name(), other.port)
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        if text.trim() != text {
            return Err("there is white space around it");
        }
        let (scheme, rest) = text.split_once(':').ok_or("there is no scheme")?;
        let secure = match scheme {
            _ if scheme.eq_ignore_ascii_case("ws") => false,
            _ if scheme.eq_ignore_ascii_case("wss") => true,
            _ => return Err("the scheme is not ws or wss"),
        };
        let rest = rest.strip_prefix("//").ok_or("there is no // after the scheme")?;
        let (authority, resource) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (userinfo, host) = match authority.split_once('@') {
            // Some parsers end the host at a backslash or begin it after the first @, and would find another server.
            Some((userinfo, host)) if host.contains('@') || userinfo.contains('\\') => {
                return Err("an @ or \\ of the user information must be percent-encoded");
            }
            Some((userinfo, host)) => (userinfo, host),
            None => ("", authority),
        };
        let (host, port) = split_port(host)?;
        Ok(Self {
            secure,
            host: read_host(host)?,
            port: port.unwrap_or(default_port(secure)),
            resource: encode_resource(resource)?,
            credentials: Credentials::from_userinfo(userinfo)?,
        })
    }
}

fn read_host(host: &str) -> Result<String, &'static str> {
    if !host.is_ascii() {
        return read_host(&idn::to_ascii(host)?);
    }
    // A name that ends in a dot is not completed with the search domains of the resolver.
    let (name, has_dot) = parse_dns_host(host)?;
    Ok(if has_dot { name + "." } else { name })
}

impl FromStr for WebSocketUri {
    type Err = InvalidUri;

    fn from_str(text: &str) -> Result<Self, InvalidUri> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for WebSocketUri {
    type Error = InvalidUri;

    fn try_from(text: &str) -> Result<Self, InvalidUri> {
        Self::parse(text)
    }
}

impl TryFrom<String> for WebSocketUri {
    type Error = InvalidUri;

    fn try_from(text: String) -> Result<Self, InvalidUri> {
        Self::parse(&text)
    }
}

impl TryFrom<&String> for WebSocketUri {
    type Error = InvalidUri;

    fn try_from(text: &String) -> Result<Self, InvalidUri> {
        Self::parse(text)
    }
}

impl TryFrom<http::Uri> for WebSocketUri {
    type Error = InvalidUri;

    fn try_from(uri: http::Uri) -> Result<Self, InvalidUri> {
        Self::parse(&uri.to_string())
    }
}

impl fmt::Display for WebSocketUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme(), Bracketed(&self.host))?;
        if self.port != default_port(self.secure) {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.resource)
    }
}

impl fmt::Debug for WebSocketUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let userinfo = if self.credentials.is_some() { " with credentials" } else { "" };
        write!(f, "WebSocketUri({self}{userinfo})")
    }
}
