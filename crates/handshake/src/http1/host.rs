//! The host of a URI and of the `Host` header: [RFC 3986 §3.2.2](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2).

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

/// Checks a host: a name, an IPv4 address of four decimal parts, or an IPv6 address in brackets. Returns it in lower case and
/// without the brackets.
///
/// The length of a name is not checked, and a dot at its end is refused.
///
/// # Errors
///
/// Returns the reason why the host is invalid. The reason does not quote the host, which can be a part of a password.
///
/// # Examples
///
/// ```
/// use sockeye_handshake::http1::parse_host;
///
/// assert_eq!(parse_host("Example.COM").as_deref(), Ok("example.com"));
/// assert_eq!(parse_host("[0:0::1]").as_deref(), Ok("::1"));
/// // Some resolvers would connect to 127.0.0.1.
/// assert!(parse_host("0x7f.1").is_err());
/// ```
pub fn parse_host(host: &str) -> Result<String, &'static str> {
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
    if !host.is_ascii() {
        return Err("the host is not ASCII; an internationalised name is written xn--...");
    }
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    {
        return Err("the host contains a character that no host name has");
    }
    if host.split('.').any(str::is_empty) {
        return Err("the host has an empty label");
    }
    if ends_in_number(host) && host.parse::<Ipv4Addr>().is_err() {
        return Err("the host is a number, but no IPv4 address of four decimal parts");
    }
    Ok(host.to_ascii_lowercase())
}

/// Returns whether some resolvers would take `host` for an IPv4 address, in decimal, octal or hexadecimal, however short.
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let hexadecimal = last.strip_prefix("0x").or(last.strip_prefix("0X"));
    last.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Displays a host as it stands in a URI: an IPv6 address in brackets.
///
/// # Examples
///
/// ```
/// use sockeye_handshake::http1::Bracketed;
///
/// assert_eq!(Bracketed("::1").to_string(), "[::1]");
/// assert_eq!(Bracketed("example.com").to_string(), "example.com");
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "it wraps one value")]
pub struct Bracketed<'a>(pub &'a str);

impl fmt::Display for Bracketed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(':') { write!(f, "[{}]", self.0) } else { f.write_str(self.0) }
    }
}
