//! The options of [`Connect`] for the request and the connection.

use std::{mem, time::Duration};

use http::{HeaderName, HeaderValue};
use sockeye_errors::HandshakeError;
use sockeye_handshake::{ClientOptions, Credentials};
use sockeye_protocol::Config;

use crate::Connect;

impl<R, W> Connect<R, W> {
    /// Offers subprotocols, in order of preference ([RFC 6455 §1.9](https://www.rfc-editor.org/rfc/rfc6455#section-1.9)).
    ///
    /// The server selects one of them or none. [`WebSocket::subprotocol`](sockeye_connection::WebSocket::subprotocol) returns the result. A server that selects a
    /// subprotocol which was not offered fails the handshake. By default none is offered.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let ws = sockeye::connect("ws://localhost:8765").subprotocols(["chat.v2", "chat.v1"]).await?;
    /// println!("{:?}", ws.subprotocol());
    /// # Ok(())
    /// # }
    /// ```
    pub fn subprotocols<I>(self, subprotocols: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.set_option(|options| options.subprotocols(subprotocols))
    }

    /// Adds a header to the request.
    ///
    /// Names and values are strings or the types of the crate http. The headers of the handshake itself are reserved. A value
    /// that is marked as sensitive is never printed, and never sent to another origin after a redirect.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use sockeye::http::{HeaderValue, header};
    ///
    /// let mut token = HeaderValue::from_static("Bearer s3cr3t");
    /// token.set_sensitive(true);
    /// let ws = sockeye::connect("wss://example.com/feed")
    ///     .header(header::AUTHORIZATION, token)
    ///     .header("x-client", "7")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.set_option(|options| options.header(name, value))
    }

    /// Sends an `Origin` header, as a browser does for a script of that site
    /// ([RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)).
    ///
    /// By default none is sent. Some servers admit only requests with their own origin.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let ws = sockeye::connect("wss://example.com/feed").origin("https://example.com").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.options.origin = Some(origin.into());
        self
    }

    /// Sets the `User-Agent` header. `None` omits it. The default names the library and its version.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let ws = sockeye::connect("ws://localhost:8765").user_agent("chat/2.1".to_owned()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn user_agent(mut self, user_agent: impl Into<Option<String>>) -> Self {
        self.options.user_agent = user_agent.into();
        self
    }

    /// Sends a user name and a password (Basic, [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)), in place of those in the
    /// URI.
    ///
    /// After a redirect to another origin they are not sent.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use sockeye::client::Credentials;
    ///
    /// let credentials = Credentials::new("user", "s3cr3t").expect("the name contains no colon");
    /// let ws = sockeye::connect("wss://example.com/feed").basic_auth(credentials).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn basic_auth(mut self, credentials: Credentials) -> Self {
        self.options.credentials = Some(credentials);
        self
    }

    /// Sets all options of the request, in place of those that have been set before, including the headers. Call it before
    /// the methods that set one option.
    ///
    /// [`ClientOptions`] contains the options that have a method here, and the limits for the response.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use sockeye::client::{ClientOptions, Limits};
    ///
    /// let options = ClientOptions::default().limits(Limits::default().max_body(0));
    /// let ws = sockeye::connect("ws://localhost:8765").options(options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn options(mut self, options: ClientOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets the time limit for everything until the connection is open: name resolution, TCP, proxy, TLS, redirects and the
    /// opening handshake together. The default is 10 seconds, and `None` is no limit.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use std::time::Duration;
    ///
    /// let ws = sockeye::connect("ws://localhost:8765").open_timeout(Duration::from_secs(3)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn open_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.open_timeout = timeout.into();
        self
    }

    /// Sets the time limit for the closing handshake and the end of the transport. The default is 10 seconds, and `None` is no
    /// limit.
    pub fn close_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.config.close_timeout = timeout.into();
        self
    }

    /// Sets the interval between keepalive pings. The default is 20 seconds, and `None` disables them.
    ///
    /// Pings detect a peer that is gone, and keep intermediaries from ending an idle connection. They are sent only while a task
    /// awaits a method of the connection.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use std::time::Duration;
    ///
    /// let ws = sockeye::connect("ws://localhost:8765")
    ///     .ping_interval(Duration::from_secs(30))
    ///     .ping_timeout(Duration::from_secs(10))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn ping_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.config.ping_interval = interval.into();
        self
    }

    /// Sets the time limit for data from the server after a keepalive ping. The default is 20 seconds, and `None` is no limit.
    ///
    /// Every received byte counts, not only the pong.
    pub fn ping_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.config.ping_timeout = timeout.into();
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
    /// let ws = sockeye::connect("ws://localhost:8765").max_size(16 << 20).await?; // 16 MiB
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_size(mut self, size: impl Into<Option<usize>>) -> Self {
        let size = size.into().map(|size| size as u64);
        (self.config.max_incoming_size, self.config.max_outgoing_size) = (size, size);
        self
    }

    /// Sets all limits and deadlines of the connection, in place of those that have been set before.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use std::time::Duration;
    /// use sockeye::Config;
    ///
    /// let config = Config::default().max_incoming_size(4 << 20).write_timeout(Duration::from_secs(5));
    /// let ws = sockeye::connect("ws://localhost:8765").config(config).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Changes the options. An invalid value is reported when the builder is awaited.
    fn set_option<E: Into<HandshakeError>>(
        mut self,
        set: impl FnOnce(ClientOptions) -> Result<ClientOptions, E>,
    ) -> Self {
        match set(mem::take(&mut self.options)) {
            Ok(options) => self.options = options,
            Err(error) if self.uri.is_ok() => self.uri = Err(error.into().into()),
            Err(_) => {}
        }
        self
    }
}
