//! The proxy options of [`Connect`].

use sockeye_errors::ProxyError;
use sockeye_proxy::Proxy;

use crate::{Connect, Dial, proxy::Proxies};

impl<R> Connect<R, Dial> {
    /// Connects through this proxy, whatever the environment names: `http://`, `https://`, `socks4://`, `socks4a://`,
    /// `socks5://` or `socks5h://`.
    ///
    /// With `socks4` and `socks5` the client resolves the host name and requests one address after the other. With all
    /// other schemes the proxy resolves it. By default the environment decides, see
    /// [`Environment`](sockeye_proxy::Environment).
    pub fn proxy<P>(mut self, proxy: P) -> Self
    where
        P: TryInto<Proxy>,
        P::Error: Into<ProxyError>,
    {
        self.transport.proxies = Proxies::One(proxy.try_into().map_err(Into::into));
        self
    }

    /// Connects without a proxy, whatever the environment names.
    pub fn no_proxy(mut self) -> Self {
        self.transport.proxies = Proxies::Direct;
        self
    }
}
