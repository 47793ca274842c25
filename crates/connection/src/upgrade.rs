//! Accepting a request that asks for a WebSocket connection.

use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};
use sockeye_errors::HandshakeError;
use sockeye_handshake::{
    Request, Response, ServerOptions, Subprotocols, ValidRequest, add_header, http1::parse_header,
};
use sockeye_net::{Io, Runtime};
use sockeye_protocol::{Config, Role};

use crate::{
    WebSocket,
    deflate::{DeflateOption, NegotiatedDeflate},
    established::Established,
    handshake_info::StoredResponse,
    policy::ServerPolicy,
};

/// A valid request for a WebSocket connection, and the response that accepts it.
///
/// `Upgrade` performs no I/O. Use it where another HTTP server reads the request and writes the response: it turns the
/// stream of that server into a [`WebSocket`]. Sockeye's own server uses it as well.
///
/// An upgrade is valid at any time: a constructor or method with an argument that would make the response invalid returns
/// an error. Call the methods that change the response before [`response`](Self::response).
///
/// # Examples
///
/// ```
/// use sockeye::{connection::Upgrade, http, server::{Rejection, ServerOptions}};
///
/// # fn write<T>(_: http::Response<T>) {}
/// # async fn example(parts: http::request::Parts, stream: tokio::io::DuplexStream, leftover: Vec<u8>)
/// # -> Result<(), sockeye::Error> {
/// let upgrade = match Upgrade::from_request(&parts, &ServerOptions::default()) {
///     Ok(upgrade) => upgrade,
///     Err(error) => {
///         let rejection: http::Response<Vec<u8>> = Rejection::from(&error).into();
///         return Ok(write(rejection));
///     }
/// };
/// write(upgrade.response());
///
/// // Take the stream from the HTTP server, with the bytes that it has read past the request.
/// let mut ws: sockeye::WebSocket<_> = upgrade.open(stream, leftover);
/// ws.send("Hello").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the client waits for a response"]
pub struct Upgrade {
    request: Request,
    valid: ValidRequest,
    pub(crate) policy: Arc<ServerPolicy>,
    /// The headers of the response, unless they are those of the policy.
    headers: Option<Box<HeaderMap>>,
    /// The response that follows from the fields above, and the compression that it accepts.
    response: Response,
    deflate: NegotiatedDeflate,
    config: Arc<Config>,
    wait_for_peer_eof: bool,
}

impl Upgrade {
    /// Validates a request that another HTTP server has read.
    ///
    /// # Errors
    ///
    /// Returns an error if the request does not ask for a WebSocket connection, if the options do not admit it, or if a
    /// header of the options is reserved for the handshake. [`Rejection::from`](sockeye_handshake::Rejection) converts the
    /// error into a response.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::{connection::Upgrade, http, server::{Rejection, ServerOptions}};
    ///
    /// let (parts, ()) = http::Request::get("/").header("Host", "example.com").body(())?.into_parts();
    /// let error = Upgrade::from_request(&parts, &ServerOptions::default()).unwrap_err();
    /// let response: http::Response<Vec<u8>> = Rejection::from(&error).into();
    /// assert_eq!(response.status(), http::StatusCode::UPGRADE_REQUIRED);
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn from_request(parts: &Parts, options: &ServerOptions) -> Result<Self, HandshakeError> {
        Self::validate(Request::from_parts(parts), options)
    }

    /// Validates an extended CONNECT ([RFC 8441](https://www.rfc-editor.org/rfc/rfc8441),
    /// [RFC 9220](https://www.rfc-editor.org/rfc/rfc9220)), with which HTTP/2 and HTTP/3 open a WebSocket connection on one
    /// stream.
    ///
    /// `protocol` is the pseudo-header field `:protocol`, which `parts` do not hold: h2 and hyper store it as an extension
    /// of type `ext::Protocol`. The response has the status 200.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`from_request`](Self::from_request).
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::{connection::Upgrade, http, server::ServerOptions};
    ///
    /// let (parts, ()) = http::Request::connect("https://example.com/chat")
    ///     .version(http::Version::HTTP_2)
    ///     .header("Sec-WebSocket-Version", "13")
    ///     .body(())?
    ///     .into_parts();
    /// let upgrade = Upgrade::from_extended_connect(&parts, "websocket", &ServerOptions::default())?;
    /// assert_eq!(upgrade.response().status(), http::StatusCode::OK);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_extended_connect(
        parts: &Parts,
        protocol: &str,
        options: &ServerOptions,
    ) -> Result<Self, HandshakeError> {
        Self::validate(Request::from_extended_connect(parts, protocol), options)
    }

    fn validate(request: Request, options: &ServerOptions) -> Result<Self, HandshakeError> {
        let valid = ValidRequest::from_request(&request, options)?;
        let policy = ServerPolicy {
            options: Arc::new(options.clone()),
            compression: DeflateOption::default(),
        };
        Self::new(request, valid, Arc::new(policy), None)
    }

    /// Creates an upgrade from a request that has been validated with the options of `policy`. `headers` replace those of
    /// the policy.
    ///
    /// # Errors
    ///
    /// Returns an error if the client does not offer the subprotocol, or if a header is reserved or invalid.
    #[doc(hidden)]
    pub fn new(
        request: Request,
        valid: ValidRequest,
        policy: Arc<ServerPolicy>,
        headers: Option<Box<HeaderMap>>,
    ) -> Result<Self, HandshakeError> {
        let (response, deflate) = policy.accept(&valid, headers.as_deref())?;
        Ok(Self {
            request,
            valid,
            policy,
            headers,
            response,
            deflate,
            config: Arc::default(),
            wait_for_peer_eof: false,
        })
    }

    /// Returns the request.
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// Returns the subprotocols that the client offers, in its order of preference.
    pub const fn offered_subprotocols(&self) -> &Subprotocols {
        &self.valid.offered
    }

    /// Selects the subprotocol ([RFC 6455 §1.9](https://www.rfc-editor.org/rfc/rfc6455#section-1.9)), in place of the one
    /// that the options selected.
    ///
    /// # Errors
    ///
    /// Returns an error if the client does not offer it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(mut upgrade: sockeye::connection::Upgrade) -> Result<(), sockeye::error::HandshakeError> {
    /// if upgrade.offered_subprotocols().contains("chat.v2") {
    ///     upgrade = upgrade.subprotocol("chat.v2")?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn subprotocol(mut self, subprotocol: impl Into<String>) -> Result<Self, HandshakeError> {
        self.valid.subprotocol = Some(subprotocol.into());
        self.renegotiate()
    }

    /// Adds a header to the response. `Server` replaces the default value.
    ///
    /// # Errors
    ///
    /// Returns an error if the header is invalid, or reserved for the handshake itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(upgrade: sockeye::connection::Upgrade) -> Result<(), sockeye::error::HandshakeError> {
    /// let upgrade = upgrade.header("x-room", "chat")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn header<N, V>(mut self, name: N, value: V) -> Result<Self, HandshakeError>
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        let (name, value) = parse_header(name, value)?;
        let headers =
            self.headers.get_or_insert_with(|| Box::new(self.policy.options.headers.clone()));
        add_header(headers, name, value)?;
        self.renegotiate()
    }

    /// Builds the response again, after a change of its settings.
    pub(crate) fn renegotiate(mut self) -> Result<Self, HandshakeError> {
        (self.response, self.deflate) = self.policy.accept(&self.valid, self.headers.as_deref())?;
        Ok(self)
    }

    /// Sets the limits and deadlines of the connection.
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.config = config.into();
        self
    }

    /// Sets whether the connection waits for the end of the peer's stream after the closing handshake, for at most two
    /// seconds, when [`close`](crate::WebSocket::close) is awaited. By default it ends as soon as no more data is waiting
    /// ([RFC 6455 §5.5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1)).
    ///
    /// Set it for a stream that writes at its end, such as TLS: a socket that is closed before the peer's last bytes
    /// arrive is reset, and the peer may lose data.
    pub const fn wait_for_peer_eof(mut self, wait: bool) -> Self {
        self.wait_for_peer_eof = wait;
        self
    }

    /// Returns the response that accepts the request, for another HTTP server to send. Its status is 101, or 200 for an
    /// extended CONNECT.
    pub fn response(&self) -> http::Response<()> {
        self.response.to_http()
    }

    /// Returns the response as HTTP/1.1 sends it; `None` for an extended CONNECT.
    #[doc(hidden)]
    pub fn response_head(&self) -> Option<&[u8]> {
        self.response.as_bytes()
    }

    /// Opens the connection over the stream of the HTTP server, after the [`response`](Self::response) has been written.
    ///
    /// `leftover` contains the bytes that were read past the request: a client may send frames together with it. HTTP
    /// servers return them with the stream, for example hyper as `read_buf` in the result of `Upgraded::downcast`.
    pub fn open<S: Unpin, R: Runtime + Io<S>>(
        self,
        stream: S,
        leftover: impl Into<Vec<u8>>,
    ) -> WebSocket<S, R> {
        let is_default = self.headers.is_none()
            && self.valid.subprotocol.as_deref() == self.policy.subprotocol(&self.request);
        // A policy that no other connection shares would have to be kept, and takes more memory than a response.
        let response = if is_default && Arc::strong_count(&self.policy) > 1 {
            StoredResponse::Rebuilt { policy: self.policy, response: OnceLock::new() }
        } else {
            StoredResponse::Kept(Box::new(self.response))
        };
        Established {
            role: Role::Server,
            request: self.request,
            response,
            deflate: self.deflate,
            config: self.config,
            wait_for_peer_eof: self.wait_for_peer_eof,
        }
        .open(stream, leftover.into())
        .into()
    }
}
