//! The options of [`Serve`].

use std::{sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue};
use sockeye_errors::HandshakeError;
use sockeye_handshake::{Limits, Origins, Request, ServerOptions};
use sockeye_net::TcpOptions;
use sockeye_protocol::Config;

use crate::{Decision, HandlerError, Serve};

impl<R, A> Serve<R, A> {
    /// Sets a hook that sees each request before it is validated, and accepts or rejects it.
    ///
    /// The hook sees every request that is well-formed, with any method and of HTTP/1.0 as well. A request that it accepts
    /// is still rejected unless it asks for a WebSocket connection. The response to HEAD is sent without its body.
    ///
    /// Use it to respond to health checks on the same port, to route paths, or to authenticate clients. The hook is not
    /// asynchronous and must not block. If it panics or its response is invalid, the client receives 500.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// use sockeye::{http::StatusCode, server::Decision};
    ///
    /// let server = sockeye::serve("127.0.0.1:8765", handle)
    ///     .on_request(|request| match request.path() {
    ///         "/healthz" => Decision::reject(StatusCode::OK, "healthy"),
    ///         "/chat" => match request.header("x-api-key") {
    ///             Some("s3cr3t") => Decision::Accept,
    ///             _ => Decision::reject(StatusCode::FORBIDDEN, "unknown key"),
    ///         },
    ///         _ => Decision::reject(StatusCode::NOT_FOUND, "no such path"),
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_request(
        mut self,
        hook: impl Fn(&Request) -> Decision + Send + Sync + 'static,
    ) -> Self {
        self.on_request = Some(Arc::new(hook));
        self
    }

    /// Sets a hook that is called when a handler returns an error or panics. A panic is passed as a
    /// [`HandlerPanic`](crate::HandlerPanic).
    ///
    /// The request is `None` if the handler has passed the connection to another task. Without a hook, a program with debug
    /// assertions prints the failure to the standard error output, unless it only reports that the peer is gone.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// let server = sockeye::serve("127.0.0.1:8765", handle)
    ///     .on_error(|error, request| {
    ///         let path = request.map_or("?", |request| request.path());
    ///         eprintln!("handler of {path} failed: {error:#}");
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_error(
        mut self,
        hook: impl Fn(&HandlerError, Option<&Request>) + Send + Sync + 'static,
    ) -> Self {
        self.on_error = Arc::new(hook);
        self
    }

    /// Sets the options of the TCP connections and of the listener.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// use std::time::Duration;
    /// use sockeye::connection::TcpOptions;
    ///
    /// let options = TcpOptions::default().keepalive(Duration::from_secs(60));
    /// let server = sockeye::serve("127.0.0.1:8765", handle).tcp_options(options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tcp_options(mut self, options: TcpOptions) -> Self {
        self.tcp = options;
        self
    }

    /// Sets the number of connections that the operating system queues before the server accepts them. The default is 1024. The
    /// operating system may have a lower limit (`net.core.somaxconn` on Linux).
    pub fn backlog(mut self, connections: u32) -> Self {
        self.backlog = connections;
        self
    }

    /// Sets the origins that are admitted ([RFC 6455 §10.2](https://www.rfc-editor.org/rfc/rfc6455#section-10.2)): a list such as
    /// `["https://example.com"]`, or [`Origins`].
    ///
    /// An origin consists of a scheme, a host and perhaps a port, without a path or a slash at the end. By default the server
    /// admits its own origin, and requests without an origin, which browsers never send. Cross-site browser requests are rejected
    /// with 403.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// let server = sockeye::serve("127.0.0.1:8765", handle)
    ///     .origins(["https://example.com", "http://localhost:3000"])
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn origins<O>(mut self, origins: O) -> Self
    where
        O: TryInto<Origins>,
        O::Error: Into<HandshakeError>,
    {
        self.settings().set_option(|options| options.origins(origins));
        self
    }

    /// Sets the subprotocols that the server supports, in order of preference
    /// ([RFC 6455 §1.9](https://www.rfc-editor.org/rfc/rfc6455#section-1.9)).
    ///
    /// The server selects the first one that the client offers. A client that offers none of them is rejected with 400, unless
    /// [`ServerOptions::require_subprotocol`] is false. By default no subprotocol is selected.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// let server =
    ///     sockeye::serve("127.0.0.1:8765", handle).subprotocols(["chat.v2", "chat.v1"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn subprotocols<I>(mut self, subprotocols: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.settings().set_option(|options| options.subprotocols(subprotocols));
        self
    }

    /// Adds a header to the responses that accept a request.
    ///
    /// The headers of the handshake itself are reserved. `Server` replaces the default value.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// let server = sockeye::serve("127.0.0.1:8765", handle).header("Server", "chat/2.1").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.settings().set_option(|options| options.header(name, value));
        self
    }

    /// Sets all rules for requests, and the subprotocols and headers of the response, in place of those that have been set
    /// before. Call it before [`header`](Self::header), [`origins`](Self::origins) and [`subprotocols`](Self::subprotocols).
    ///
    /// [`ServerOptions`] contains the options that have a method here, and others such as the admitted `Host` headers.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// use sockeye::server::ServerOptions;
    ///
    /// let options = ServerOptions::default()
    ///     .allowed_hosts(["chat.example.com"])
    ///     .expect("a valid host");
    /// let server = sockeye::serve("127.0.0.1:8765", handle).options(options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn options(mut self, options: ServerOptions) -> Self {
        self.accept = self.accept.options(options);
        self
    }

    /// Sets the limits for the head of a request. By default it has at most 32 KiB, lines of at most 16 KiB, and 100 headers.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.accept = self.accept.limits(limits);
        self
    }

    /// Sets all limits and deadlines of the connections, in place of those that have been set before. All connections share
    /// them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// use std::time::Duration;
    /// use sockeye::Config;
    ///
    /// let config = Config::default().max_incoming_size(4 << 20).write_timeout(Duration::from_secs(5));
    /// let server = sockeye::serve("127.0.0.1:8765", handle).config(config).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.accept = self.accept.config(config);
        self
    }

    /// Sets the time limit for the TLS handshake and the opening handshake together. The default is 10 seconds, and `None` is no
    /// limit.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// use std::time::Duration;
    ///
    /// let server =
    ///     sockeye::serve("127.0.0.1:8765", handle).open_timeout(Duration::from_secs(3)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn open_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.accept = self.accept.open_timeout(timeout);
        self
    }

    /// Sets the time limit for the closing handshake and the end of the transport. The default is 10 seconds, and `None` is no
    /// limit.
    pub fn close_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings().config_mut().close_timeout = timeout.into();
        self
    }

    /// Sets the interval between keepalive pings. The default is 20 seconds, and `None` disables them.
    ///
    /// Pings detect a client that is gone, and keep intermediaries from ending an idle connection. They are sent only while the
    /// handler awaits a method of the connection.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// use std::time::Duration;
    ///
    /// let server = sockeye::serve("127.0.0.1:8765", handle)
    ///     .ping_interval(Duration::from_secs(30))
    ///     .ping_timeout(Duration::from_secs(10))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn ping_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.settings().config_mut().ping_interval = interval.into();
        self
    }

    /// Sets the time limit for data from the client after a keepalive ping. The default is 20 seconds, and `None` is no limit.
    ///
    /// Every received byte counts, not only the pong.
    pub fn ping_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings().config_mut().ping_timeout = timeout.into();
        self
    }

    /// Sets the maximum size of a message in bytes, in both directions. By default it is 1 MiB for incoming messages, after
    /// decompression, and unlimited for outgoing ones. `None` is no limit.
    ///
    /// An incoming message over the limit ends the connection with 1009. [`Config`] has separate limits for both directions.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// # use sockeye::{HandlerError, WebSocket};
    /// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
    /// let server = sockeye::serve("127.0.0.1:8765", handle).max_size(64 << 10).await?; // 64 KiB
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_size(mut self, size: impl Into<Option<usize>>) -> Self {
        let size = size.into().map(|size| size as u64);
        let config = self.settings().config_mut();
        (config.max_incoming_size, config.max_outgoing_size) = (size, size);
        self
    }
}
