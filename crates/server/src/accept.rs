//! Accepting a connection on a stream of the application.

use std::{
    future::{Future, IntoFuture},
    io,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::StatusCode;
use sockeye_errors::{Error, HandshakeError, Operation};
use sockeye_handshake::{Limits, Rejection, Request, ServerHandshake, ServerOptions};
use sockeye_net::{Deadline, Io, Runtime, handshake_io};
use sockeye_protocol::Config;

use crate::{UpgradeRequest, handshake::ReceivedRequest, reject::reject, settings::Settings};

/// A connection that is about to be accepted on a stream: set options, then await it. The result is an
/// [`UpgradeRequest`].
///
/// Created by [`accept`]. Use it where the application accepts the streams itself. For a stream whose request another HTTP
/// server has read, use [`Upgrade`](sockeye_connection::Upgrade).
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), sockeye::Error> {
/// use std::time::Duration;
/// use sockeye::{WebSocket, http::StatusCode};
/// use tokio::net::{TcpListener, TcpStream};
///
/// let listener = TcpListener::bind("127.0.0.1:8765").await?;
/// let (stream, _) = listener.accept().await?;
/// let request = sockeye::accept(stream).open_timeout(Duration::from_secs(5)).await?;
/// if request.request().path() != "/chat" {
///     return request.reject(StatusCode::NOT_FOUND, "no such room").await;
/// }
/// let mut ws: WebSocket<TcpStream> = request.accept().await?;
/// ws.send("welcome").await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens until this is awaited"]
#[derive(Clone, Debug)]
pub struct Accept<R, S> {
    pub(crate) stream: S,
    pub(crate) settings: Arc<Settings>,
    runtime: PhantomData<fn() -> R>,
}

/// Accepts a WebSocket connection on a stream, on the runtime `R`
/// ([RFC 6455 §4.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2)).
///
/// Returns a builder: set options, then await it. Awaiting it reads and validates the request. An invalid request is
/// rejected with the appropriate response, and the result is an error. `sockeye::accept` is the same function with the
/// runtime filled in.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sockeye::Error> {
/// let (near, far) = tokio::io::duplex(1024);
/// let client = tokio::spawn(async move {
///     let mut ws = sockeye::client("ws://localhost/chat", near).await?;
///     ws.send("Hello").await
/// });
///
/// let request = sockeye::accept(far).await?;
/// assert_eq!(request.request().path(), "/chat");
/// let mut ws = request.accept().await?;
/// assert_eq!(ws.recv().await?.as_text(), Some("Hello"));
/// # client.await.expect("the task does not panic")
/// # }
/// ```
pub fn accept<S, R: Runtime + Io<S>>(stream: S) -> Accept<R, S> {
    Accept::new(stream)
}

impl<R, S> Accept<R, S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, settings: Settings::shared_default(), runtime: PhantomData }
    }

    /// Returns a builder with the same settings for another stream.
    pub(crate) fn with_stream<T>(&self, stream: T) -> Accept<R, T> {
        Accept { stream, settings: Arc::clone(&self.settings), runtime: PhantomData }
    }

    pub(crate) fn settings(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }

    /// Sets the rules for requests, and the subprotocols and additional headers of the response, in place of those that have
    /// been set before.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(stream: tokio::net::TcpStream) -> Result<(), sockeye::Error> {
    /// use sockeye::{error::HandshakeError, server::ServerOptions};
    ///
    /// let options = ServerOptions::default()
    ///     .origins(["https://example.com"])
    ///     .map_err(HandshakeError::from)?;
    /// let ws = sockeye::accept(stream).options(options).await?.accept().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn options(mut self, options: ServerOptions) -> Self {
        self.settings().policy_mut().options = options.into();
        self
    }

    /// Sets the limits and deadlines of the connection. Connections that receive the same [`Arc`] share it.
    /// # Examples
    ///
    /// ```
    /// # async fn example(stream: tokio::net::TcpStream) -> Result<(), sockeye::Error> {
    /// use sockeye::Config;
    ///
    /// let config = Config::default().max_size(64 << 10);
    /// let ws = sockeye::accept(stream).config(config).await?.accept().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.settings().config = config.into();
        self
    }

    /// Sets the limits for the head of the request. By default it has at most 32 KiB, lines of at most 16 KiB, and 100 headers.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings().limits = limits;
        self
    }

    /// Sets the time limit for the opening handshake, including the decision of the application and the response. The default is
    /// 10 seconds, and `None` is no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(stream: tokio::net::TcpStream) -> Result<(), sockeye::Error> {
    /// use std::time::Duration;
    ///
    /// let request = sockeye::accept(stream).open_timeout(Duration::from_secs(3)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn open_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings().open_timeout = timeout.into();
        self
    }

    /// Sets whether the connection waits for the end of the client's stream after the closing handshake, for at most two
    /// seconds, when [`close`](sockeye_connection::WebSocket::close) is awaited. By default it ends as soon as no more data is waiting ([RFC 6455 §5.5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1)).
    ///
    /// Set it for a stream that writes at its end, such as a TLS stream of your own: a socket that is closed before the
    /// client's last bytes arrive is reset, and the client may lose data. A server that uses TLS itself always waits.
    pub fn wait_for_peer_eof(mut self, wait: bool) -> Self {
        self.settings().wait_for_peer_eof = wait;
        self
    }

    pub(crate) fn deadline(&self) -> Deadline
    where
        R: Runtime,
    {
        Deadline::after::<R>(self.settings.open_timeout)
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Accept<R, S> {
    /// Reads and validates the request. Awaiting the builder does the same for streams that are `Send`.
    ///
    /// # Errors
    ///
    /// Returns an error if the request does not ask for a WebSocket connection, if the options do not admit it, or if the
    /// stream fails. In the first two cases the client has received a response.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(stream: tokio::net::TcpStream) -> Result<(), sockeye::Error> {
    /// let request = sockeye::accept(stream).open().await?;
    /// println!("{}", request.request().path());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(self) -> Result<UpgradeRequest<S, R>, Error> {
        self.settings.check()?;
        let deadline = self.deadline();
        let mut request = self.read(deadline, |_| Poll::Pending).await?;
        match request.validate() {
            Ok(valid) => Ok(request.into_upgrade_request(valid)),
            Err(error) => {
                request.reject(&Rejection::from(&error)).await?;
                Err(error.into())
            }
        }
    }

    /// Reads a request without validating it. A malformed request is rejected, and so is one that is incomplete when the
    /// server is `closing`.
    pub(crate) async fn read(
        mut self,
        deadline: Deadline,
        closing: impl Fn(&Context<'_>) -> Poll<()>,
    ) -> Result<ReceivedRequest<S, R>, Error> {
        let mut handshake = ServerHandshake::new(self.settings.limits);
        let stream = &mut self.stream;
        let read = |cx: &mut Context<'_>| {
            let parse = |bytes: &[u8]| parse_request(&mut handshake, bytes);
            match handshake_io::poll_read::<S, R, _>(stream, cx, parse) {
                Poll::Ready(read) => Poll::Ready(read.map(Some)),
                Poll::Pending => closing(cx).map(|()| Ok(None)),
            }
        };
        let read = deadline.timeout_fn::<R, _>(Operation::Handshake, read).await;
        let (rejection, error) = match read {
            Ok(Some((request, leftover))) => {
                return Ok(ReceivedRequest { request, leftover, accept: self, deadline });
            }
            Ok(None) => shutting_down(),
            Err(Error::Handshake(error)) => (Rejection::from(&error), error.into()),
            Err(error) => return Err(error),
        };
        let method = handshake.method().unwrap_or("GET");
        Box::pin(reject::<S, R>(&mut self.stream, method, &rejection, deadline)).await?;
        Err(error)
    }
}

impl<S: Unpin + Send + 'static, R: Runtime + Io<S>> IntoFuture for Accept<R, S> {
    type Output = Result<UpgradeRequest<S, R>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.open())
    }
}

/// Returns the response of a server that shuts down, and the error.
fn shutting_down() -> (Rejection, Error) {
    let rejection = Rejection::new(StatusCode::SERVICE_UNAVAILABLE, "shutting down\n");
    let error = io::Error::new(io::ErrorKind::Interrupted, "the server is closing");
    (rejection, error.into())
}

/// Parses the request. Returns it, with the bytes behind it, once it is complete.
fn parse_request(
    handshake: &mut ServerHandshake,
    bytes: &[u8],
) -> Result<Option<(Request, Vec<u8>)>, HandshakeError> {
    if bytes.is_empty() {
        return Err(handshake.handle_eof());
    }
    let request = handshake.handle_received(bytes)?;
    Ok(request.map(|(request, len)| (request, bytes[len..].to_vec())))
}
