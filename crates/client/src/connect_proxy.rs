//! The proxy options of [`Connect`].

use sockeye_errors::ProxyError;
use sockeye_proxy::Proxy;

use crate::{Connect, Dial, proxy::Proxies};

impl<R> Connect<R, Dial> {
    /// Connects through this proxy, in place of that of the environment. The schemes are `http`, `https`, `socks4`, `socks4a`,
    /// `socks5` and `socks5h`.
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
