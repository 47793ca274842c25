//! A request that was read, and the server's answer to it.

use std::{fmt, future::Future, sync::Arc};

use http::{HeaderName, HeaderValue, StatusCode};
use sockeye_errors::{Error, HandshakeError};
use sockeye_handshake::{Checked, Rejection, Request, Response, Subprotocols, check};
use sockeye_protocol::{Receiver, Role, Sender};

use crate::{
    Accepting, Io, Runtime, WebSocket,
    core::{Core, begin},
    deadline::Deadline,
    deflate::Agreed,
    header::header,
    link::Link,
    mailbox::Mailbox,
    rejection::{internal_error, reject},
    reply::Reply,
    trace, wire,
};

/// A request that was read and checked, and waits for the answer.
#[must_use = "the client waits for an answer"]
pub struct Handshake<S, R>(Box<Parts<S, R>>);

/// What a handshake is made of, in a box: who accepts in one expression has room for it in its future as long as the connection
/// lives.
struct Parts<S, R> {
    incoming: Incoming<S, R>,
    reply: Reply,
    mailbox: Option<Arc<Mailbox>>,
}

impl<S, R> Handshake<S, R> {
    /// The request.
    pub const fn request(&self) -> &Request {
        &self.0.incoming.request
    }

    /// The subprotocols that the client offers.
    pub const fn offered_subprotocols(&self) -> &Subprotocols {
        self.0.reply.offered()
    }

    /// Chooses the subprotocol; it has to be one of those that the client offers.
    pub fn subprotocol(mut self, subprotocol: impl Into<String>) -> Self {
        self.0.reply.choose(subprotocol.into());
        self
    }

    /// Sends one more header in the response, which must be none that the handshake sets itself. `Server` stands in the
    /// place of the library's.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.0.reply.add(header(name, value));
        self
    }

    pub(crate) fn mailbox(mut self, mailbox: Arc<Mailbox>) -> Self {
        self.0.mailbox = Some(mailbox);
        self
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Parts<S, R> {
    /// The connection, now that the client knows of it.
    fn into_websocket(self, response: Response, agreed: &Agreed) -> WebSocket<S, R> {
        let Incoming { request, rest, accept, .. } = self.incoming;
        let Accepting { way, settings, .. } = accept;
        let sender = Sender::server(Arc::clone(&settings.config));
        let receiver = Receiver::new(Role::Server, Arc::clone(&settings.config));
        let (sender, receiver) = begin(agreed, (sender, receiver), R::now(), rest);
        trace::opened(Role::Server, &request);
        let mut link = Link::new(way, sender, self.mailbox);
        link.lingering = settings.lingering;
        let about = Box::new(self.reply.into_about(request, response, settings));
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
            let (response, agreed) = match parts.reply.answer(&parts.incoming.accept.settings.terms)
            {
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
        let parts = Parts { incoming: self, reply: Reply::new(checked, headers), mailbox: None };
        Handshake(Box::new(parts))
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        wire::write::<S, R>(&mut self.accept.way, bytes, self.deadline).await
    }

    pub(crate) async fn reject(&mut self, rejection: &Rejection) -> Result<(), Error> {
        // Boxed, since it is rare, and larger than what is awaited else.
        Box::pin(reject::<S, R>(&mut self.accept.way, rejection, self.deadline)).await
    }
}
