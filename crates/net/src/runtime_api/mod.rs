//! The functions and type aliases that every runtime crate exports.

mod builder_types;
mod connection_types;

/// Defines the API of a runtime crate: the functions `connect`, `client`, `reconnect`, `serve`, `serve_unix` and `accept`,
/// and an alias of each generic type with the runtime filled in.
///
/// The arguments are the runtime type and, for the examples, the paths of its functions and of its module in the facade. The
/// crate has a type `Stream` at its root, and depends on the crates `sockeye-client`, `sockeye-connection`, `sockeye-errors`,
/// `sockeye-handshake`, `sockeye-net` and `sockeye-server`.
///
/// A macro, because the three runtime crates would otherwise contain the same 500 lines of functions, aliases and
/// documentation.
#[macro_export]
macro_rules! runtime_api {
    ($runtime:ty, $facade:literal, $module:literal) => {
        /// Connects to a WebSocket server ([RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)).
        ///
        /// Returns a builder: set options, then await it. The URI is a string such as `wss://user:password@host:port/path`,
        /// a [`WebSocketUri`](sockeye_handshake::WebSocketUri) or an `http::Uri`. The connection is opened within 10
        /// seconds, including name resolution, proxy, TLS and redirects, unless
        /// [`open_timeout`](sockeye_client::Connect::open_timeout) sets another limit.
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("# async fn example() -> Result<(), sockeye::Error> {")]
        #[doc = concat!("let mut ws = ", $facade, "::connect(\"ws://127.0.0.1:8765/\").await?;")]
        /// ws.send("Hello").await?;
        /// println!("{:?}", ws.recv().await?);
        /// ws.close().await?;
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        ///
        /// Awaiting the builder returns an error if the URI or an option is invalid, if no connection to the server or the
        /// proxy can be opened in time, or if the server rejects the handshake. It is any
        /// [`Error`](sockeye_errors::Error) except `ConnectionClosed`.
        ///
        /// # Cancel safety
        ///
        /// Dropping the future closes the transport.
        pub fn connect<U>(uri: U) -> Connect
        where
            U: ::core::convert::TryInto<::sockeye_handshake::WebSocketUri>,
            U::Error: ::core::convert::Into<::sockeye_errors::Error>,
        {
            ::sockeye_client::connect(uri)
        }

        /// Connects to a WebSocket server over a stream that is already connected.
        ///
        /// The URI determines the request. It has no influence on the stream, which must use TLS already if the server
        /// expects it. No proxy is used and no redirect is followed.
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("use ", $module, "::{Stream, WebSocket};")]
        ///
        /// async fn open(stream: Stream) -> Result<WebSocket, sockeye::Error> {
        #[doc = concat!("    ", $facade, "::client(\"ws://localhost/chat\", stream).await")]
        /// }
        /// ```
        ///
        /// # Errors
        ///
        /// Awaiting the builder returns an error if the URI or an option is invalid, if the stream fails, or if the server
        /// rejects the handshake.
        ///
        /// # Cancel safety
        ///
        /// Dropping the future drops the stream.
        pub fn client<S, U>(uri: U, stream: S) -> ConnectOver<S>
        where
            $runtime: ::sockeye_net::Io<S>,
            U: ::core::convert::TryInto<::sockeye_handshake::WebSocketUri>,
            U::Error: ::core::convert::Into<::sockeye_errors::Error>,
        {
            ::sockeye_client::client(uri, stream)
        }

        /// Connects to a server, and reconnects each time [`next`](sockeye_client::Reconnect::next) is called
        /// ([RFC 6455 §7.2.3](https://www.rfc-editor.org/rfc/rfc6455#section-7.2.3)).
        ///
        /// Short for `connect(uri).reconnect()`, for a client without options.
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("# async fn example() -> Result<(), sockeye::Error> {")]
        #[doc = concat!("let mut connections = ", $facade, "::reconnect(\"ws://127.0.0.1:8765/\");")]
        /// while let Some(mut ws) = connections.next().await? {
        ///     while let Ok(message) = ws.recv().await {
        ///         println!("{message:?}");
        ///     }
        /// }
        /// # Ok(())
        /// # }
        /// ```
        pub fn reconnect<U>(uri: U) -> Reconnect
        where
            U: ::core::convert::TryInto<::sockeye_handshake::WebSocketUri>,
            U::Error: ::core::convert::Into<::sockeye_errors::Error>,
        {
            ::sockeye_client::reconnect(uri)
        }

        /// Listens for connections and calls `handler` for each, in a task of its own.
        ///
        /// Returns a builder: set options, then await it. The result is a [`Server`](sockeye_server::Server), which stops
        /// listening when it is dropped.
        ///
        /// A handler is an asynchronous function or closure. It receives the connection and returns
        /// `Result<(), HandlerError>`, into which `?` converts any error. When the handler has returned and has dropped the
        /// connection, the server closes it: with 1000 after `Ok`, with 1011 after an error or a panic. To call a function
        /// with another error type, wrap it: `|ws| async { Ok(handle(ws).await?) }`.
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("use ", $facade, "::WebSocket;")]
        /// use sockeye::HandlerError;
        ///
        /// async fn echo(mut ws: WebSocket) -> Result<(), HandlerError> {
        ///     while let Some(message) = ws.next().await? {
        ///         ws.feed(message).await?; // queued; written before `next` waits
        ///     }
        ///     Ok(())
        /// }
        ///
        /// # async fn example() -> Result<(), sockeye::Error> {
        #[doc = concat!("let server = ", $facade, "::serve(\"127.0.0.1:8765\", echo).await?;")]
        /// println!("listening on {}", server.local_addr());
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        ///
        /// Awaiting the builder returns an error if the address cannot be bound or a setting is invalid.
        pub fn serve<H, F>(bind: impl ::core::convert::Into<::sockeye_server::Bind>, handler: H) -> Serve
        where
            H: ::core::ops::Fn(WebSocket) -> F + ::core::marker::Send + ::core::marker::Sync + 'static,
            F: ::core::future::Future<Output = ::core::result::Result<(), ::sockeye_server::HandlerError>>
                + ::core::marker::Send
                + 'static,
        {
            ::sockeye_server::serve(bind, handler)
        }

        /// Listens for connections on a Unix socket. Otherwise like [`serve`].
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("use ", $facade, "::WebSocket;")]
        ///
        /// # async fn example() -> Result<(), sockeye::Error> {
        #[doc = concat!("let server = ", $facade, "::serve_unix(\"/run/chat.sock\", |mut ws: WebSocket| async move {")]
        ///     ws.send("Hello").await?;
        ///     Ok(())
        /// })
        /// .await?;
        /// println!("listening on {:?}", server.local_addr());
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        ///
        /// Awaiting the builder returns an error if the path cannot be bound or a setting is invalid.
        /// [`BindUnix`](sockeye_server::BindUnix) describes which existing files are replaced.
        #[cfg(unix)]
        pub fn serve_unix<H, F>(
            bind: impl ::core::convert::Into<::sockeye_server::BindUnix>,
            handler: H,
        ) -> Serve<::std::os::unix::net::SocketAddr>
        where
            H: ::core::ops::Fn(WebSocket) -> F + ::core::marker::Send + ::core::marker::Sync + 'static,
            F: ::core::future::Future<Output = ::core::result::Result<(), ::sockeye_server::HandlerError>>
                + ::core::marker::Send
                + 'static,
        {
            ::sockeye_server::serve_unix(bind, handler)
        }

        /// Accepts a WebSocket connection on a stream
        /// ([RFC 6455 §4.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2)).
        ///
        /// Returns a builder: set options, then await it. Awaiting it reads and validates the request. The caller decides
        /// on it: [`accept`](sockeye_server::UpgradeRequest::accept) opens the connection, and
        /// [`reject`](sockeye_server::UpgradeRequest::reject) sends another response.
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("use ", $module, "::{Stream, WebSocket};")]
        ///
        /// async fn open(stream: Stream) -> Result<WebSocket, sockeye::Error> {
        #[doc = concat!("    let request = ", $facade, "::accept(stream).await?;")]
        ///     println!("{}", request.request().path());
        ///     request.accept().await
        /// }
        /// ```
        ///
        /// # Errors
        ///
        /// Awaiting the builder returns an error if the request does not ask for a WebSocket connection, if the options do
        /// not admit it, or if the stream fails. In the first two cases the client has received a response.
        ///
        /// # Cancel safety
        ///
        /// Dropping the future drops the stream.
        pub fn accept<S>(stream: S) -> Accept<S>
        where
            $runtime: ::sockeye_net::Io<S>,
        {
            ::sockeye_server::accept(stream)
        }

        $crate::connection_types!($runtime, $facade, $module);
        $crate::builder_types!($runtime, $facade, $module);
    };
}
