//! Opening a connection to a server: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use std::{
    future::{Future, IntoFuture},
    marker::PhantomData,
    pin::Pin,
    time::Duration,
};

use sockeye_connection::{WebSocket, deflate::DeflateOption};
use sockeye_errors::Error;
use sockeye_handshake::{ClientOptions, WebSocketUri};
use sockeye_net::{Deadline, Io, Runtime, Sockets};
use sockeye_protocol::Config;

use crate::{
    Dial, Reconnect,
    dial::ConnectTo,
    handshake::HandshakePlan,
    plan::{ConnectPlan, Target},
};

/// A client connection that is about to be opened: set options, then await it.
///
/// Created by [`connect`], which opens the transport itself (`W` is [`Dial`]), and by [`client`](fn@client), which uses an
/// existing stream (`W` is [`OverStream`]). An invalid URI or option is reported when the builder is awaited.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), sockeye::Error> {
/// use std::time::Duration;
/// use sockeye::DeflateConfig;
///
/// let mut ws = sockeye::connect("wss://example.com/chat?room=1")
///     .subprotocols(["chat.v2", "chat.v1"])
///     .header("x-api-key", "s3cr3t")
///     .open_timeout(Duration::from_secs(5))
///     .max_size(64 << 10)
///     .compression(DeflateConfig::default())
///     .await?;
/// ws.send("Hello").await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens until this is awaited"]
#[derive(Debug)]
pub struct Connect<R, W> {
    pub(crate) uri: Result<WebSocketUri, Error>,
    pub(crate) transport: W,
    pub(crate) options: ClientOptions,
    pub(crate) compression: DeflateOption,
    pub(crate) config: Config,
    pub(crate) open_timeout: Option<Duration>,
    pub(crate) connect_to: ConnectTo,
    runtime: PhantomData<fn() -> R>,
}

/// The transport of [`client`](fn@client): an existing stream. A type parameter of [`Connect`].
///
/// # Examples
///
/// A function that adds options to a client connection over any stream:
///
/// ```
/// use sockeye::client::{Connect, OverStream};
///
/// fn chat<R, S>(connect: Connect<R, OverStream<S>>) -> Connect<R, OverStream<S>> {
///     connect.subprotocols(["chat.v2", "chat.v1"])
/// }
/// ```
#[derive(Debug)]
pub struct OverStream<S>(S);

/// Connects to a WebSocket server, on the runtime `R`.
///
/// Returns a builder: set options, then await it. `sockeye::connect` is the same function with the runtime filled in.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), sockeye::Error> {
/// use sockeye::{client::connect, tokio::Tokio};
///
/// let mut ws = connect::<Tokio, _>("ws://localhost:8765").await?;
/// ws.send("Hello").await?;
/// # Ok(())
/// # }
/// ```
pub fn connect<R: Sockets, U>(uri: U) -> Connect<R, Dial>
where
    U: TryInto<WebSocketUri>,
    U::Error: Into<Error>,
{
    Connect::new(uri, Dial::default())
}

/// Connects to a WebSocket server over an existing stream, on the runtime `R`.
///
/// The URI determines the request. It has no influence on the stream, which must use TLS already if the server expects it.
/// `sockeye::client` is the same function with the runtime filled in.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sockeye::Error> {
/// let (near, far) = tokio::io::duplex(1024);
/// let server = tokio::spawn(async move {
///     let mut ws = sockeye::accept(far).await?.accept().await?;
///     ws.send("welcome").await
/// });
/// let mut ws = sockeye::client("ws://localhost/", near).await?;
/// assert_eq!(ws.recv().await?.as_text(), Some("welcome"));
/// # server.await.expect("the task does not panic")
/// # }
/// ```
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
}

impl<R> Connect<R, Dial> {
    /// Returns a client that reconnects each time [`next`](Reconnect::next) is called
    /// ([RFC 6455 §7.2.3](https://www.rfc-editor.org/rfc/rfc6455#section-7.2.3)).
    ///
    /// All options of the builder apply to every connection.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let mut connections = sockeye::connect("wss://example.com/feed")
    ///     .header("x-api-key", "s3cr3t")
    ///     .reconnect()
    ///     .max_attempts(10);
    /// while let Some(mut ws) = connections.next().await? {
    ///     while let Ok(Some(message)) = ws.next().await {
    ///         println!("{message:?}");
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
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
    /// Opens the connection. Awaiting the builder does the same for streams that are `Send`.
    ///
    /// # Errors
    ///
    /// Returns an error if the URI or an option is invalid, if the stream fails, or if the server rejects the handshake.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(stream: tokio::io::DuplexStream) -> Result<(), sockeye::Error> {
    /// let mut ws = sockeye::client("ws://localhost/", stream).open().await?;
    /// ws.send("Hello").await?;
    /// # Ok(())
    /// # }
    /// ```
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
