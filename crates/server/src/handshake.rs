//! A request of a client and the response to it.

use std::{fmt, future::Future, sync::Arc};

use http::{HeaderName, HeaderValue, StatusCode};
use sockeye_connection::{CommandQueue, Upgrade, WebSocket};
use sockeye_errors::{Error, HandshakeError};
use sockeye_handshake::{Rejection, Request, Subprotocols, ValidRequest};
use sockeye_net::{Deadline, Io, Runtime, handshake_io};

use crate::{
    Accept,
    reject::{internal_error, reject},
};

/// A valid request for a connection that waits for a response.
#[must_use = "the client waits for a response"]
pub struct UpgradeRequest<S, R>(Box<Parts<S, R>>);

/// The parts of a request. Boxed, because a task that accepts in one expression would keep room for them in its future as
/// long as the connection lives.
struct Parts<S, R> {
    upgrade: Upgrade,
    leftover: Vec<u8>,
    accept: Accept<R, S>,
    deadline: Deadline,
}

impl<S, R> UpgradeRequest<S, R> {
    /// Returns the request.
    pub const fn request(&self) -> &Request {
        self.0.upgrade.request()
    }

    /// Returns the subprotocols that the client offers, in its order of preference.
    pub const fn offered_subprotocols(&self) -> &Subprotocols {
        self.0.upgrade.offered_subprotocols()
    }

    /// Selects the subprotocol, which must be one of those that the client offers.
    pub fn subprotocol(mut self, subprotocol: impl Into<String>) -> Self {
        self.0.upgrade.set_subprotocol(subprotocol.into());
        self
    }

    /// Adds a header to the response.
    ///
    /// The headers of the handshake itself are reserved. `Server` replaces the default value.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.0.upgrade.add_header(name, value);
        self
    }

    pub(crate) fn commands(mut self, commands: Arc<CommandQueue>) -> Self {
        self.0.upgrade.set_commands(commands);
        self
    }
}

impl<S: Unpin, R: Runtime + Io<S>> UpgradeRequest<S, R> {
    /// Accepts the request with status 101 and opens the connection.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Handshake`] if the response is invalid, for example because of a subprotocol that the client does
    /// not offer. The client receives 500 then. Returns [`Error::Io`] or [`Error::Timeout`] if the client is gone.
    pub fn accept(self) -> impl Future<Output = Result<WebSocket<S, R>, Error>> {
        let Self(parts) = self;
        // Boxed, so that the task of a connection keeps no room for the handshake.
        Box::pin(async move {
            let Parts { mut upgrade, leftover, accept: Accept { mut stream, .. }, deadline } =
                *parts;
            let response = match upgrade.negotiate() {
                Ok(response) => response,
                Err(error) => {
                    reject::<S, R>(&mut stream, &internal_error(), deadline).await?;
                    return Err(error.into());
                }
            };
            handshake_io::write::<S, R>(&mut stream, response.as_bytes(), deadline).await?;
            Ok(upgrade.open(stream, leftover))
        })
    }

    /// Rejects the request with another status and ends the stream.
    ///
    /// # Errors
    ///
    /// See [`reject_with`](Self::reject_with).
    pub async fn reject(self, status: StatusCode, body: impl Into<Vec<u8>>) -> Result<(), Error> {
        self.reject_with(&Rejection::new(status, body)).await
    }

    /// Rejects the request with any response but 101 and ends the stream.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Handshake`] for a status that is not a final response, and for invalid headers. The client
    /// receives 500 then. Returns [`Error::Io`] or [`Error::Timeout`] if the client is gone.
    pub async fn reject_with(mut self, rejection: &Rejection) -> Result<(), Error> {
        reject::<S, R>(&mut self.0.accept.stream, rejection, self.0.deadline).await
    }
}

impl<S, R> fmt::Debug for UpgradeRequest<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpgradeRequest").field("request", self.request()).finish_non_exhaustive()
    }
}

/// A request that has been read and not validated.
pub(crate) struct ReceivedRequest<S, R> {
    pub(crate) request: Request,
    pub(crate) leftover: Vec<u8>,
    pub(crate) accept: Accept<R, S>,
    pub(crate) deadline: Deadline,
}

impl<S: Unpin, R: Runtime + Io<S>> ReceivedRequest<S, R> {
    pub(crate) fn validate(&self) -> Result<ValidRequest, HandshakeError> {
        ValidRequest::from_request(&self.request, &self.accept.settings.policy.options)
    }

    pub(crate) fn into_upgrade(self, valid: ValidRequest) -> UpgradeRequest<S, R> {
        let Self { request, leftover, accept, deadline } = self;
        let (policy, config) =
            (Arc::clone(&accept.settings.policy), Arc::clone(&accept.settings.config));
        let upgrade = Upgrade::new(request, valid, policy, config)
            .wait_for_peer_eof(accept.settings.wait_for_peer_eof);
        UpgradeRequest(Box::new(Parts { upgrade, leftover, accept, deadline }))
    }

    pub(crate) async fn reject(&mut self, rejection: &Rejection) -> Result<(), Error> {
        // Boxed, because rejections are rare and their future is larger than those of other steps.
        Box::pin(reject::<S, R>(&mut self.accept.stream, rejection, self.deadline)).await
    }
}
