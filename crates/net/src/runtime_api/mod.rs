//! The functions and type aliases that every runtime crate exports.

/// Defines the API of a runtime crate: the functions `connect`, `client`, `reconnect`, `serve`, `serve_unix` and `accept`,
/// and an alias of each generic type with the runtime filled in.
///
/// The arguments are the runtime type and the path of the crate's module in the facade, for the examples. The crate has a
/// type `Stream` at its root, and depends on the crates `sockeye-client`, `sockeye-connection`, `sockeye-errors`,
/// `sockeye-handshake`, `sockeye-net` and `sockeye-server`.
///
/// A macro, because the three runtime crates would otherwise contain the same 150 lines.
#[macro_export]
macro_rules! runtime_api {
    ($runtime:ty, $facade:literal) => {
        /// Connects to a WebSocket server.
        ///
        /// Returns a builder. Set options and await it.
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("# async fn example() -> Result<(), sockeye::Error> {")]
        #[doc = concat!("let mut ws = ", $facade, "::connect(\"ws://127.0.0.1:8765/\").await?;")]
        /// ws.send("Hello").await?;
        /// println!("{}", ws.recv().await?);
        /// ws.close().await?;
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        ///
        /// Awaiting the builder returns any [`Error`](sockeye_errors::Error) except `ConnectionClosed`.
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
        /// expects it.
        ///
        /// # Errors
        ///
        /// Awaiting the builder returns any [`Error`](sockeye_errors::Error) except `ConnectionClosed`.
        pub fn client<S, U>(uri: U, stream: S) -> ConnectOver<S>
        where
            $runtime: ::sockeye_net::Io<S>,
            U: ::core::convert::TryInto<::sockeye_handshake::WebSocketUri>,
            U::Error: ::core::convert::Into<::sockeye_errors::Error>,
        {
            ::sockeye_client::client(uri, stream)
        }

        /// Connects to a server, and reconnects each time [`next`](sockeye_client::Reconnect::next) is called.
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("# async fn example() -> Result<(), sockeye::Error> {")]
        #[doc = concat!("let mut connections = ", $facade, "::reconnect(\"ws://127.0.0.1:8765/\");")]
        /// while let Some(mut ws) = connections.next().await? {
        ///     while let Ok(message) = ws.recv().await {
        ///         println!("{message}");
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
        /// When the handler has returned and has dropped the connection, the server closes it: with 1000 after `Ok`, with
        /// 1011 after an error or a panic.
        ///
        /// A handler returns `Result<(), HandlerError>`. `?` converts any error. A function declares this type, a closure
        /// infers it.
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("use ", $facade, "::WebSocket;")]
        /// use sockeye::HandlerError;
        ///
        /// async fn echo(mut ws: WebSocket) -> Result<(), HandlerError> {
        ///     while let Some(message) = ws.next().await? {
        ///         // Queues the reply; it is written before the connection waits for the next message.
        ///         ws.feed(message).await?;
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
        pub fn serve<H, F>(bind: impl ::core::convert::Into<::sockeye_server::Bind>, handler: H) -> Serve<H>
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
        /// # Errors
        ///
        /// Awaiting the builder returns an error if the path cannot be bound, see
        /// [`BindUnix`](sockeye_server::BindUnix), or a setting is invalid.
        #[cfg(unix)]
        pub fn serve_unix<H, F>(
            bind: impl ::core::convert::Into<::sockeye_server::BindUnix>,
            handler: H,
        ) -> Serve<H, ::sockeye_server::BindUnix>
        where
            H: ::core::ops::Fn(WebSocket) -> F + ::core::marker::Send + ::core::marker::Sync + 'static,
            F: ::core::future::Future<Output = ::core::result::Result<(), ::sockeye_server::HandlerError>>
                + ::core::marker::Send
                + 'static,
        {
            ::sockeye_server::serve_unix(bind, handler)
        }

        /// Accepts a WebSocket connection on a stream.
        ///
        /// Awaiting the builder reads and validates the request. The caller decides on it:
        /// [`UpgradeRequest::accept`](sockeye_server::UpgradeRequest::accept) opens the connection.
        ///
        /// # Errors
        ///
        /// Awaiting the builder returns an error if the request does not ask for a WebSocket connection or is not
        /// admitted. The client has received a response then.
        pub fn accept<S>(stream: S) -> Accept<S>
        where
            $runtime: ::sockeye_net::Io<S>,
        {
            ::sockeye_server::accept(stream)
        }

        /// A WebSocket connection over the stream `S`.
        pub type WebSocket<S = Stream> = ::sockeye_connection::WebSocket<S, $runtime>;

        /// The sending half of a connection.
        pub type Sender<S = Stream> = ::sockeye_connection::Sender<S, $runtime>;

        /// The receiving half of a connection.
        pub type Receiver<S = Stream> = ::sockeye_connection::Receiver<S, $runtime>;

        /// Receives a message in parts.
        pub type MessageReader<'a, S = Stream> = ::sockeye_connection::MessageReader<'a, S, $runtime>;

        /// Sends a message in parts.
        pub type MessageWriter<'a, S = Stream> = ::sockeye_connection::MessageWriter<'a, S, $runtime>;

        /// A future that receives until the pong of a ping arrives.
        pub type PongFutureMut<'a, S = Stream> = ::sockeye_connection::PongFutureMut<'a, S, $runtime>;

        /// A builder for a client connection.
        pub type Connect = ::sockeye_client::Connect<$runtime, ::sockeye_client::Dial>;

        /// A builder for a client connection over a stream that is already connected.
        pub type ConnectOver<S> = ::sockeye_client::Connect<$runtime, ::sockeye_client::OverStream<S>>;

        /// A client that reconnects.
        pub type Reconnect = ::sockeye_client::Reconnect<$runtime>;

        /// A builder for a server.
        pub type Serve<H, B = ::sockeye_server::Bind> = ::sockeye_server::Serve<$runtime, H, B>;

        /// A builder for a connection that is accepted on a stream.
        pub type Accept<S> = ::sockeye_server::Accept<$runtime, S>;

        /// A valid request for a connection that waits for a response.
        pub type UpgradeRequest<S> = ::sockeye_server::UpgradeRequest<S, $runtime>;
    };
}
