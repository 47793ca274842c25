//! The server's side of the opening handshake, from a stream that was accepted to a request; `answer.rs` goes on.

use std::{
    future::{Future, IntoFuture},
    io,
    marker::PhantomData,
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderName, HeaderValue, StatusCode};
use sockeye_errors::{Error, HandshakeError, InvalidHeader, Operation};
use sockeye_handshake::{
    Limits, Origins, Rejection, Request, ServerHandshake, ServerOptions, Subprotocols, add_header,
};
use sockeye_protocol::Config;

use crate::{
    Handshake, Io, Runtime, answer::Incoming, deadline::Deadline, header::header,
    rejection::reject, terms::Terms, wire,
};

/// A server that is about to read the request of a client: set what you like, then `.await` it. Made by [`accept`].
#[must_use = "nothing happens before this is awaited"]
#[derive(Clone, Debug)]
pub struct Accepting<R, W> {
    pub(crate) way: W,
    /// Shared by all connections of a server, and by all that use the defaults.
    pub(crate) settings: Arc<Settings>,
    runtime: PhantomData<fn() -> R>,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The first mistake in the settings.
    invalid: Option<HandshakeError>,
    pub(crate) terms: Arc<Terms>,
    limits: Limits,
    pub(crate) config: Arc<Config>,
    open_timeout: Option<Duration>,
    pub(crate) lingering: bool,
}

impl Settings {
    /// The first mistake in the settings, if there is one, as an error.
    pub(crate) fn check(&self) -> Result<(), HandshakeError> {
        self.invalid.clone().map_or(Ok(()), Err)
    }

    fn add(&mut self, header: Result<(HeaderName, HeaderValue), InvalidHeader>) {
        let headers = &mut Arc::make_mut(&mut self.terms).headers;
        if let Err(error) = header.and_then(|(name, value)| add_header(headers, name, value)) {
            self.refuse(error.into());
        }
    }

    fn refuse(&mut self, error: HandshakeError) {
        self.invalid.get_or_insert(error);
    }
}

static DEFAULT: LazyLock<Arc<Settings>> = LazyLock::new(|| {
    Arc::new(Settings {
        invalid: None,
        terms: Terms::usual(),
        limits: Limits::default(),
        config: Arc::new(Config::default()),
        open_timeout: Some(Duration::from_secs(10)),
        lingering: false,
    })
});

/// Accepts a WebSocket on a stream that was accepted.
///
/// Reads and checks the request. A bad request is answered as it deserves, and is an error here.
pub fn accept<S, R: Runtime + Io<S>>(stream: S) -> Accepting<R, S> {
    Accepting::new(stream)
}

impl<R, W> Accepting<R, W> {
    pub(crate) fn new(way: W) -> Self {
        Self { way, settings: Arc::clone(&DEFAULT), runtime: PhantomData }
    }

    /// The same for another stream.
    pub(crate) fn on<S>(&self, stream: S) -> Accepting<R, S> {
        Accepting { way: stream, settings: Arc::clone(&self.settings), runtime: PhantomData }
    }

    fn settings(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }

    pub(crate) fn terms(&mut self) -> &mut Terms {
        Arc::make_mut(&mut self.settings().terms)
    }

    /// Admits these origins: a list such as `["https://example.com"]`, or [`Origins`]. By default, only the server's own
    /// origin, and clients that name none, which browsers always do.
    pub fn origins<O>(mut self, origins: O) -> Self
    where
        O: TryInto<Origins>,
        O::Error: Into<HandshakeError>,
    {
        match origins.try_into() {
            Ok(origins) => self.terms().options.origins = origins,
            Err(error) => self.refuse(error),
        }
        self
    }

    /// Speaks these subprotocols, the preferred one first. A client that speaks none of them is refused.
    pub fn subprotocols<I>(mut self, subprotocols: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        match Subprotocols::new(subprotocols) {
            Ok(subprotocols) => self.terms().options.subprotocols = subprotocols,
            Err(error) => self.refuse(error),
        }
        self
    }

    /// Sets all checks of the request at once.
    pub fn options(mut self, options: ServerOptions) -> Self {
        self.terms().options = options;
        self
    }

    /// Sends one more header in the response, which must be none that the handshake sets itself. `Server` stands in the
    /// place of the library's.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.settings().add(header(name, value));
        self
    }

    /// Limits what a client may send in the opening handshake.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings().limits = limits;
        self
    }

    /// Sets the time for the opening handshake; 10 seconds. `None`: no limit.
    pub fn open_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings().open_timeout = timeout.into();
        self
    }

    /// Sets whether a connection that both sides have closed waits until the client has ended the stream, for two seconds
    /// at most. By default it goes as soon as nothing is left to be read (§5.5.1).
    ///
    /// Set it for a stream that says something at its end itself, such as TLS of your own: a connection that is let go
    /// before that has come is reset, and what is still on its way to the client may be lost. A server that speaks
    /// TLS by itself always waits.
    pub fn lingering(mut self, lingering: bool) -> Self {
        self.settings().lingering = lingering;
        self
    }

    /// Sets the time for the whole closing handshake; 10 seconds. `None`: no limit.
    pub fn close_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.config_mut().close_timeout = timeout.into();
        self
    }

    /// Sets the time between two keepalive pings; 20 seconds. `None`: no pings.
    pub fn ping_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.config_mut().ping_interval = interval.into();
        self
    }

    /// Sets the time in which something must arrive after a keepalive ping; 20 seconds. `None`: no limit.
    pub fn ping_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.config_mut().ping_timeout = timeout.into();
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
        self.config_mut().max_incoming_size = size.into().map(|size| size as u64);
        self
    }

    /// Sets the largest outgoing message, in bytes; see [`max_size`](Self::max_size).
    pub fn max_outgoing_size(mut self, size: impl Into<Option<usize>>) -> Self {
        self.config_mut().max_outgoing_size = size.into().map(|size| size as u64);
        self
    }

    /// Sets all limits and deadlines of the connection at once.
    ///
    /// Connections that are given the same [`Arc`] share it.
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.settings().config = config.into();
        self
    }

    pub(crate) fn config_mut(&mut self) -> &mut Config {
        Arc::make_mut(&mut self.settings().config)
    }

    pub(crate) fn deadline(&self) -> Deadline
    where
        R: Runtime,
    {
        Deadline::after::<R>(self.settings.open_timeout)
    }

    fn refuse(&mut self, error: impl Into<HandshakeError>) {
        self.settings().refuse(error.into());
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Accepting<R, S> {
    /// What `.await` does, for streams that cannot go from thread to thread.
    ///
    /// # Errors
    ///
    /// Those of the opening handshake; the client was told.
    pub async fn open(self) -> Result<Handshake<S, R>, Error> {
        self.settings.check()?;
        let deadline = self.deadline();
        let mut incoming = self.read(deadline, |_| Poll::Pending).await?;
        match incoming.check() {
            Ok(checked) => Ok(incoming.into_handshake(checked)),
            Err(error) => {
                incoming.reject(&Rejection::from(&error)).await?;
                Err(error.into())
            }
        }
    }

    /// Reads a request, which is not checked yet. What is no request is answered, and an error; and so is what is not there
    /// when the server is `closing`.
    pub(crate) async fn read(
        mut self,
        deadline: Deadline,
        closing: impl Fn(&Context<'_>) -> Poll<()>,
    ) -> Result<Incoming<S, R>, Error> {
        let mut handshake = ServerHandshake::new(self.settings.limits);
        let way = &mut self.way;
        let read = |cx: &mut Context<'_>| {
            let take = |bytes: &mut [u8]| take_request(&mut handshake, bytes);
            match wire::poll_read::<S, R, _>(way, cx, take) {
                Poll::Ready(read) => Poll::Ready(read.map(Some)),
                Poll::Pending => closing(cx).map(|()| Ok(None)),
            }
        };
        let read = deadline.keep::<R, _>(Operation::Handshake, read).await;
        let (rejection, error) = match read {
            Ok(Some(request)) => return Ok(Incoming::new(request, self, deadline)),
            Ok(None) => shutting_down(),
            Err(error) => refusal(error)?,
        };
        Box::pin(reject::<S, R>(&mut self.way, &rejection, deadline)).await?;
        Err(error)
    }
}

impl<S: Unpin + Send + 'static, R: Runtime + Io<S>> IntoFuture for Accepting<R, S> {
    type Output = Result<Handshake<S, R>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.open())
    }
}

/// The answer to what is no request; there is none to a stream that failed.
fn refusal(error: Error) -> Result<(Rejection, Error), Error> {
    match error {
        Error::Handshake(error) => Ok((Rejection::from(&error), error.into())),
        error => Err(error),
    }
}

/// The answer of a server that is closing.
fn shutting_down() -> (Rejection, Error) {
    let rejection = Rejection::new(StatusCode::SERVICE_UNAVAILABLE, "shutting down\n");
    let error = io::Error::new(io::ErrorKind::Interrupted, "the server is closing");
    (rejection, error.into())
}

/// The request, once it is whole, with the bytes behind it.
fn take_request(
    handshake: &mut ServerHandshake,
    bytes: &[u8],
) -> Result<Option<(Request, Vec<u8>)>, HandshakeError> {
    if bytes.is_empty() {
        return Err(handshake.handle_eof());
    }
    let request = handshake.handle_received(bytes)?;
    Ok(request.map(|(request, len)| (request, bytes[len..].to_vec())))
}
