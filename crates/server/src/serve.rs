//! Listening for connections: [RFC 6455 §4.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2).

use std::{
    fmt,
    future::{Future, IntoFuture},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
};

use sockeye_connection::WebSocket;
use sockeye_errors::Error;
use sockeye_net::{Sockets, TcpOptions, tls::ServerTls};

#[cfg(unix)]
use crate::BindUnix;
use crate::{
    Accept, Bind, HandlerError, Server,
    accept_loop::AcceptLoop,
    bind::Bindable,
    connections::Connections,
    handler::{OnError, OnRequest, report},
    serve_limits::ServerLimits,
    settings::Settings,
    shutdown::finish,
};

/// A server that is about to listen: set options, then await it. The result is a [`Server`].
///
/// Created by [`serve`] and `serve_unix`. `A` is the type of the address: [`SocketAddr`] for TCP, and
/// `std::os::unix::net::SocketAddr` for a Unix socket. An invalid address or option is reported when the builder is
/// awaited.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sockeye::Error> {
/// use std::time::Duration;
/// use sockeye::WebSocket;
///
/// let server = sockeye::serve("127.0.0.1:0", |mut ws: WebSocket| async move {
///     while let Some(message) = ws.next().await? {
///         ws.feed(message).await?;
///     }
///     Ok(())
/// })
/// .subprotocols(["echo"])
/// .max_size(64 << 10)
/// .open_timeout(Duration::from_secs(5))
/// .await?;
///
/// let uri = format!("ws://{}", server.local_addr());
/// let mut ws = sockeye::connect(uri).subprotocols(["echo"]).await?;
/// ws.send("Hello").await?;
/// assert_eq!(ws.recv().await?.as_text(), Some("Hello"));
/// # ws.close().await?;
/// server.close().await;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens until this is awaited"]
pub struct Serve<R, A = SocketAddr> {
    pub(crate) accept: Accept<R, ()>,
    pub(crate) on_request: Option<OnRequest>,
    pub(crate) on_error: OnError,
    pub(crate) backlog: u32,
    pub(crate) tcp: TcpOptions,
    pub(crate) tls: ServerTls,
    pub(crate) limits: ServerLimits,
    /// Listens and spawns the accept loop. It contains the address and the handler.
    ///
    /// The bounds of the handler are those of `serve` and not of [`IntoFuture`]. Otherwise the compiler would report a
    /// handler with a wrong result twice, and propose to remove the `.await`.
    start: Box<Start<R, A>>,
}

type Start<R, A> = dyn FnOnce(Options<R>) -> Result<Server<A>, Error> + Send;

/// The options of a server, without the address and the handler.
struct Options<R> {
    accept: Accept<R, ()>,
    on_request: Option<OnRequest>,
    on_error: OnError,
    backlog: u32,
    tcp: TcpOptions,
    tls: ServerTls,
    limits: ServerLimits,
}

/// Listens for connections and calls `handler` for each, in a task of its own, on the runtime `R`.
///
/// Returns a builder: set options, then await it. When the handler has returned and has dropped the connection, the server
/// closes it: with 1000 after `Ok`, with 1011 after an error or a panic, and with 1001 if [`Server::close`] was called before.
/// Messages that were queued are sent first. `sockeye::serve` is the same function with the
/// runtime filled in.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), sockeye::Error> {
/// use sockeye::{HandlerError, WebSocket, server::serve, tokio::Tokio};
///
/// async fn echo(mut ws: WebSocket) -> Result<(), HandlerError> {
///     while let Some(message) = ws.next().await? {
///         ws.feed(message).await?; // queued; written before `next` waits
///     }
///     Ok(())
/// }
///
/// let server = serve::<Tokio, _, _>("127.0.0.1:8765", echo).await?;
/// # Ok(())
/// # }
/// ```
pub fn serve<R, H, F>(bind: impl Into<Bind>, handler: H) -> Serve<R>
where
    R: Sockets,
    H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    Serve::new(bind.into(), handler)
}

/// Listens for connections on a Unix socket, on the runtime `R`. Otherwise like [`serve`].
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), sockeye::Error> {
/// # use sockeye::{HandlerError, WebSocket};
/// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
/// use sockeye::{server::serve_unix, tokio::Tokio};
///
/// let server = serve_unix::<Tokio, _, _>("/run/chat.sock", handle).await?;
/// # Ok(())
/// # }
/// ```
#[cfg(unix)]
pub fn serve_unix<R, H, F>(
    bind: impl Into<BindUnix>,
    handler: H,
) -> Serve<R, std::os::unix::net::SocketAddr>
where
    R: Sockets,
    H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    Serve::new(bind.into(), handler)
}

impl<R, A> Serve<R, A> {
    fn new<B, H, F>(bind: B, handler: H) -> Self
    where
        R: Sockets,
        B: Bindable<R, Address = A>,
        H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        Self {
            accept: Accept::new(()),
            on_request: None,
            on_error: Arc::new(report),
            backlog: BACKLOG,
            tcp: TcpOptions::default(),
            tls: ServerTls::default(),
            limits: ServerLimits::default(),
            start: Box::new(move |options| start(bind, handler, options)),
        }
    }

    pub(crate) fn settings(&mut self) -> &mut Settings {
        self.accept.settings()
    }
}

impl<R: Sockets, A: 'static> IntoFuture for Serve<R, A> {
    type Output = Result<Server<A>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        // In the future, because it must be polled on the runtime that it spawns a task on.
        Box::pin(async move {
            let Self { accept, on_request, on_error, backlog, tcp, tls, limits, start } = self;
            start(Options { accept, on_request, on_error, backlog, tcp, tls, limits })
        })
    }
}

/// Listens, and spawns the accept loop.
fn start<R, B, H, F>(bind: B, handler: H, options: Options<R>) -> Result<Server<B::Address>, Error>
where
    R: Sockets,
    B: Bindable<R>,
    H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    let Options { accept, on_request, on_error, backlog, tcp, tls, limits } = options;
    accept.settings.check()?;
    let (address, listener) = bind.listen(&tcp, backlog)?;
    let connections = Arc::new(Connections::default());
    let accept_loop = AcceptLoop {
        handler,
        accept,
        on_request,
        on_error,
        tcp,
        tls,
        handshake_limits: limits.handshakes,
        connections: Arc::clone(&connections),
    };
    let guard = connections.listen();
    let server = Server::new::<R>(address, Arc::clone(&connections), limits.slow_consumers);
    R::spawn(async move {
        Arc::new(accept_loop).run::<B>(&listener).await;
        drop((listener, guard));
        finish::<R>(&connections, limits.shutdown_timeout).await;
    });
    Ok(server)
}

/// The default number of connections that wait to be accepted.
const BACKLOG: u32 = 1024;

impl<R, A> fmt::Debug for Serve<R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").finish_non_exhaustive()
    }
}
