//! WebSocket URIs: [RFC 6455 §3](https://www.rfc-editor.org/rfc/rfc6455#section-3).

use std::{fmt, net::IpAddr, str::FromStr};

use sockeye_errors::InvalidUri;

use crate::{
    http1::{Bracketed, Credentials, default_port, encode_resource, parse_dns_host, split_port},
    idn,
};

/// A URI of the scheme `ws` or `wss`.
///
/// One parser decides what goes to the resolver, to TLS, into the request and into the `Host`
/// header, and it is strict:
///
/// - The host is a name, an IPv4 address of four decimal parts, or an IPv6 address in brackets and
///   without a zone. Names are lower-cased; those that are not ASCII need the feature `idn`. A dot
///   at the end is for the resolver alone.
/// - A port is a number from 1 to 65535; 0 is an error, an empty port means the default one.
/// - User and password are percent-decoded; an `@`, `%` or `\` of theirs has to be encoded.
/// - What cannot stand in a request line is percent-encoded in path and query, nothing is ever
///   encoded twice, and a lone `%` is an error. A fragment is an error, as is white space around
///   the URI.
///
/// `Debug` and `Display` leave out user and password.
///
/// # Examples
///
/// ```
/// let uri: sockeye_handshake::WebSocketUri = "wss://me:secret@Example.com/chat?room=1".parse()?;
/// assert!(uri.is_secure());
/// assert_eq!((uri.host(), uri.port(), uri.resource()), ("example.com", 443, "/chat?room=1"));
/// assert_eq!(uri.to_string(), "wss://example.com/chat?room=1");
/// # Ok::<(), sockeye_errors::InvalidUri>(())
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
    /// When it is malformed, or its scheme is neither `ws` nor `wss`.
    pub fn parse(text: &str) -> Result<Self, InvalidUri> {
        Self::read(text).map_err(|reason| InvalidUri::new(text, reason))
    }

    /// Whether the scheme is `wss`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The scheme, `ws` or `wss`.
    pub fn scheme(&self) -> &'static str {
        if self.secure { "wss" } else { "ws" }
    }

    /// The host as the resolver takes it: in lower case, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The address that the host is, if it is not a name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// The host as TLS wants it: without brackets, and without a dot at the end.
    pub fn server_name(&self) -> &str {
        self.host.strip_suffix('.').unwrap_or(&self.host)
    }

    /// The port; where the URI has none, 80 for `ws` and 443 for `wss`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The value of the `Host` header: host and port, without the port if it is the default one.
    pub fn host_header(&self) -> String {
        // §4.1: the port is there if it is not the default of the scheme.
        if self.port == default_port(self.secure) {
            Bracketed(self.server_name()).to_string()
        } else {
            self.authority()
        }
    }

    /// Host and port, the port always: what a proxy is asked for.
    pub fn authority(&self) -> String {
        format!("{}:{}", Bracketed(self.server_name()), self.port)
    }

    /// Path and query, as they stand in the request line.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// User and password, if the URI has them.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// The same URI with these credentials, or with none.
    #[must_use]
    pub fn with_credentials(self, credentials: Option<Credentials>) -> Self {
        Self { credentials, ..self }
    }

    /// Whether scheme, host and port are the same: the test for what may be told to the target of a
    /// redirect.
    pub fn same_origin(&self, other: &Self) -> bool {
        (self.secure, &self.host, self.port) == (other.secure, &other.host, other.port)
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
        let rest = rest.strip_prefix("//").ok_or("there is no // behind the scheme")?;
        let (authority, resource) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (userinfo, host) = match authority.split_once('@') {
            // Others end the host at a backslash, and start it behind another @: two readings, two
            // servers.
            Some((userinfo, host)) if host.contains('@') || userinfo.contains('\\') => {
                return Err("an @ or \\ of the user information has to be percent-encoded");
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
    let Some(name) = host.strip_suffix('.') else { return parse_dns_host(host) };
    let name = parse_dns_host(name)?;
    if name.parse::<IpAddr>().is_ok() {
        return Err("an address does not end in a dot");
    }
    Ok(name + ".")
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
