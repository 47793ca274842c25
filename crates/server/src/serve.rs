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
    Accept, Bind, Decision, HandlerError, Server, accept_loop::AcceptLoop, bind::Bindable,
    connections::Connections, handler::OnRequest,
};

/// A server that is about to listen: set what you like, then `.await` it. Made by [`serve`] and `serve_unix`.
#[must_use = "nothing happens before this is awaited"]
pub struct Serve<R, H, B = Bind> {
    bind: B,
    handler: H,
    pub(crate) accept: Accept<R, ()>,
    on_request: Option<OnRequest>,
    backlog: u32,
    tcp: TcpOptions,
    pub(crate) tls: ServerTls,
}

/// Listens for connections, and runs `handler` for each, in a task of its own.
///
/// When the handler returns and the connection it was given has been dropped, the connection is closed: with 1000 after
/// `Ok`, with 1011 after an error or a panic.
pub fn serve<R, H, F>(bind: impl Into<Bind>, handler: H) -> Serve<R, H>
where
    R: Sockets,
    H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    Serve::new(bind.into(), handler)
}

/// Listens for connections by a Unix socket; all else is as with [`serve`].
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
            backlog: BACKLOG,
            tcp: TcpOptions::default(),
            tls: ServerTls::default(),
        }
    }

    /// Looks at each request before it is checked; see [`Decision`]. So health checks can be answered, and tokens be looked
    /// at. Where this panics, or its answer cannot be sent, the client is told 500.
    pub fn on_request(
        mut self,
        hook: impl Fn(&Request) -> Decision + Send + Sync + 'static,
    ) -> Self {
        self.on_request = Some(Arc::new(hook));
        self
    }

    /// Sets whether small writes leave at once (`TCP_NODELAY`), as they do by default.
    pub fn nodelay(mut self, nodelay: bool) -> Self {
        self.tcp.nodelay = nodelay;
        self
    }

    /// Sets all options of the TCP connections at once.
    pub fn tcp_options(mut self, options: TcpOptions) -> Self {
        self.tcp = options;
        self
    }

    /// Sets how many connections the operating system keeps that were not accepted yet; 1024 by default. The operating
    /// system may have a lower limit (`net.core.somaxconn`).
    pub fn backlog(mut self, connections: u32) -> Self {
        self.backlog = connections;
        self
    }

    /// See [`Accept::origins`].
    pub fn origins<O>(mut self, origins: O) -> Self
    where
        O: TryInto<Origins>,
        O::Error: Into<HandshakeError>,
    {
        self.accept = self.accept.origins(origins);
        self
    }

    /// See [`Accept::subprotocols`].
    pub fn subprotocols<I>(mut self, subprotocols: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.accept = self.accept.subprotocols(subprotocols);
        self
    }

    /// See [`Accept::options`].
    pub fn options(mut self, options: ServerOptions) -> Self {
        self.accept = self.accept.options(options);
        self
    }

    /// See [`Accept::header`].
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.accept = self.accept.header(name, value);
        self
    }

    /// See [`Accept::limits`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.accept = self.accept.limits(limits);
        self
    }

    /// See [`Accept::open_timeout`].
    pub fn open_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.accept = self.accept.open_timeout(timeout);
        self
    }

    /// See [`Accept::close_timeout`].
    pub fn close_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.accept = self.accept.close_timeout(timeout);
        self
    }

    /// See [`Accept::ping_interval`].
    pub fn ping_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.accept = self.accept.ping_interval(interval);
        self
    }

    /// See [`Accept::ping_timeout`].
    pub fn ping_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.accept = self.accept.ping_timeout(timeout);
        self
    }

    /// See [`Accept::max_size`].
    pub fn max_size(mut self, size: impl Into<Option<usize>>) -> Self {
        self.accept = self.accept.max_size(size);
        self
    }

    /// See [`Accept::max_incoming_size`].
    pub fn max_incoming_size(mut self, size: impl Into<Option<usize>>) -> Self {
        self.accept = self.accept.max_incoming_size(size);
        self
    }

    /// See [`Accept::max_outgoing_size`].
    pub fn max_outgoing_size(mut self, size: impl Into<Option<usize>>) -> Self {
        self.accept = self.accept.max_outgoing_size(size);
        self
    }

    /// See [`Accept::config`].
    pub fn config(mut self, config: Config) -> Self {
        self.accept = self.accept.config(config);
        self
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
    /// Listens, and leaves the rest to a task.
    #[expect(clippy::unused_async, reason = "what it does needs the runtime that polls it")]
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

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;
impl<R, H, B: fmt::Debug> fmt::Debug for Serve<R, H, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").field("bind", &self.bind).finish_non_exhaustive()
    }
}
