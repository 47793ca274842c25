//! From a URI to a stream to its host: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use std::{
    fmt,
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Poll, ready},
};

use sockeye_errors::{AddressError, Error, Operation};
use sockeye_handshake::WebSocketUri;

#[cfg(unix)]
use crate::unix;
use crate::{
    Runtime, Stream, TcpOptions, connector::Connector, deadline::Deadline, proxy, proxy::Proxies,
    race::Race, tls::ClientTls,
};

/// The way of [`connect`](crate::connect): by TCP, perhaps through a proxy and inside TLS.
#[derive(Clone, Debug)]
pub struct Dial {
    pub(crate) tcp: TcpOptions,
    pub(crate) tls: ClientTls,
    pub(crate) proxy_tls: ClientTls,
    pub(crate) proxies: Proxies,
    pub(crate) connector: Option<Connector>,
    /// Redirects that are followed.
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

/// Where a connection leads.
#[derive(Clone, Debug, Default)]
pub(crate) enum Address {
    /// To the host and the port of the URI.
    #[default]
    Uri,
    /// To others.
    Host(String, u16),
    /// To a Unix socket.
    #[cfg(unix)]
    Unix(std::path::PathBuf),
}

impl Dial {
    /// Makes a stream to the host of `uri`, as far as its scheme asks for.
    pub(crate) async fn dial<R: Runtime>(
        &self,
        uri: &WebSocketUri,
        address: &Address,
        deadline: Deadline,
    ) -> Result<Stream<R>, Error> {
        let stream = self.reach(uri, address, deadline).await?;
        if !uri.is_secure() {
            return Ok(stream);
        }
        let handshake = self.tls.handshake(stream, uri.server_name());
        deadline.hold::<R, _>(Operation::Tls, handshake).await
    }

    /// Makes a stream, without what the scheme asks for.
    async fn reach<R: Runtime>(
        &self,
        uri: &WebSocketUri,
        address: &Address,
        deadline: Deadline,
    ) -> Result<Stream<R>, Error> {
        let (host, port) = match address {
            Address::Uri => (uri.host(), uri.port()),
            Address::Host(host, port) => (&**host, *port),
            #[cfg(unix)]
            Address::Unix(path) => {
                let connect = unix::connect(path);
                let connect = async { Ok(connect.await.map_err(at(path.display()))?) };
                return deadline.hold::<R, _>(Operation::Connect, connect).await;
            }
        };
        if let Some(connector) = &self.connector {
            let connect = async { Ok(connector.connect(host, port).await?) };
            Ok(deadline.hold::<R, _>(Operation::Connect, connect).await?.into())
        } else if let Some(proxy) = self.proxies.select(uri.is_secure(), host, port)? {
            proxy::tunnel(&proxy, (host, port), &self.tcp, &self.proxy_tls, deadline).await
        } else {
            connect(host, port, &self.tcp, deadline).await
        }
    }
}

/// Connects to a host by TCP.
pub(crate) async fn connect<R: Runtime>(
    host: &str,
    port: u16,
    options: &TcpOptions,
    deadline: Deadline,
) -> Result<Stream<R>, Error> {
    let resolve = async { Ok(R::resolve(host, port).await.map_err(at(host))?) };
    let mut addresses: Vec<_> = deadline.hold::<R, _>(Operation::Resolve, resolve).await?;
    addresses.retain(|address| options.reaches(address));
    let connect = async { Ok(connect_any::<R>(addresses, options).await?) };
    Ok(Stream::tcp(deadline.hold::<R, _>(Operation::Connect, connect).await?))
}

/// Connects to the address that answers first; those that lose the race are dropped.
async fn connect_any<R: Runtime>(
    addresses: Vec<SocketAddr>,
    options: &TcpOptions,
) -> io::Result<R::Tcp> {
    let mut race = Race::new(addresses, R::now());
    let mut attempts: Vec<Attempt<'_, R::Tcp>> = Vec::new();
    let mut timer = None;
    let mut error = Some(no_address());
    poll_fn(|cx| {
        loop {
            if let Some(address) = race.poll_start(R::now()) {
                let attempt = R::connect_tcp(address, options);
                attempts.push(Box::pin(async move { attempt.await.map_err(at(address)) }));
                timer = None;
            }
            let mut at = 0;
            while let Some(attempt) = attempts.get_mut(at) {
                match attempt.as_mut().poll(cx) {
                    Poll::Pending => at += 1,
                    Poll::Ready(Ok(stream)) => return Poll::Ready(Ok(stream)),
                    Poll::Ready(Err(e)) => {
                        drop(attempts.swap_remove(at));
                        error = Some(e);
                        race.handle_failure(R::now());
                        timer = None;
                    }
                }
            }
            let Some(next) = race.poll_timeout() else {
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

/// Says of a failure at which address it was.
pub(crate) fn at(address: impl fmt::Display) -> impl FnOnce(io::Error) -> io::Error {
    move |error| AddressError::new(address.to_string(), error).into()
}

/// The failure to find any address.
pub(crate) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the host has no address that can be used")
}
