//! Opening the transport to the host of a URI: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use http::{HeaderMap, HeaderValue, header::USER_AGENT};
use sockeye_errors::{Error, Operation};
use sockeye_handshake::WebSocketUri;
#[cfg(unix)]
use sockeye_net::unix;
use sockeye_net::{Deadline, Sockets, Stream, TcpOptions, tls::ClientTls};

use crate::{
    connect_tcp::connect_tcp,
    connector::Connector,
    proxy::{self, Proxies},
};

/// The transport of [`connect`](crate::connect): TCP, a Unix socket or a connector, with a proxy and TLS as the URI and
/// the options demand. A type parameter of [`Connect`](crate::Connect), which has the methods that change it.
///
/// # Examples
///
/// A function that adds options to any client connection:
///
/// ```
/// use sockeye::client::{Connect, Dial};
///
/// fn internal<R>(connect: Connect<R, Dial>) -> Connect<R, Dial> {
///     connect.redirects(0).unix("/run/chat.sock")
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Dial {
    pub(crate) tcp: TcpOptions,
    pub(crate) tls: ClientTls,
    pub(crate) proxy_tls: ClientTls,
    pub(crate) proxies: Proxies,
    /// The additional headers for an HTTP proxy.
    pub(crate) proxy_headers: HeaderMap,
    pub(crate) connector: Option<Connector>,
    /// The number of redirects to follow.
    pub(crate) redirects: usize,
}

impl Default for Dial {
    fn default() -> Self {
        Self {
            tcp: TcpOptions::default(),
            tls: ClientTls::default(),
            proxy_tls: ClientTls::default(),
            proxies: Proxies::default(),
            proxy_headers: HeaderMap::new(),
            connector: None,
            redirects: 5,
        }
    }
}

/// The endpoint that the transport connects to.
#[derive(Clone, Debug, Default)]
pub(crate) enum ConnectTo {
    /// The host and the port of the URI.
    #[default]
    Uri,
    /// Another host and port.
    Host(String, u16),
    /// A Unix socket.
    #[cfg(unix)]
    Unix(std::path::PathBuf),
}

impl Dial {
    /// Opens a stream to the host of `uri`, with TLS if the scheme is `wss`. An HTTP proxy learns the `user_agent`.
    pub(crate) async fn dial<R: Sockets>(
        &self,
        uri: &WebSocketUri,
        address: &ConnectTo,
        user_agent: Option<HeaderValue>,
        deadline: Deadline,
    ) -> Result<Stream<R>, Error> {
        let stream = self.connect_transport(uri, address, user_agent, deadline).await?;
        if !uri.is_secure() {
            return Ok(stream);
        }
        let handshake = self.tls.handshake(stream, uri.server_name());
        Ok(deadline.timeout::<R, _>(Operation::Tls, handshake).await?.into())
    }

    /// Opens a stream without the TLS of the scheme.
    async fn connect_transport<R: Sockets>(
        &self,
        uri: &WebSocketUri,
        address: &ConnectTo,
        user_agent: Option<HeaderValue>,
        deadline: Deadline,
    ) -> Result<Stream<R>, Error> {
        let (host, port) = match address {
            ConnectTo::Uri => (uri.host(), uri.port()),
            ConnectTo::Host(host, port) => (&**host, *port),
            #[cfg(unix)]
            ConnectTo::Unix(path) => {
                let connect = unix::connect(path);
                let connect =
                    async { Ok(connect.await.map_err(sockeye_net::with_address(path.display()))?) };
                return deadline.timeout::<R, _>(Operation::Connect, connect).await;
            }
        };
        if let Some(connector) = &self.connector {
            let connect = async { Ok(connector.connect(host, port).await?) };
            Ok(deadline.timeout::<R, _>(Operation::Connect, connect).await?.into())
        } else if let Some(proxy) = self.proxies.select(uri.is_secure(), host, port)? {
            let mut headers = self.proxy_headers.clone();
            if let Some(user_agent) = user_agent {
                headers.entry(USER_AGENT).or_insert(user_agent);
            }
            let target = (host, port);
            proxy::tunnel(&proxy, headers, target, &self.tcp, &self.proxy_tls, deadline).await
        } else {
            connect_tcp(host, port, &self.tcp, deadline).await
        }
    }
}
