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
use sockeye_connection::{WebSocket, deflate::DeflateOption, header};
use sockeye_errors::{Error, HandshakeError};
use sockeye_handshake::{ClientOptions, Credentials, Limits, Subprotocols, WebSocketUri};
use sockeye_net::{Deadline, Io, Runtime, Sockets, TcpOptions};
use sockeye_protocol::Config;

use crate::{
    Dial, Reconnect,
    connector::Connector,
    dial::ConnectTo,
    handshake::HandshakePlan,
    plan::{ConnectPlan, Target},
};

/// A client that is about to connect: set what you like, then `.await` it.
///
/// Made by [`connect`], which makes the TCP connection itself, and by [`client`], which is given a stream.
#[must_use = "nothing happens before this is awaited"]
#[derive(Debug)]
pub struct Connect<R, W> {
    uri: Result<WebSocketUri, Error>,
    pub(crate) transport: W,
    options: ClientOptions,
    pub(crate) compression: DeflateOption,
    config: Config,
    open_timeout: Option<Duration>,
    connect_to: ConnectTo,
    runtime: PhantomData<fn() -> R>,
}

/// The transport of [`client`]: over a stream that is there.
#[derive(Debug)]
pub struct OverStream<S>(S);

/// Connects to a server.
pub fn connect<R: Sockets, U>(uri: U) -> Connect<R, Dial>
where
    U: TryInto<WebSocketUri>,
    U::Error: Into<Error>,
{
    Connect::new(uri, Dial::default())
}

/// Connects to a server over a stream that is connected already, whatever it is. The URI says what to ask for; it makes no
/// difference to the stream.
pub fn client<S, R: Runtime + Io<S>, U>(uri: U, stream: S) -> Connect<R, OverStream<S>>
where
    U: TryInto<WebSocketUri>,
    U::Error: Into<Error>,
{
    Connect::new(uri, OverStream(stream))
}

impl<R, W> Connect<R, W> {
    fn new<U>(uri: U, transport: W) -> Self
    where
        U: TryInto<WebSocketUri>,
        U::Error: Into<Error>,
    {
        Self {
            uri: uri.try_into().map_err(Into::into),
            transport,
            options: ClientOptions::default(),
            compression: DeflateOption::default(),
            config: Config::default(),
            open_timeout: Some(Duration::from_secs(10)),
            connect_to: ConnectTo::default(),
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
        self.transport.tcp.nodelay = nodelay;
        self
    }

    /// Sets all options of the TCP connection at once.
    pub fn tcp_options(mut self, options: TcpOptions) -> Self {
        self.transport.tcp = options;
        self
    }

    /// Connects to this host and port in the place of those of the URI. The latter go on to say what is asked for, and
    /// which name the certificate has to bear.
    ///
    /// A redirect to another origin leads away from here.
    pub fn address(mut self, host: impl Into<String>, port: u16) -> Self {
        self.connect_to = ConnectTo::Host(host.into(), port);
        self
    }

    /// Connects to the Unix socket at this path, in the place of a host and a port; there are no proxies then, and no
    /// connector. The URI goes on to say what is asked for, and which name the certificate has to bear if it is `wss`.
    ///
    /// A redirect to another origin leads away from here.
    #[cfg(unix)]
    pub fn unix(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.connect_to = ConnectTo::Unix(path.into());
        self
    }

    /// Connects from this address, and this port, where 0 is any: `(ip, 0)`. Only addresses of the same family are
    /// connected to.
    pub fn local_address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.transport.tcp.local_address = Some(address.into());
        self
    }

    /// Connects by this network interface, such as `eth0`; see [`TcpOptions::interface`].
    pub fn interface(mut self, name: impl Into<String>) -> Self {
        self.transport.tcp.interface = Some(name.into());
        self
    }

    /// Lets the application connect to a host and a port, in whatever transport: there are no proxies then. TLS comes on top,
    /// where the URI asks for it.
    pub fn connector<S, C, F>(mut self, connect: C) -> Self
    where
        R: Io<S> + 'static,
        S: Send + Unpin + 'static,
        C: Fn(String, u16) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
    {
        self.transport.connector = Some(Connector::new::<R, S, C, F>(connect));
        self
    }

    /// Sets how many redirects are followed: 5 by default. With 0 they are reported, as any other status is.
    ///
    /// None is followed from `wss` to `ws`. Credentials, cookies and headers that are marked as sensitive are never told
    /// to another origin; subprotocols are.
    pub fn redirects(mut self, max: usize) -> Self {
        self.transport.redirects = max;
        self
    }

    /// Connects again and again, each time that the connection is lost.
    pub fn reconnect(self) -> Reconnect<R> {
        let open_timeout = self.open_timeout;
        let (target, plan) = self.into_plan();
        Reconnect::new(target, plan, open_timeout)
    }

    /// Where to go, and how.
    fn into_plan(self) -> (Result<Target, Error>, ConnectPlan) {
        let Self { transport, compression, config, options, connect_to, .. } = self;
        let target = self.uri.map(|uri| Target { uri, options, connect_to });
        (target, ConnectPlan { transport, compression, config })
    }
}

impl<R: Sockets> IntoFuture for Connect<R, Dial> {
    type Output = Result<WebSocket<R::Stream, R>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let deadline = Deadline::after::<R>(self.open_timeout);
            let (target, plan) = self.into_plan();
            plan.connect(&mut target?, deadline).await
        })
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Connect<R, OverStream<S>> {
    /// What `.await` does, for streams that cannot go from thread to thread.
    ///
    /// # Errors
    ///
    /// Those of the opening handshake.
    pub async fn open(self) -> Result<WebSocket<S, R>, Error> {
        let deadline = Deadline::after::<R>(self.open_timeout);
        let (options, compression) = (self.options, self.compression);
        let handshake = HandshakePlan { options, compression, follows_redirects: false };
        handshake.prepare(&self.uri?)?.perform(self.transport.0, self.config, deadline).await
    }
}

impl<S: Unpin + Send + 'static, R: Runtime + Io<S>> IntoFuture for Connect<R, OverStream<S>> {
    type Output = Result<WebSocket<S, R>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.open())
    }
}
