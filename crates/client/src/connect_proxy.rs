//! The proxy options of [`Connect`].

use http::{HeaderName, HeaderValue};
use sockeye_errors::{HandshakeError, ProxyError};
use sockeye_handshake::http1::parse_header;
use sockeye_proxy::Proxy;

use crate::{Connect, Dial, proxy::Proxies};

impl<R> Connect<R, Dial> {
    /// Connects through this proxy, in place of that of the environment. The schemes are `http`, `https`, `socks4`, `socks4a`,
    /// `socks5` and `socks5h`; `socks` means `socks5h`.
    ///
    /// With `socks4` and `socks5` the client resolves the host name and requests one address after the other. With all other
    /// schemes the proxy resolves it. By default the variables `wss_proxy`, `https_proxy`, `all_proxy` and `no_proxy` decide, as
    /// [`Environment`](sockeye_proxy::Environment) describes.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let ws = sockeye::connect("wss://example.com/feed")
    ///     .proxy("socks5h://user:s3cr3t@localhost:1080")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn proxy<P>(mut self, proxy: P) -> Self
    where
        P: TryInto<Proxy>,
        P::Error: Into<ProxyError>,
    {
        self.transport.proxies = Proxies::One(proxy.try_into().map_err(Into::into));
        self
    }

    /// Adds a header to the CONNECT request for an HTTP proxy, such as a `Proxy-Authorization` of another scheme than Basic.
    ///
    /// The server does not receive it, and a SOCKS proxy has no headers. The request contains the `User-Agent` of the client
    /// unless one is set here. An invalid header is reported by the connection attempt.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let ws = sockeye::connect("wss://example.com/feed")
    ///     .proxy("http://proxy.example.com:3128")
    ///     .proxy_header("proxy-authorization", "Bearer s3cr3t")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn proxy_header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match parse_header(name, value) {
            Ok((name, value)) => drop(self.transport.proxy_headers.append(name, value)),
            Err(error) if self.uri.is_ok() => self.uri = Err(HandshakeError::from(error).into()),
            Err(_) => {}
        }
        self
    }

    /// Connects without a proxy, even if the environment names one.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let ws = sockeye::connect("ws://10.0.0.7:8765").no_proxy().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn no_proxy(mut self) -> Self {
        self.transport.proxies = Proxies::Direct;
        self
    }
}
