//! Listening for connections and its options.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use http::{HeaderName, HeaderValue};
use sockeye_connection::WebSocket;
use sockeye_errors::{Error, HandshakeError};
use sockeye_handshake::{Limits, Origins, Request, ServerOptions};
use sockeye_net::{Sockets, TcpOptions, tls::ServerTls};
use sockeye_protocol::Config;

#[cfg(unix)]
use crate::BindUnix;
use crate::{
    Accept, Bind, Decision, HandlerError, Server,
    accept_loop::AcceptLoop,
    bind::Bindable,
    connections::Connections,
    handler::{OnError, OnRequest, report},
    settings::Settings,
};

/// A builder for a server. Created by [`serve`] and `serve_unix`; awaiting it starts the server.
#[must_use = "nothing happens until this is awaited"]
pub struct Serve<R, H, B = Bind> {
    bind: B,
    handler: H,
    pub(crate) accept: Accept<R, ()>,
    on_request: Option<OnRequest>,
    on_error: OnError,
    backlog: u32,
    tcp: TcpOptions,
    pub(crate) tls: ServerTls,
}

/// Listens for connections and calls `handler` for each, in a task of its own.
///
/// When the handler has returned and has dropped the connection, the server closes it: with 1000 after `Ok`, with 1011
/// after an error or a panic.
pub fn serve<R, H, F>(bind: impl Into<Bind>, handler: H) -> Serve<R, H>
where
    R: Sockets,
    H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    Serve::new(bind.into(), handler)
}

/// Listens for connections on a Unix socket. Otherwise like [`serve`].
#[cfg(unix)]
pub fn serve_unix<R, H, F>(bind: impl Into<BindUnix>, handler: H) -> Serve<R, H, BindUnix>
where
    R: Sockets,
    H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    Serve::new(bind.into(), handler)
}

impl<R, H, B> Serve<R, H, B> {
    fn new(bind: B, handler: H) -> Self {
        Self {
            bind,
            handler,
            accept: Accept::new(()),
            on_request: None,
            on_error: Arc::new(report),
            backlog: BACKLOG,
            tcp: TcpOptions::default(),
            tls: ServerTls::default(),
        }
    }

    /// Sets a hook that sees each request before it is validated, and accepts or rejects it.
    ///
    /// Use it to respond to health checks on the same port, or to authenticate clients. If the hook panics or its response
    /// is invalid, the client receives 500.
    pub fn on_request(
        mut self,
        hook: impl Fn(&Request) -> Decision + Send + Sync + 'static,
    ) -> Self {
        self.on_request = Some(Arc::new(hook));
        self
    }

    /// Sets a hook that is called when a handler returns an error or panics. A panic is passed as a
    /// [`HandlerPanic`](crate::HandlerPanic).
    ///
    /// The request is `None` if the handler has passed the connection to another task. Without a hook, a program with debug
    /// assertions prints the failure to the standard error output, unless it only reports that the peer is gone.
    pub fn on_error(
        mut self,
        hook: impl Fn(&HandlerError, Option<&Request>) + Send + Sync + 'static,
    ) -> Self {
        self.on_error = Arc::new(hook);
        self
    }

    /// Sets the options of the TCP connections.
    pub fn tcp_options(mut self, options: TcpOptions) -> Self {
        self.tcp = options;
        self
    }

    /// Sets the number of connections that the operating system queues before the server accepts them. The default is
    /// 1024. The operating system may have a lower limit (`net.core.somaxconn`).
    pub fn backlog(mut self, connections: u32) -> Self {
        self.backlog = connections;
        self
    }

    /// Sets the origins that are admitted: a list such as `["https://example.com"]`, or [`Origins`].
    ///
    /// By default the server admits its own origin, and requests without an origin, which browsers never send: cross-site
    /// browser requests are rejected.
    pub fn origins<O>(mut self, origins: O) -> Self
    where
        O: TryInto<Origins>,
        O::Error: Into<HandshakeError>,
    {
        self.settings().set_option(|options| options.origins(origins));
        self
    }

    /// Sets the subprotocols that the server supports, in order of preference. A client that offers none of them is
    /// rejected.
    pub fn subprotocols<I>(mut self, subprotocols: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.settings().set_option(|options| options.subprotocols(subprotocols));
        self
    }

    /// Adds a header to the response. The headers of the handshake itself are reserved.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.settings().set_option(|options| options.header(name, value));
        self
    }

    /// Sets all rules for requests, in place of those that have been set before.
    pub fn options(mut self, options: ServerOptions) -> Self {
        self.accept = self.accept.options(options);
        self
    }

    /// Sets the limits for the size of a request.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.accept = self.accept.limits(limits);
        self
    }

    /// Sets all limits and deadlines of the connections, in place of those that have been set before.
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.accept = self.accept.config(config);
        self
    }

    /// Sets the time limit for the opening handshake. The default is 10 seconds, and `None` is no limit.
    pub fn open_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.accept = self.accept.open_timeout(timeout);
        self
    }

    /// Sets the time limit for the closing handshake. The default is 10 seconds, and `None` is no limit.
    pub fn close_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings().config_mut().close_timeout = timeout.into();
        self
    }

    /// Sets the interval between keepalive pings. The default is 20 seconds, and `None` disables them.
    pub fn ping_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.settings().config_mut().ping_interval = interval.into();
        self
    }

    /// Sets the time limit for data from the client after a keepalive ping. The default is 20 seconds, and `None` is no
    /// limit.
    pub fn ping_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings().config_mut().ping_timeout = timeout.into();
        self
    }

    /// Sets the maximum size of a message in bytes, in both directions. By default it is 1 MiB for incoming messages and
    /// unlimited for outgoing ones. `None` is no limit.
    pub fn max_size(mut self, size: impl Into<Option<usize>>) -> Self {
        let size = size.into().map(|size| size as u64);
        let config = self.settings().config_mut();
        (config.max_incoming_size, config.max_outgoing_size) = (size, size);
        self
    }

    fn settings(&mut self) -> &mut Settings {
        self.accept.settings()
    }
}

impl<R, H, F> IntoFuture for Serve<R, H, Bind>
where
    R: Sockets,
    H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    type Output = Result<Server, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start())
    }
}

#[cfg(unix)]
impl<R, H, F> IntoFuture for Serve<R, H, BindUnix>
where
    R: Sockets,
    H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    type Output = Result<Server<std::os::unix::net::SocketAddr>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start())
    }
}

impl<R, H, B> Serve<R, H, B> {
    /// Listens, and spawns the accept loop.
    #[expect(
        clippy::unused_async,
        reason = "it must be polled on the runtime that it spawns a task on"
    )]
    async fn start<F>(self) -> Result<Server<B::Address>, Error>
    where
        R: Sockets,
        H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), HandlerError>> + Send + 'static,
        B: Bindable<R>,
    {
        self.accept.settings.check()?;
        let (address, listener) = self.bind.listen(&self.tcp, self.backlog)?;
        let connections = Arc::new(Connections::default());
        let accept_loop = AcceptLoop {
            handler: self.handler,
            accept: self.accept,
            on_request: self.on_request,
            on_error: self.on_error,
            tcp: self.tcp,
            tls: self.tls,
            connections: Arc::clone(&connections),
        };
        let guard = connections.listen();
        R::spawn(async move {
            Arc::new(accept_loop).run::<B>(&listener).await;
            drop((listener, guard));
        });
        Ok(Server::new(address, connections))
    }
}

/// The default number of connections that wait to be accepted.
const BACKLOG: u32 = 1024;

impl<R, H, B: fmt::Debug> fmt::Debug for Serve<R, H, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").field("bind", &self.bind).finish_non_exhaustive()
    }
}
