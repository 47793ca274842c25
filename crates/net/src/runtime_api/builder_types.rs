//! The aliases of the builders of clients and servers.

/// Defines an alias of each generic builder of the crates `sockeye-client` and `sockeye-server`, with the runtime filled in.
/// Part of [`runtime_api!`](crate::runtime_api), with the same arguments.
///
/// The page of a type alias shows no methods without JavaScript. So each alias has an example and a table of the methods.
#[macro_export]
macro_rules! builder_types {
    ($runtime:ty, $facade:literal, $module:literal) => {
        /// A client connection that is about to be opened: set options, then await it. Created by [`connect`].
        ///
        /// This is an alias of the generic type [`Connect`](sockeye_client::Connect).
        ///
        /// # Examples
        ///
        /// ```no_run
        /// # async fn example() -> Result<(), sockeye::Error> {
        /// use std::time::Duration;
        ///
        #[doc = concat!("let mut ws = ", $facade, "::connect(\"wss://example.com/chat\")")]
        ///     .subprotocols(["chat"])
        ///     .header("x-api-key", "s3cr3t")
        ///     .open_timeout(Duration::from_secs(5))
        ///     .await?;
        /// ws.send("Hello").await?;
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Methods
        ///
        /// | method | purpose |
        /// | --- | --- |
        /// | [`subprotocols`](sockeye_client::Connect::subprotocols) | offers subprotocols, the preferred one first |
        /// | [`header`](sockeye_client::Connect::header) | adds a header to the request |
        /// | [`origin`](sockeye_client::Connect::origin) | sends an `Origin`, like a browser |
        /// | [`user_agent`](sockeye_client::Connect::user_agent) | replaces or removes the `User-Agent` |
        /// | [`basic_auth`](sockeye_client::Connect::basic_auth) | sends a user name and a password |
        /// | [`options`](sockeye_client::Connect::options) | sets all options of the opening handshake |
        /// | [`compression`](sockeye_client::Connect::compression) | offers compression; off by default |
        /// | [`open_timeout`](sockeye_client::Connect::open_timeout) | limits the time until the connection is open; 10 s |
        /// | [`close_timeout`](sockeye_client::Connect::close_timeout) | limits the closing handshake; 10 s |
        /// | [`ping_interval`](sockeye_client::Connect::ping_interval) | sets the time between keepalive pings; 20 s |
        /// | [`ping_timeout`](sockeye_client::Connect::ping_timeout) | limits the silence after a ping; 20 s |
        /// | [`max_size`](sockeye_client::Connect::max_size) | limits messages; 1 MiB for incoming ones |
        /// | [`config`](sockeye_client::Connect::config) | sets all limits and deadlines of the connection |
        /// | [`tls`](sockeye_client::Connect::tls) | sets the TLS configuration |
        /// | [`proxy`](sockeye_client::Connect::proxy) | selects a proxy, instead of that of the environment |
        /// | [`no_proxy`](sockeye_client::Connect::no_proxy) | connects without a proxy |
        /// | [`proxy_header`](sockeye_client::Connect::proxy_header) | adds a header to the request to an HTTP proxy |
        /// | [`proxy_tls`](sockeye_client::Connect::proxy_tls) | sets the TLS configuration for an `https` proxy |
        /// | [`address`](sockeye_client::Connect::address) | connects to another host and port than the URI's |
        /// | [`unix`](sockeye_client::Connect::unix) | connects to a Unix socket |
        /// | [`connector`](sockeye_client::Connect::connector) | opens the transport with a function of the application |
        /// | [`tcp_options`](sockeye_client::Connect::tcp_options) | sets the options of the TCP connection |
        /// | [`redirects`](sockeye_client::Connect::redirects) | sets the maximum number of redirects; 5 |
        /// | [`reconnect`](sockeye_client::Connect::reconnect) | converts the builder to a client that reconnects |
        pub type Connect = ::sockeye_client::Connect<$runtime, ::sockeye_client::Dial>;

        /// A client connection over an existing stream that is about to be opened: set options, then await it. Created by
        /// [`client`].
        ///
        /// This is an alias of the generic type [`Connect`](sockeye_client::Connect).
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("use ", $module, "::{ConnectOver, Stream, WebSocket};")]
        ///
        /// async fn open(stream: Stream) -> Result<WebSocket, sockeye::Error> {
        #[doc = concat!("    let connect: ConnectOver<Stream> = ", $facade, "::client(\"ws://localhost/\", stream);")]
        ///     connect.subprotocols(["chat"]).await
        /// }
        /// ```
        ///
        /// # Methods
        ///
        /// | method | purpose |
        /// | --- | --- |
        /// | [`open`](sockeye_client::Connect::open) | opens the connection; awaiting does the same for streams that are `Send` |
        /// | [`subprotocols`](sockeye_client::Connect::subprotocols) | offers subprotocols, the preferred one first |
        /// | [`header`](sockeye_client::Connect::header) | adds a header to the request |
        /// | [`origin`](sockeye_client::Connect::origin) | sends an `Origin`, like a browser |
        /// | [`user_agent`](sockeye_client::Connect::user_agent) | replaces or removes the `User-Agent` |
        /// | [`basic_auth`](sockeye_client::Connect::basic_auth) | sends a user name and a password |
        /// | [`options`](sockeye_client::Connect::options) | sets all options of the opening handshake |
        /// | [`compression`](sockeye_client::Connect::compression) | offers compression; off by default |
        /// | [`open_timeout`](sockeye_client::Connect::open_timeout) | limits the opening handshake; 10 s |
        /// | [`close_timeout`](sockeye_client::Connect::close_timeout) | limits the closing handshake; 10 s |
        /// | [`ping_interval`](sockeye_client::Connect::ping_interval) | sets the time between keepalive pings; 20 s |
        /// | [`ping_timeout`](sockeye_client::Connect::ping_timeout) | limits the silence after a ping; 20 s |
        /// | [`max_size`](sockeye_client::Connect::max_size) | limits messages; 1 MiB for incoming ones |
        /// | [`config`](sockeye_client::Connect::config) | sets all limits and deadlines of the connection |
        pub type ConnectOver<S> = ::sockeye_client::Connect<$runtime, ::sockeye_client::OverStream<S>>;

        /// A client that reconnects. Created by [`reconnect`] and by [`Connect::reconnect`](sockeye_client::Connect::reconnect).
        ///
        /// This is an alias of the generic type [`Reconnect`](sockeye_client::Reconnect).
        ///
        /// # Examples
        ///
        /// ```no_run
        /// # async fn example() -> Result<(), sockeye::Error> {
        #[doc = concat!("let mut connections = ", $facade, "::reconnect(\"wss://example.com/feed\").max_attempts(10);")]
        /// while let Some(mut ws) = connections.next().await? {
        ///     while let Ok(Some(message)) = ws.next().await {
        ///         println!("{message:?}");
        ///     }
        /// }
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Methods
        ///
        /// | method | purpose |
        /// | --- | --- |
        /// | [`next`](sockeye_client::Reconnect::next) | opens the next connection; `None` after an error |
        /// | [`backoff`](sockeye_client::Reconnect::backoff) | sets the limits of the delay; 1 s, doubling to 60 s |
        /// | [`stable_after`](sockeye_client::Reconnect::stable_after) | sets the lifetime that resets the delay; 10 s |
        /// | [`max_attempts`](sockeye_client::Reconnect::max_attempts) | limits failed attempts in a row; no limit |
        /// | [`retry_if`](sockeye_client::Reconnect::retry_if) | decides which errors are retried |
        /// | [`on_event`](sockeye_client::Reconnect::on_event) | observes attempts, connections and delays |
        pub type Reconnect = ::sockeye_client::Reconnect<$runtime>;

        /// A server that is about to listen: set options, then await it. Created by [`serve`] and `serve_unix`.
        ///
        /// This is an alias of the generic type [`Serve`](sockeye_server::Serve). Awaiting it returns a
        /// [`Server`](sockeye_server::Server).
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("use ", $facade, "::WebSocket;")]
        /// use sockeye::{http::StatusCode, server::Decision};
        ///
        /// # async fn example() -> Result<(), sockeye::Error> {
        #[doc = concat!("let server = ", $facade, "::serve(\"127.0.0.1:8765\", |mut ws: WebSocket| async move {")]
        ///     while let Some(message) = ws.next().await? {
        ///         ws.feed(message).await?;
        ///     }
        ///     Ok(())
        /// })
        /// .origins(["https://example.com"])
        /// .on_request(|request| match request.path() {
        ///     "/healthz" => Decision::reject(StatusCode::OK, "healthy"),
        ///     _ => Decision::Accept,
        /// })
        /// .await?;
        /// println!("listening on {}", server.local_addr());
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Methods
        ///
        /// | method | purpose |
        /// | --- | --- |
        /// | [`on_request`](sockeye_server::Serve::on_request) | accepts or rejects each request before it is validated |
        /// | [`on_error`](sockeye_server::Serve::on_error) | observes handlers that fail or panic |
        /// | [`origins`](sockeye_server::Serve::origins) | admits origins; by default only the server's own |
        /// | [`subprotocols`](sockeye_server::Serve::subprotocols) | sets the subprotocols, the preferred one first |
        /// | [`header`](sockeye_server::Serve::header) | adds a header to the responses |
        /// | [`options`](sockeye_server::Serve::options) | sets all rules for requests |
        /// | [`compression`](sockeye_server::Serve::compression) | accepts compression; off by default |
        /// | [`tls`](sockeye_server::Serve::tls) | serves `wss` |
        /// | [`limits`](sockeye_server::Serve::limits) | limits the head of a request |
        /// | [`max_handshakes`](sockeye_server::Serve::max_handshakes) | limits the handshakes in progress; 4096 |
        /// | [`max_handshakes_per_address`](sockeye_server::Serve::max_handshakes_per_address) | limits those of an address; 1024 |
        /// | [`shutdown_timeout`](sockeye_server::Serve::shutdown_timeout) | limits the time that `close` waits for handlers; 20 s |
        /// | [`slow_consumers`](sockeye_server::Serve::slow_consumers) | sets the limits of a queue, and the treatment of slow consumers |
        /// | [`open_timeout`](sockeye_server::Serve::open_timeout) | limits TLS and the opening handshake; 10 s |
        /// | [`close_timeout`](sockeye_server::Serve::close_timeout) | limits the closing handshake; 10 s |
        /// | [`ping_interval`](sockeye_server::Serve::ping_interval) | sets the time between keepalive pings; 20 s |
        /// | [`ping_timeout`](sockeye_server::Serve::ping_timeout) | limits the silence after a ping; 20 s |
        /// | [`max_size`](sockeye_server::Serve::max_size) | limits messages; 1 MiB for incoming ones |
        /// | [`config`](sockeye_server::Serve::config) | sets all limits and deadlines of the connections |
        /// | [`tcp_options`](sockeye_server::Serve::tcp_options) | sets the options of the TCP connections |
        /// | [`backlog`](sockeye_server::Serve::backlog) | sets the number of connections that wait to be accepted; 1024 |
        pub type Serve<A = ::std::net::SocketAddr> = ::sockeye_server::Serve<$runtime, A>;

        /// A connection that is about to be accepted on a stream: set options, then await it. Created by [`accept`].
        ///
        /// This is an alias of the generic type [`Accept`](sockeye_server::Accept). Awaiting it returns an
        /// [`UpgradeRequest`](sockeye_server::UpgradeRequest).
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("use ", $module, "::{Stream, WebSocket};")]
        /// use std::time::Duration;
        ///
        /// async fn open(stream: Stream) -> Result<WebSocket, sockeye::Error> {
        #[doc = concat!("    let request = ", $facade, "::accept(stream).open_timeout(Duration::from_secs(5)).await?;")]
        ///     request.accept().await
        /// }
        /// ```
        ///
        /// # Methods
        ///
        /// | method | purpose |
        /// | --- | --- |
        /// | [`open`](sockeye_server::Accept::open) | reads the request; awaiting does the same for streams that are `Send` |
        /// | [`options`](sockeye_server::Accept::options) | sets all rules for the request |
        /// | [`compression`](sockeye_server::Accept::compression) | accepts compression; off by default |
        /// | [`limits`](sockeye_server::Accept::limits) | limits the head of the request |
        /// | [`open_timeout`](sockeye_server::Accept::open_timeout) | limits the opening handshake; 10 s |
        /// | [`config`](sockeye_server::Accept::config) | sets all limits and deadlines of the connection |
        /// | [`wait_for_peer_eof`](sockeye_server::Accept::wait_for_peer_eof) | waits for the end of the client's stream |
        pub type Accept<S> = ::sockeye_server::Accept<$runtime, S>;

        /// A valid request for a connection that waits for a response. Returned by awaiting [`Accept`].
        ///
        /// This is an alias of the generic type [`UpgradeRequest`](sockeye_server::UpgradeRequest).
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("use ", $module, "::{Stream, UpgradeRequest};")]
        /// use sockeye::http::StatusCode;
        ///
        /// async fn decide(request: UpgradeRequest<Stream>) -> Result<(), sockeye::Error> {
        ///     if request.request().path() != "/chat" {
        ///         return request.reject(StatusCode::NOT_FOUND, "no such room").await;
        ///     }
        ///     let mut ws = request.header("x-room", "chat").accept().await?;
        ///     ws.send("welcome").await
        /// }
        /// ```
        ///
        /// # Methods
        ///
        /// | method | purpose |
        /// | --- | --- |
        /// | [`request`](sockeye_server::UpgradeRequest::request) | the request |
        /// | [`offered_subprotocols`](sockeye_server::UpgradeRequest::offered_subprotocols) | the subprotocols that the client offers |
        /// | [`subprotocol`](sockeye_server::UpgradeRequest::subprotocol) | selects the subprotocol |
        /// | [`header`](sockeye_server::UpgradeRequest::header) | adds a header to the response |
        /// | [`accept`](sockeye_server::UpgradeRequest::accept) | accepts the request and opens the connection |
        /// | [`reject`](sockeye_server::UpgradeRequest::reject) | rejects the request with a status and a body |
        /// | [`reject_with`](sockeye_server::UpgradeRequest::reject_with) | rejects the request with any response |
        pub type UpgradeRequest<S> = ::sockeye_server::UpgradeRequest<S, $runtime>;
    };
}
