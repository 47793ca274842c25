//! A request of a client and the response to it.

use std::{fmt, future::Future, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sockeye_connection::{Upgrade, WebSocket};
use sockeye_errors::{Error, HandshakeError};
use sockeye_handshake::{
    Rejection, Request, Subprotocols, ValidRequest, add_header, http1::parse_header,
};
use sockeye_net::{Deadline, Io, Runtime, handshake_io};

use crate::{
    Accept,
    reject::{internal_error, reject},
};

/// A valid request for a WebSocket connection that waits for a response.
///
/// Returned by awaiting [`Accept`]. The client waits until [`accept`](Self::accept) or [`reject`](Self::reject) completes.
/// Dropping the request drops the stream without a response.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sockeye::Error> {
/// # let (near, far) = tokio::io::duplex(1024);
/// # let client = tokio::spawn(async move {
/// #     sockeye::client("ws://localhost/chat", near).subprotocols(["v1", "v2"]).await
/// # });
/// let mut request = sockeye::accept(far).await?;
/// if request.offered_subprotocols().contains("v2") {
///     request = request.subprotocol("v2");
/// }
/// let ws = request.header("x-room", "chat").accept().await?;
/// assert_eq!(ws.subprotocol(), Some("v2"));
/// # let client = client.await.expect("the task does not panic")?;
/// # assert_eq!(client.response().header("x-room"), Some("chat"));
/// # Ok(())
/// # }
/// ```
#[must_use = "the client waits for a response"]
pub struct UpgradeRequest<S, R>(Box<Parts<S, R>>);

/// The parts of a request. Boxed, because a task that accepts in one expression would keep room for them in its future as
/// long as the connection lives.
struct Parts<S, R> {
    request: Request,
    valid: ValidRequest,
    /// The headers of the response, unless they are those of the policy.
    headers: Option<Box<HeaderMap>>,
    /// The first mistake of the application.
    invalid: Option<HandshakeError>,
    leftover: Vec<u8>,
    accept: Accept<R, S>,
    deadline: Deadline,
}

impl<S, R> UpgradeRequest<S, R> {
    /// Returns the request: its path, query and headers.
    pub const fn request(&self) -> &Request {
        &self.0.request
    }

    /// Returns the subprotocols that the client offers, in its order of preference.
    pub const fn offered_subprotocols(&self) -> &Subprotocols {
        &self.0.valid.offered
    }

    /// Selects the subprotocol ([RFC 6455 §1.9](https://www.rfc-editor.org/rfc/rfc6455#section-1.9)), in place of the one
    /// that the options selected.
    ///
    /// It must be one of those that the client offers. Otherwise [`accept`](Self::accept) returns an error.
    pub fn subprotocol(mut self, subprotocol: impl Into<String>) -> Self {
        self.0.valid.subprotocol = Some(subprotocol.into());
        self
    }

    /// Adds a header to the response.
    ///
    /// The headers of the handshake itself are reserved. `Server` replaces the default value. An invalid header is reported
    /// by [`accept`](Self::accept).
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        let Parts { headers, invalid, accept, .. } = &mut *self.0;
        let inherited = &accept.settings.policy.options.headers;
        let headers = headers.get_or_insert_with(|| Box::new(inherited.clone()));
        let added =
            parse_header(name, value).and_then(|(name, value)| add_header(headers, name, value));
        if let Err(error) = added {
            invalid.get_or_insert(error.into());
        }
        self
    }
}

impl<S: Unpin, R: Runtime + Io<S>> UpgradeRequest<S, R> {
    /// Accepts the request with status 101 and opens the connection
    /// ([RFC 6455 §4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2)).
    ///
    /// # Errors
    ///
    /// Returns [`Error::Handshake`] if the response is invalid, for example because of a subprotocol that the client does
    /// not offer. The client receives 500 then. Returns [`Error::Io`] or [`Error::Timeout`] if the client is gone.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(stream: tokio::net::TcpStream) -> Result<(), sockeye::Error> {
    /// let request = sockeye::accept(stream).await?;
    /// let mut ws = request.accept().await?;
    /// ws.send("Hello").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn accept(self) -> impl Future<Output = Result<WebSocket<S, R>, Error>> {
        let Self(parts) = self;
        // Boxed, so that the task of a connection keeps no room for the handshake.
        Box::pin(async move {
            let (upgrade, mut stream, leftover, deadline) = parts.into_upgrade();
            let upgrade = match upgrade {
                Ok(upgrade) => upgrade,
                Err(error) => {
                    // The request is valid, so its method is GET.
                    reject::<S, R>(&mut stream, "GET", &internal_error(), deadline).await?;
                    return Err(error.into());
                }
            };
            let head = upgrade.response_head().expect("a request of HTTP/1.1 was read");
            handshake_io::write::<S, R>(&mut stream, head, deadline).await?;
            Ok(upgrade.open(stream, leftover))
        })
    }

    /// Rejects the request with another status and a body, and ends the stream.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Handshake`] for a status that is not a final response. The client receives 500 then. Returns
    /// [`Error::Io`] or [`Error::Timeout`] if the client is gone.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(stream: tokio::net::TcpStream) -> Result<(), sockeye::Error> {
    /// use sockeye::http::StatusCode;
    ///
    /// let request = sockeye::accept(stream).await?;
    /// request.reject(StatusCode::SERVICE_UNAVAILABLE, "try again later").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reject(self, status: StatusCode, body: impl Into<Vec<u8>>) -> Result<(), Error> {
        self.reject_with(&Rejection::new(status, body)).await
    }

    /// Rejects the request with any response except 101, and ends the stream.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Handshake`] for a status that is not a final response, and for invalid headers. The client
    /// receives 500 then. Returns [`Error::Io`] or [`Error::Timeout`] if the client is gone.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(stream: tokio::net::TcpStream) -> Result<(), sockeye::Error> {
    /// use sockeye::server::Rejection;
    ///
    /// let request = sockeye::accept(stream).await?;
    /// let rejection = Rejection::unauthorized("chat").expect("a valid realm");
    /// request.reject_with(&rejection).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reject_with(mut self, rejection: &Rejection) -> Result<(), Error> {
        let Parts { request, accept, deadline, .. } = &mut *self.0;
        reject::<S, R>(&mut accept.stream, request.method(), rejection, *deadline).await
    }
}

impl<S, R> Parts<S, R> {
    fn into_upgrade(self) -> (Result<Upgrade, HandshakeError>, S, Vec<u8>, Deadline) {
        let Self { request, valid, headers, invalid, leftover, accept, deadline } = self;
        let Accept { stream, settings, .. } = accept;
        let policy = Arc::clone(&settings.policy);
        let upgrade = match invalid {
            Some(error) => Err(error),
            None => Upgrade::new(request, valid, policy, headers),
        };
        let upgrade = upgrade.map(|upgrade| {
            upgrade
                .config(Arc::clone(&settings.config))
                .wait_for_peer_eof(settings.wait_for_peer_eof)
        });
        (upgrade, stream, leftover, deadline)
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

    pub(crate) fn into_upgrade_request(self, valid: ValidRequest) -> UpgradeRequest<S, R> {
        let Self { request, leftover, accept, deadline } = self;
        let (headers, invalid) = (None, None);
        let parts = Parts { request, valid, headers, invalid, leftover, accept, deadline };
        UpgradeRequest(Box::new(parts))
    }

    pub(crate) async fn reject(&mut self, rejection: &Rejection) -> Result<(), Error> {
        // Boxed, because rejections are rare and their future is larger than those of other steps.
        let Self { request, accept, deadline, .. } = self;
        Box::pin(reject::<S, R>(&mut accept.stream, request.method(), rejection, *deadline)).await
    }
}
