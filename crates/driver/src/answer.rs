//! A request that was read, and the server's answer to it.

use std::{
    fmt,
    future::Future,
    pin::pin,
    sync::{Arc, OnceLock},
};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sockeye_errors::{Error, HandshakeError, Operation};
use sockeye_handshake::{Checked, Rejection, Request, Response, Subprotocols, check};
use sockeye_protocol::{Receiver, Role, Sender};

use crate::{
    Accepting, Io, Runtime, WebSocket,
    about::{About, Answer},
    core::Core,
    deadline::Deadline,
    deflate::Agreed,
    header::add_to_response,
    link::Link,
    mailbox::Mailbox,
    rejection::{internal_error, reject},
    trace, wire,
};

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
        let (config, lingering) = (Arc::clone(&accept.settings.config), accept.settings.lingering);
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
        let mut link = Link::new(accept.way, sender, self.mailbox);
        link.lingering = lingering;
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

/// A request that was read and not checked.
pub(crate) struct Incoming<S, R> {
    pub(crate) request: Request,
    rest: Vec<u8>,
    accept: Accepting<R, S>,
    deadline: Deadline,
}

impl<S: Unpin, R: Runtime + Io<S>> Incoming<S, R> {
    /// The request that `accept` read, and the bytes behind it.
    pub(crate) fn new(
        (request, rest): (Request, Vec<u8>),
        accept: Accepting<R, S>,
        deadline: Deadline,
    ) -> Self {
        Self { request, rest, accept, deadline }
    }

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
