//! Opening the transport to the host of a URI: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Poll, ready},
};

use sockeye_errors::{Error, Operation};
use sockeye_handshake::WebSocketUri;
#[cfg(unix)]
use sockeye_net::unix;
use sockeye_net::{
    Deadline, Sockets, Stream, TcpOptions, no_address, tls::ClientTls, with_address,
};

use crate::{
    connector::Connector,
    happy_eyeballs::HappyEyeballs,
    proxy::{self, Proxies},
};

/// The transport of [`connect`](crate::connect): TCP, a Unix socket or a connector, with a proxy and TLS as the URI and
/// the options demand.
#[derive(Clone, Debug)]
pub struct Dial {
    pub(crate) tcp: TcpOptions,
    pub(crate) tls: ClientTls,
    pub(crate) proxy_tls: ClientTls,
    pub(crate) proxies: Proxies,
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
    /// Opens a stream to the host of `uri`, with TLS if the scheme is `wss`.
    pub(crate) async fn dial<R: Sockets>(
        &self,
        uri: &WebSocketUri,
        address: &ConnectTo,
        deadline: Deadline,
    ) -> Result<Stream<R>, Error> {
        let stream = self.connect_transport(uri, address, deadline).await?;
        if !uri.is_secure() {
            return Ok(stream);
        }
        let handshake = self.tls.handshake(stream, uri.server_name());
        deadline.timeout::<R, _>(Operation::Tls, handshake).await
    }

    /// Opens a stream without the TLS of the scheme.
    async fn connect_transport<R: Sockets>(
        &self,
        uri: &WebSocketUri,
        address: &ConnectTo,
        deadline: Deadline,
    ) -> Result<Stream<R>, Error> {
        let (host, port) = match address {
            ConnectTo::Uri => (uri.host(), uri.port()),
            ConnectTo::Host(host, port) => (&**host, *port),
            #[cfg(unix)]
            ConnectTo::Unix(path) => {
                let connect = unix::connect(path);
                let connect = async { Ok(connect.await.map_err(with_address(path.display()))?) };
                return deadline.timeout::<R, _>(Operation::Connect, connect).await;
            }
        };
        if let Some(connector) = &self.connector {
            let connect = async { Ok(connector.connect(host, port).await?) };
            Ok(deadline.timeout::<R, _>(Operation::Connect, connect).await?.into())
        } else if let Some(proxy) = self.proxies.select(uri.is_secure(), host, port)? {
            proxy::tunnel(&proxy, (host, port), &self.tcp, &self.proxy_tls, deadline).await
        } else {
            connect(host, port, &self.tcp, deadline).await
        }
    }
}

/// Connects to a host over TCP.
pub(crate) async fn connect<R: Sockets>(
    host: &str,
    port: u16,
    options: &TcpOptions,
    deadline: Deadline,
) -> Result<Stream<R>, Error> {
    let resolve = async { Ok(R::resolve(host, port).await.map_err(with_address(host))?) };
    let mut addresses: Vec<_> = deadline.timeout::<R, _>(Operation::Resolve, resolve).await?;
    addresses.retain(|address| options.reaches(address));
    let connect = async { Ok(connect_any::<R>(addresses, options).await?) };
    Ok(Stream::tcp(deadline.timeout::<R, _>(Operation::Connect, connect).await?))
}

/// Connects to the addresses in the order of Happy Eyeballs, and returns the first connection. The other attempts are
/// dropped.
async fn connect_any<R: Sockets>(
    addresses: Vec<SocketAddr>,
    options: &TcpOptions,
) -> io::Result<R::Tcp> {
    let mut schedule = HappyEyeballs::new(addresses, R::now());
    let mut attempts: Vec<Attempt<'_, R::Tcp>> = Vec::new();
    let mut timer = None;
    let mut error = Some(no_address());
    poll_fn(|cx| {
        loop {
            if let Some(address) = schedule.poll_start(R::now()) {
                let attempt = R::connect_tcp(address, options);
                attempts
                    .push(Box::pin(async move { attempt.await.map_err(with_address(address)) }));
                timer = None;
            }
            let mut index = 0;
            while let Some(attempt) = attempts.get_mut(index) {
                match attempt.as_mut().poll(cx) {
                    Poll::Pending => index += 1,
                    Poll::Ready(Ok(stream)) => return Poll::Ready(Ok(stream)),
                    Poll::Ready(Err(e)) => {
                        drop(attempts.swap_remove(index));
                        error = Some(e);
                        schedule.handle_failure(R::now());
                        timer = None;
                    }
                }
            }
            let Some(next) = schedule.poll_timeout() else {
                return match error.take_if(|_| attempts.is_empty()) {
                    Some(error) => Poll::Ready(Err(error)),
                    None => Poll::Pending,
                };
            };
            ready!(timer.get_or_insert_with(|| Box::pin(R::sleep_until(next))).as_mut().poll(cx));
            timer = None;
        }
    })
    .await
}

type Attempt<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;
