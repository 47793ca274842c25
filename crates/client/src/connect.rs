//! The client: from a URI, or a stream that is connected already, to an open connection.

use std::{
    future::{Future, IntoFuture},
    io,
    marker::PhantomData,
    mem,
    pin::Pin,
    time::Duration,
};

use http::{HeaderName, HeaderValue};
use sockeye_connection::{WebSocket, deflate::DeflateOption};
use sockeye_errors::{Error, HandshakeError};
use sockeye_handshake::{ClientOptions, Credentials, WebSocketUri};
use sockeye_net::{Deadline, Io, Runtime, Sockets, TcpOptions};
use sockeye_protocol::Config;

use crate::{
    Dial, Reconnect,
    connector::Connector,
    dial::ConnectTo,
    handshake::HandshakePlan,
    plan::{ConnectPlan, Target},
};

/// A builder for a client connection. Created by [`connect`] or [`client`](fn@client); awaiting it opens the connection.
#[must_use = "nothing happens until this is awaited"]
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

/// The transport of [`client`](fn@client): an existing stream.
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

    /// Offers subprotocols, in order of preference.
    pub fn subprotocols<I>(self, subprotocols: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.set_option(|options| options.subprotocols(subprotocols))
    }

    /// Adds a header to the request.
    ///
    /// The headers of the handshake itself are reserved. A value that is marked as sensitive is never printed and never
    /// sent to another origin after a redirect.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.set_option(|options| options.header(name, value))
    }

    /// Sends this `Origin`, as a browser does for a script of that site.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.options.origin = Some(origin.into());
        self
    }

    /// Sets the `User-Agent` header. `None` omits it. The default names the library and its version.
    pub fn user_agent(mut self, user_agent: impl Into<Option<String>>) -> Self {
        self.options.user_agent = user_agent.into();
        self
    }

    /// Authenticates with a user and a password (Basic), in place of those in the URI.
    pub fn basic_auth(mut self, credentials: Credentials) -> Self {
        self.options.credentials = Some(credentials);
        self
    }

    /// Sets all options of the request, in place of those that have been set before.
    pub fn options(mut self, options: ClientOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets the time limit for everything until the connection is open. The default is 10 seconds, and `None` is no limit.
    pub fn open_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.open_timeout = timeout.into();
        self
    }

    /// Sets the time limit for the closing handshake. The default is 10 seconds, and `None` is no limit.
    pub fn close_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.config.close_timeout = timeout.into();
        self
    }

    /// Sets the interval between keepalive pings. The default is 20 seconds, and `None` disables them.
    pub fn ping_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.config.ping_interval = interval.into();
        self
    }

    /// Sets the time limit for data from the server after a keepalive ping. The default is 20 seconds, and `None` is no
    /// limit.
    pub fn ping_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.config.ping_timeout = timeout.into();
        self
    }

    /// Sets the maximum size of a message in bytes, in both directions. By default it is 1 MiB for incoming messages and
    /// unlimited for outgoing ones. `None` is no limit.
    pub fn max_size(mut self, size: impl Into<Option<usize>>) -> Self {
        let size = size.into().map(|size| size as u64);
        (self.config.max_incoming_size, self.config.max_outgoing_size) = (size, size);
        self
    }

    /// Sets all limits and deadlines of the connection, in place of those that have been set before.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Changes the options. An invalid value is reported when the builder is awaited.
    fn set_option<E: Into<HandshakeError>>(
        mut self,
        set: impl FnOnce(ClientOptions) -> Result<ClientOptions, E>,
    ) -> Self {
        match set(mem::take(&mut self.options)) {
            Ok(options) => self.options = options,
            Err(error) if self.uri.is_ok() => self.uri = Err(error.into().into()),
            Err(_) => {}
        }
        self
    }
}

impl<R> Connect<R, Dial> {
    /// Sets the options of the TCP connection, for example its local address or network interface.
    pub fn tcp_options(mut self, options: TcpOptions) -> Self {
        self.transport.tcp = options;
        self
    }

    /// Connects to this host and port in place of those of the URI. The URI still determines the request and the name in
    /// the certificate.
    ///
    /// A redirect to another origin uses the host and port of its location.
    pub fn address(mut self, host: impl Into<String>, port: u16) -> Self {
        self.connect_to = ConnectTo::Host(host.into(), port);
        self
    }

    /// Connects to the Unix socket at this path, without a proxy or connector. The URI still determines the request and, if
    /// it is `wss`, the name in the certificate.
    ///
    /// A redirect to another origin uses the host and port of its location.
    #[cfg(unix)]
    pub fn unix(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.connect_to = ConnectTo::Unix(path.into());
        self
    }

    /// Sets a function that opens the transport to a host and port, without a proxy. A `wss` URI adds TLS to its stream.
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

    /// Sets the maximum number of redirects. The default is 5. With 0, a redirect is an error like any other status.
    ///
    /// A redirect from `wss` to `ws` is never followed. Credentials, cookies and headers that are marked as sensitive are
    /// not sent to another origin.
    pub fn redirects(mut self, max: usize) -> Self {
        self.transport.redirects = max;
        self
    }

    /// Returns a client that reconnects each time [`next`](Reconnect::next) is called.
    pub fn reconnect(self) -> Reconnect<R> {
        let open_timeout = self.open_timeout;
        let (target, plan) = self.into_plan();
        Reconnect::new(target, plan, open_timeout)
    }

    /// Divides the builder into the target, which redirects change, and the plan.
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
    /// Opens the connection. `.await` does the same for streams that are `Send`.
    ///
    /// # Errors
    ///
    /// Those of the opening handshake.
    pub async fn open(self) -> Result<WebSocket<S, R>, Error> {
        let deadline = Deadline::after::<R>(self.open_timeout);
        let (options, compression) = (self.options, self.compression);
        let handshake = HandshakePlan { options, compression, follows_redirects: false };
        let uri = self.uri?;
        let opened = match handshake.prepare(&uri) {
            Ok(handshake) => handshake.perform(self.transport.0, self.config, deadline).await,
            Err(error) => Err(error),
        };
        opened.map_err(|error| error.with_uri(&uri))
    }
}

impl<S: Unpin + Send + 'static, R: Runtime + Io<S>> IntoFuture for Connect<R, OverStream<S>> {
    type Output = Result<WebSocket<S, R>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.open())
    }
}
