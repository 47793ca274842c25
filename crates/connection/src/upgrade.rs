//! Accepting a request that asks for a WebSocket connection.

use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderName, HeaderValue};
use sockeye_errors::HandshakeError;
use sockeye_handshake::{
    Request, Response, ServerOptions, Subprotocols, ValidRequest, add_header, http1::parse_header,
};
use sockeye_net::{Io, Runtime};
use sockeye_protocol::{Config, Role};

use crate::{
    WebSocket,
    commands::CommandQueue,
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
/// # Examples
///
/// ```
/// use sockeye::{connection::Upgrade, http, server::ServerOptions};
///
/// # async fn example(parts: http::request::Parts, stream: tokio::io::DuplexStream, leftover: Vec<u8>)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// let mut upgrade = Upgrade::from_request(&parts, &ServerOptions::default())?;
/// let response: http::Response<()> = upgrade.response()?;
/// // Write the response, and take the stream from the HTTP server. Then:
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
    policy: Arc<ServerPolicy>,
    config: Arc<Config>,
    /// The headers of the policy and those that the application added. `None` if it added none.
    headers: Option<Box<HeaderMap>>,
    /// The first mistake of the application.
    invalid: Option<HandshakeError>,
    negotiated: Option<(Response, NegotiatedDeflate)>,
    commands: Option<Arc<CommandQueue>>,
    wait_for_peer_eof: bool,
}

impl Upgrade {
    /// Validates a request that another HTTP server has read.
    ///
    /// # Errors
    ///
    /// Returns an error if the request does not ask for a WebSocket connection or the options do not admit it.
    /// [`Rejection::from`](sockeye_handshake::Rejection) converts the error into a response.
    pub fn from_request(
        parts: &http::request::Parts,
        options: &ServerOptions,
    ) -> Result<Self, HandshakeError> {
        let policy =
            ServerPolicy { options: options.clone(), ..(*ServerPolicy::shared_default()).clone() };
        let request = Request::from_parts(parts);
        let valid = ValidRequest::from_request(&request, &policy.options)?;
        Ok(Self::new(request, valid, Arc::new(policy), Arc::default()))
    }

    /// Creates an upgrade from a request that has been validated with the options of `policy`.
    pub fn new(
        request: Request,
        valid: ValidRequest,
        policy: Arc<ServerPolicy>,
        config: Arc<Config>,
    ) -> Self {
        Self {
            request,
            valid,
            policy,
            config,
            headers: None,
            invalid: None,
            negotiated: None,
            commands: None,
            wait_for_peer_eof: false,
        }
    }

    /// Returns the request.
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// Returns the subprotocols that the client offers, in its order of preference.
    pub const fn offered_subprotocols(&self) -> &Subprotocols {
        &self.valid.offered
    }

    /// Selects the subprotocol, which must be one of those that the client offers.
    pub fn subprotocol(mut self, subprotocol: impl Into<String>) -> Self {
        self.set_subprotocol(subprotocol.into());
        self
    }

    /// Selects the subprotocol, like [`subprotocol`](Self::subprotocol).
    pub fn set_subprotocol(&mut self, subprotocol: String) {
        self.valid.subprotocol = Some(subprotocol);
    }

    /// Adds a header to the response.
    ///
    /// The headers of the handshake itself are reserved. `Server` replaces the default value.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.add_header(name, value);
        self
    }

    /// Adds a header to the response, like [`header`](Self::header).
    pub fn add_header<N, V>(&mut self, name: N, value: V)
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        let headers =
            self.headers.get_or_insert_with(|| Box::new(self.policy.options.headers.clone()));
        let added =
            parse_header(name, value).and_then(|(name, value)| add_header(headers, name, value));
        if let Err(error) = added {
            self.invalid.get_or_insert(error.into());
        }
    }

    /// Sets the limits and deadlines of the connection.
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.config = config.into();
        self
    }

    /// Sets the compression that the response accepts if the client offers it.
    pub(crate) fn set_compression(&mut self, compression: DeflateOption) {
        Arc::make_mut(&mut self.policy).compression = compression;
    }

    /// Attaches a command queue to the connection.
    pub fn set_commands(&mut self, commands: Arc<CommandQueue>) {
        self.commands = Some(commands);
    }

    /// Sets whether the connection waits for the end of the peer's stream after the closing handshake, for at most two
    /// seconds. By default it ends as soon as no more data is waiting (§5.5.1).
    ///
    /// Set it for a stream that writes at its end, such as TLS: a socket that is closed before the peer's last bytes
    /// arrive is reset, and the peer may lose data.
    pub const fn wait_for_peer_eof(mut self, wait: bool) -> Self {
        self.wait_for_peer_eof = wait;
        self
    }

    /// Returns the response that accepts the request, with status 101.
    ///
    /// # Errors
    ///
    /// Returns an error if the application selected a subprotocol that the client does not offer, or added a header that
    /// is reserved or invalid.
    pub fn response(&mut self) -> Result<http::Response<()>, HandshakeError> {
        self.negotiate().map(Response::to_http)
    }

    /// Returns the response that accepts the request.
    ///
    /// # Errors
    ///
    /// See [`response`](Self::response).
    pub fn negotiate(&mut self) -> Result<&Response, HandshakeError> {
        if let Some(error) = self.invalid.take() {
            return Err(error);
        }
        let headers = self.headers.as_deref().unwrap_or(&self.policy.options.headers);
        let (extensions, deflate) = self.policy.compression.answer(&self.valid.extensions);
        let response = self.valid.accept(&extensions, headers)?;
        Ok(&self.negotiated.insert((response, deflate)).0)
    }

    /// Opens the connection, after the response has been written.
    ///
    /// `leftover` contains the bytes that were read past the request.
    ///
    /// # Panics
    ///
    /// Panics if [`response`](Self::response) has not returned a response before: the client would not know of the
    /// connection.
    pub fn open<S: Unpin, R: Runtime + Io<S>>(
        self,
        stream: S,
        leftover: impl Into<Vec<u8>>,
    ) -> WebSocket<S, R> {
        let is_default = self.headers.is_none()
            && self.valid.subprotocol.as_deref() == self.policy.subprotocol(&self.request);
        let (response, deflate) = self.negotiated.expect("`open` is called after `response`");
        // A policy that no other connection shares would have to be kept, and takes more memory than a response.
        let response = if is_default && Arc::strong_count(&self.policy) > 1 {
            StoredResponse::Rebuilt { policy: self.policy, response: OnceLock::new() }
        } else {
            StoredResponse::Kept(Box::new(response))
        };
        Established {
            role: Role::Server,
            request: self.request,
            response,
            deflate,
            config: self.config,
            commands: self.commands,
            wait_for_peer_eof: self.wait_for_peer_eof,
        }
        .open(stream, leftover.into())
    }
}
