//! The versions of SOCKS: [RFC 1928](https://www.rfc-editor.org/rfc/rfc1928) and [SOCKS 4](https://www.openssh.com/txt/socks4.protocol).

/// The version of the SOCKS protocol.
///
/// # Examples
///
/// ```
/// use sockeye_proxy::{Proxy, SocksPlan, SocksVersion};
///
/// let proxy: Proxy = "socks5h://127.0.0.1".parse()?;
/// let SocksPlan::Ask(request) = SocksPlan::new(&proxy, "example.com", 443)? else { unreachable!() };
/// assert_eq!(request.version(), SocksVersion::V5);
/// # Ok::<(), sockeye_errors::ProxyError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "SOCKS has no other version, and will have none")]
pub enum SocksVersion {
    /// SOCKS 4 and 4a.
    V4,
    /// SOCKS 5.
    V5,
}
