//! The server's side of the opening handshake, over a stream that was accepted.

use std::{
    fmt,
    future::{Future, IntoFuture, poll_fn},
    io,
    marker::PhantomData,
    pin::{Pin, pin},
    sync::{Arc, LazyLock, OnceLock},
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sockeye_errors::{Error, HandshakeError, Operation};
use sockeye_handshake::{
    Checked, Limits, Origins, Rejection, Request, Response, ServerHandshake, ServerOptions,
    Subprotocols, check,
};
use sockeye_protocol::{Config, Receiver, Role, Sender};

use crate::{
    Io, Runtime, WebSocket,
    about::{About, Answer},
    deadline::Deadline,
    deflate::Agreed,
    header::add_to_response,
    link::Link,
    mailbox::Mailbox,
    terms::Terms,
    trace,
    websocket::Core,
    wire,
};

/// A server that is about to read the request of a client: set what you like, then `.await` it. Made by [`accept`].
#[must_use = "nothing happens before this is awaited"]
#[derive(Clone, Debug)]
pub struct Accepting<R, W> {
    way: W,
    /// Shared by all connections of a server, and by all that use the defaults.
    settings: Arc<Settings>,
    runtime: PhantomData<fn() -> R>,
}

#[derive(Clone, Debug)]
struct Settings {
    /// The first mistake in the settings.
    invalid: Option<HandshakeError>,
    terms: Arc<Terms>,
    limits: Limits,
    config: Arc<Config>,
    open_timeout: Option<Duration>,
}

static DEFAULT: LazyLock<Arc<Settings>> = LazyLock::new(|| {
    Arc::new(Settings {
        invalid: None,
        terms: Terms::usual(),
        limits: Limits::default(),
        config: Arc::new(Config::default()),
        open_timeout: Some(Duration::from_secs(10)),
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
        let headers = Arc::make_mut(&mut self.terms().headers);
        if let Err(error) = add_to_response(headers, name, value) {
            self.refuse(error);
        }
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

    /// The first mistake in the settings.
    pub(crate) fn check_settings(&self) -> Result<(), HandshakeError> {
        self.settings.invalid.clone().map_or(Ok(()), Err)
    }

    pub(crate) fn deadline(&self) -> Deadline
    where
        R: Runtime,
    {
        Deadline::after::<R>(self.settings.open_timeout)
    }

    fn refuse(&mut self, error: impl Into<HandshakeError>) {
        self.settings().invalid.get_or_insert(error.into());
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Accepting<R, S> {
    /// What `.await` does, for streams that cannot go from thread to thread.
    ///
    /// # Errors
    ///
    /// Those of the opening handshake; the client was told.
    pub async fn open(self) -> Result<Handshake<S, R>, Error> {
        self.check_settings()?;
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
        let read = {
            let read = pin!(read::<S, R>(&mut self.way, &mut handshake));
            let mut read = pin!(deadline.hold::<R, _>(Operation::Handshake, read));
            poll_fn(|cx| match read.as_mut().poll(cx) {
                Poll::Ready(read) => Poll::Ready(Some(read)),
                Poll::Pending => closing(cx).map(|()| None),
            })
            .await
        };
        let (rejection, error) = match read {
            Some(Ok((request, rest))) => {
                return Ok(Incoming { request, rest, accept: self, deadline });
            }
            Some(Err(Error::Handshake(error))) => (Rejection::from(&error), error.into()),
            Some(Err(error)) => return Err(error),
            None => {
                let rejection = Rejection::new(StatusCode::SERVICE_UNAVAILABLE, "shutting down\n");
                let error = io::Error::new(io::ErrorKind::Interrupted, "the server is closing");
                (rejection, error.into())
            }
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

/// Reads a request; returns it with the bytes behind it.
async fn read<S: Unpin, R: Runtime + Io<S>>(
    stream: &mut S,
    handshake: &mut ServerHandshake,
) -> Result<(Request, Vec<u8>), Error> {
    loop {
        let request = wire::read::<S, R, _>(stream, |bytes| match bytes {
            [] => Err(handshake.handle_eof()),
            bytes => match handshake.handle_received(bytes)? {
                Some((request, len)) => Ok(Some((request, bytes[len..].to_vec()))),
                None => Ok(None),
            },
        });
        if let Some(request) = request.await?? {
            return Ok(request);
        }
    }
}

/// Answers without opening a connection, and ends the stream. Where the answer cannot be sent, the client is told 500.
async fn reject<S: Unpin, R: Runtime + Io<S>>(
    stream: &mut S,
    rejection: &Rejection,
    deadline: Deadline,
) -> Result<(), Error> {
    let (bytes, told) = match rejection.encode() {
        Ok(bytes) => (bytes, Ok(())),
        Err(error) => (internal_error().encode()?, Err(error.into())),
    };
    let write = async { Ok(wire::write_all::<S, R>(stream, &bytes).await?) };
    deadline.hold::<R, _>(Operation::Handshake, write).await?;
    // §7.2.2: a handshake that is refused ends the stream.
    // The client has its answer; whether it takes leave in time is its own affair.
    let end = async { Ok(wire::end::<S, R>(stream).await?) };
    let _ = deadline.at_most::<R>(LINGER).hold::<R, _>(Operation::Close, end).await;
    told
}

/// The answer where we are to blame.
pub(crate) fn internal_error() -> Rejection {
    Rejection::new(StatusCode::INTERNAL_SERVER_ERROR, "")
}

/// How long the end of a stream is awaited that was turned away.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// A request that was read and not checked.
pub(crate) struct Incoming<S, R> {
    pub(crate) request: Request,
    rest: Vec<u8>,
    accept: Accepting<R, S>,
    deadline: Deadline,
}

impl<S: Unpin, R: Runtime + Io<S>> Incoming<S, R> {
    pub(crate) fn check(&self) -> Result<Checked, HandshakeError> {
        check(&self.request, &self.accept.settings.terms.options)
    }

    pub(crate) fn into_handshake(self, checked: Checked) -> Handshake<S, R> {
        let headers = Arc::clone(&self.accept.settings.terms.headers);
        let parts = Parts { incoming: self, checked, headers, invalid: None, mailbox: None };
        Handshake(Box::new(parts))
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let stream = &mut self.accept.way;
        let write = pin!(async { Ok(wire::write_all::<S, R>(stream, bytes).await?) });
        self.deadline.hold::<R, _>(Operation::Handshake, write).await
    }

    pub(crate) async fn reject(&mut self, rejection: &Rejection) -> Result<(), Error> {
        // Boxed, since it is rare, and larger than what is awaited else.
        Box::pin(reject::<S, R>(&mut self.accept.way, rejection, self.deadline)).await
    }
}

/// A request that was read and checked, and waits for the answer.
#[must_use = "the client waits for an answer"]
pub struct Handshake<S, R>(Box<Parts<S, R>>);

/// What a handshake is made of, in a box: who accepts in one expression has room for it in its future as long as the connection
/// lives.
struct Parts<S, R> {
    incoming: Incoming<S, R>,
    checked: Checked,
    headers: Arc<HeaderMap>,
    invalid: Option<HandshakeError>,
    mailbox: Option<Arc<Mailbox>>,
}

impl<S, R> Handshake<S, R> {
    /// The request.
    pub const fn request(&self) -> &Request {
        &self.0.incoming.request
    }

    /// The subprotocols that the client offers.
    pub const fn offered_subprotocols(&self) -> &Subprotocols {
        &self.0.checked.offered
    }

    /// Chooses the subprotocol; it has to be one of those that the client offers.
    pub fn subprotocol(mut self, subprotocol: impl Into<String>) -> Self {
        self.0.checked.subprotocol = Some(subprotocol.into());
        self
    }

    /// Sends one more header in the response, which must be none that the handshake sets itself. `Server` stands in the
    /// place of the library's.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        if let Err(error) = add_to_response(Arc::make_mut(&mut self.0.headers), name, value) {
            self.0.invalid.get_or_insert(error.into());
        }
        self
    }

    pub(crate) fn mailbox(mut self, mailbox: Arc<Mailbox>) -> Self {
        self.0.mailbox = Some(mailbox);
        self
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Parts<S, R> {
    /// The answer that opens the connection, and the compression that it agrees to.
    fn answer(&mut self) -> Result<(Response, Agreed), HandshakeError> {
        let (extensions, agreed) =
            self.incoming.accept.settings.terms.compression.answer(&self.checked.extensions);
        match self.invalid.take() {
            Some(error) => Err(error),
            None => Ok((self.checked.accept(&extensions, &self.headers)?, agreed)),
        }
    }

    /// The connection, now that the client knows of it.
    fn into_websocket(self, response: Response, agreed: &Agreed) -> WebSocket<S, R> {
        let Incoming { request, mut rest, accept, .. } = self.incoming;
        let config = Arc::clone(&accept.settings.config);
        let receiver = Receiver::new(Role::Server, Arc::clone(&config));
        let (mut sender, mut receiver) = agreed.apply(Sender::server(config), receiver);
        sender.start(R::now());
        receiver.handle_received(&mut rest);
        trace::opened(Role::Server, &request);
        let terms = Arc::clone(&accept.settings.terms);
        drop(accept.settings);
        let is_usual = Arc::ptr_eq(&self.headers, &terms.headers)
            && self.checked.subprotocol.as_deref() == terms.subprotocol(&request);
        // Terms that nobody else has would have to be kept, and take more memory than a response.
        let answer = if is_usual && Arc::strong_count(&terms) > 1 {
            Answer::Again { terms, response: OnceLock::new() }
        } else {
            Answer::Kept(Box::new(response))
        };
        let link = Link::new(accept.way, sender, self.mailbox);
        let about = Box::new(About::new(request, answer));
        WebSocket::from_core(Core::new(receiver, link, about, agreed.is_compressed()))
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Handshake<S, R> {
    /// Answers with 101: the connection is open.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] if the answer would break the rules, such as by a subprotocol that was not offered: then the
    /// client is told 500. [`Error::Io`] and [`Error::Timeout`] if the client went.
    pub fn accept(self) -> impl Future<Output = Result<WebSocket<S, R>, Error>> {
        let Self(mut parts) = self;
        // What a handshake needs is gone when it is over: the task of a connection would keep the room for it.
        Box::pin(async move {
            let (response, agreed) = match parts.answer() {
                Ok(answer) => answer,
                Err(error) => {
                    parts.incoming.reject(&internal_error()).await?;
                    return Err(error.into());
                }
            };
            parts.incoming.write(response.as_bytes()).await?;
            Ok(parts.into_websocket(response, &agreed))
        })
    }

    /// Answers with another status, and ends the stream.
    ///
    /// # Errors
    ///
    /// See [`reject_with`](Self::reject_with).
    pub async fn reject(self, status: StatusCode, body: impl Into<Vec<u8>>) -> Result<(), Error> {
        self.reject_with(&Rejection::new(status, body)).await
    }

    /// Answers with anything but 101, and ends the stream.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for a status that is no answer, and for headers that cannot be sent: then the client is told
    /// 500. [`Error::Io`] and [`Error::Timeout`] if the client went.
    pub async fn reject_with(mut self, rejection: &Rejection) -> Result<(), Error> {
        self.0.incoming.reject(rejection).await
    }
}

impl<S, R> fmt::Debug for Handshake<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").field("request", self.request()).finish_non_exhaustive()
    }
}
