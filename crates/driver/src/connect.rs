//! The client: from a URI, or a stream that is connected already, to an open connection.

use std::{
    future::{Future, IntoFuture},
    io,
    marker::PhantomData,
    net::SocketAddr,
    pin::Pin,
    time::Duration,
};

use http::{HeaderName, HeaderValue};
use sockeye_errors::{Error, HandshakeError};
use sockeye_handshake::{ClientOptions, Credentials, Limits, Subprotocols, WebSocketUri};
use sockeye_protocol::Config;

use crate::{
    Dial, Io, Reconnect, Runtime, TcpOptions, WebSocket,
    connector::Connector,
    deadline::Deadline,
    deflate::Compression,
    dial::Address,
    header::header,
    opening::{Offer, open},
    redirect::{Journey, Target},
};

/// A client that is about to connect: set what you like, then `.await` it.
///
/// Made by [`connect`], which makes the TCP connection itself, and by [`client`], which is given a stream.
#[must_use = "nothing happens before this is awaited"]
#[derive(Debug)]
pub struct Connect<R, W> {
    uri: Result<WebSocketUri, Error>,
    pub(crate) way: W,
    options: ClientOptions,
    pub(crate) compression: Compression,
    config: Config,
    open_timeout: Option<Duration>,
    address: Address,
    runtime: PhantomData<fn() -> R>,
}

/// The way of [`client`]: over a stream that is there.
#[derive(Debug)]
pub struct Given<S>(S);

/// Connects to a server.
pub fn connect<R: Runtime, U>(uri: U) -> Connect<R, Dial>
where
    U: TryInto<WebSocketUri>,
    U::Error: Into<Error>,
{
    Connect::new(uri, Dial::default())
}

/// Connects to a server over a stream that is connected already, whatever it is. The URI says what to ask for; it makes no
/// difference to the stream.
pub fn client<S, R: Runtime + Io<S>, U>(uri: U, stream: S) -> Connect<R, Given<S>>
where
    U: TryInto<WebSocketUri>,
    U::Error: Into<Error>,
{
    Connect::new(uri, Given(stream))
}

impl<R, W> Connect<R, W> {
    fn new<U>(uri: U, way: W) -> Self
    where
        U: TryInto<WebSocketUri>,
        U::Error: Into<Error>,
    {
        Self {
            uri: uri.try_into().map_err(Into::into),
            way,
            options: ClientOptions::default(),
            compression: Compression::default(),
            config: Config::default(),
            open_timeout: Some(Duration::from_secs(10)),
            address: Address::default(),
            runtime: PhantomData,
        }
    }

    /// Offers these subprotocols, the preferred one first.
    pub fn subprotocols<I>(mut self, subprotocols: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        match Subprotocols::new(subprotocols) {
            Ok(subprotocols) => self.options.subprotocols = subprotocols,
            Err(error) => self.refuse(error),
        }
        self
    }

    /// Sends one more header.
    ///
    /// The headers of the handshake itself cannot be set so. A value that is marked as sensitive is never shown, and never
    /// sent to another origin.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match header(name, value) {
            Ok((name, value)) => {
                self.options.headers.append(name, value);
            }
            Err(error) => self.refuse(error),
        }
        self
    }

    /// Sends this `Origin`, as a browser does for a script of that site.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.options.origin = Some(origin.into());
        self
    }

    /// Sends this `User-Agent` in the place of the library's, or none.
    pub fn user_agent(mut self, user_agent: impl Into<Option<String>>) -> Self {
        self.options.user_agent = user_agent.into();
        self
    }

    /// Authenticates with this user and password (Basic), in the place of those in the URI.
    pub fn basic_auth(mut self, credentials: Credentials) -> Self {
        self.options.credentials = Some(credentials);
        self
    }

    /// Limits what the server may send in the opening handshake.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// Sets the time for everything until the connection is open; 10 seconds. `None`: no limit.
    pub fn open_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.open_timeout = timeout.into();
        self
    }

    /// Sets the time for the whole closing handshake; 10 seconds. `None`: no limit.
    pub fn close_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.config.close_timeout = timeout.into();
        self
    }

    /// Sets the time between two keepalive pings; 20 seconds. `None`: no pings.
    pub fn ping_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.config.ping_interval = interval.into();
        self
    }

    /// Sets the time in which something must arrive after a keepalive ping; 20 seconds. `None`: no limit.
    pub fn ping_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.config.ping_timeout = timeout.into();
        self
    }

    /// Sets the largest message in both directions, in bytes. By default incoming messages may have 1 MiB, and outgoing
    /// ones any size. `None`: no limit.
    pub fn max_size(self, size: impl Into<Option<usize>>) -> Self {
        let size = size.into();
        self.max_incoming_size(size).max_outgoing_size(size)
    }

    /// Sets the largest incoming message, in bytes; see [`max_size`](Self::max_size).
    pub fn max_incoming_size(mut self, size: impl Into<Option<usize>>) -> Self {
        self.config.max_incoming_size = size.into().map(|size| size as u64);
        self
    }

    /// Sets the largest outgoing message, in bytes; see [`max_size`](Self::max_size).
    pub fn max_outgoing_size(mut self, size: impl Into<Option<usize>>) -> Self {
        self.config.max_outgoing_size = size.into().map(|size| size as u64);
        self
    }

    /// Sets all limits and deadlines of the connection at once.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    fn refuse(&mut self, error: impl Into<HandshakeError>) {
        if self.uri.is_ok() {
            self.uri = Err(error.into().into());
        }
    }
}

impl<R> Connect<R, Dial> {
    /// Sets whether small writes leave at once (`TCP_NODELAY`), as they do by default.
    pub fn nodelay(mut self, nodelay: bool) -> Self {
        self.way.tcp.nodelay = nodelay;
        self
    }

    /// Sets all options of the TCP connection at once.
    pub fn tcp_options(mut self, options: TcpOptions) -> Self {
        self.way.tcp = options;
        self
    }

    /// Connects to this host and port in the place of those of the URI. The latter go on to say what is asked for, and
    /// which name the certificate has to bear.
    ///
    /// A redirect to another origin leads away from here.
    pub fn address(mut self, host: impl Into<String>, port: u16) -> Self {
        self.address = Address::Host(host.into(), port);
        self
    }

    /// Connects to the Unix socket at this path, in the place of a host and a port; there are no proxies then, and no
    /// connector. The URI goes on to say what is asked for, and which name the certificate has to bear if it is `wss`.
    ///
    /// A redirect to another origin leads away from here.
    #[cfg(unix)]
    pub fn unix(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.address = Address::Unix(path.into());
        self
    }

    /// Connects from this address, and this port, where 0 is any: `(ip, 0)`. Only addresses of the same family are
    /// connected to.
    pub fn local_address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.way.tcp.local_address = Some(address.into());
        self
    }

    /// Connects by this network interface, such as `eth0`; see [`TcpOptions::interface`].
    pub fn interface(mut self, name: impl Into<String>) -> Self {
        self.way.tcp.interface = Some(name.into());
        self
    }

    /// Lets the application connect to a host and a port, in whatever way: there are no proxies then. TLS comes on top,
    /// where the URI asks for it.
    pub fn connector<S, C, F>(mut self, connect: C) -> Self
    where
        R: Io<S> + 'static,
        S: Send + Unpin + 'static,
        C: Fn(String, u16) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
    {
        self.way.connector = Some(Connector::new::<R, S, C, F>(connect));
        self
    }

    /// Sets how many redirects are followed: 5 by default. With 0 they are reported, as any other status is.
    ///
    /// None is followed from `wss` to `ws`. Credentials, cookies and headers that are marked as sensitive are never told
    /// to another origin; subprotocols are.
    pub fn redirects(mut self, max: usize) -> Self {
        self.way.redirects = max;
        self
    }

    /// Connects again and again, each time that the connection is lost.
    pub fn reconnect(self) -> Reconnect<R> {
        let open_timeout = self.open_timeout;
        let (target, journey) = self.depart();
        Reconnect::new(target, journey, open_timeout)
    }

    /// Where to go, and how.
    fn depart(self) -> (Result<Target, Error>, Journey) {
        let Self { way, compression, config, options, address, .. } = self;
        let target = self.uri.map(|uri| Target { uri, options, address });
        (target, Journey { way, compression, config })
    }
}

impl<R: Runtime> IntoFuture for Connect<R, Dial> {
    type Output = Result<WebSocket<R::Stream, R>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let deadline = Deadline::after::<R>(self.open_timeout);
            let (target, journey) = self.depart();
            journey.connect(&mut target?, deadline).await
        })
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Connect<R, Given<S>> {
    /// What `.await` does, for streams that cannot go from thread to thread.
    ///
    /// # Errors
    ///
    /// Those of the opening handshake.
    pub async fn open(self) -> Result<WebSocket<S, R>, Error> {
        let deadline = Deadline::after::<R>(self.open_timeout);
        let (options, compression) = (self.options, self.compression);
        let offer = Offer { options, compression, follows_redirects: false };
        open(offer.prepare(&self.uri?)?, self.way.0, self.config, deadline).await
    }
}

impl<S: Unpin + Send + 'static, R: Runtime + Io<S>> IntoFuture for Connect<R, Given<S>> {
    type Output = Result<WebSocket<S, R>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.open())
    }
}
