//! The options of [`Connect`] for the transport.

use std::{future::Future, io};

use sockeye_net::{Io, TcpOptions};

use crate::{Connect, Dial, connector::Connector, dial::ConnectTo};

impl<R> Connect<R, Dial> {
    /// Sets the options of the TCP connection, for example its local address or network interface.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use std::time::Duration;
    /// use sockeye::connection::TcpOptions;
    ///
    /// let options = TcpOptions::default().keepalive(Duration::from_secs(60)).interface("eth0");
    /// let ws = sockeye::connect("ws://localhost:8765").tcp_options(options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tcp_options(mut self, options: TcpOptions) -> Self {
        self.transport.tcp = options;
        self
    }

    /// Connects to this host and port in place of those of the URI. The URI still determines the request and the name in the
    /// certificate.
    ///
    /// A redirect to another origin uses the host and port of its location.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// // Tests one machine behind a load balancer.
    /// let ws = sockeye::connect("wss://example.com/feed").address("10.0.0.7", 8443).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn address(mut self, host: impl Into<String>, port: u16) -> Self {
        self.connect_to = ConnectTo::Host(host.into(), port);
        self
    }

    /// Connects to the Unix socket at this path, without a proxy or connector. The URI still determines the request and, if
    /// it is `wss`, the name in the certificate.
    ///
    /// A redirect to another origin uses the host and port of its location.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let ws = sockeye::connect("ws://localhost/chat").unix("/run/chat.sock").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(unix)]
    pub fn unix(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.connect_to = ConnectTo::Unix(path.into());
        self
    }

    /// Sets a function that opens the transport to a host and port, without a proxy. A `wss` URI adds TLS to its stream.
    ///
    /// The arguments are those of the URI, of [`address`](Self::address), or of a redirect. The stream is of any type that
    /// implements the I/O traits of the runtime.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// use tokio::net::TcpStream;
    ///
    /// let ws = sockeye::connect("ws://example.com/feed")
    ///     .connector(|host, port| async move { TcpStream::connect((host, port)).await })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn connector<S, C, F>(mut self, connect: C) -> Self
    where
        R: Io<S> + 'static,
        S: Send + Unpin + 'static,
        C: Fn(String, u16) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
    {
        self.transport.connector = Some(Connector::new::<R, S, C, F>(connect));
        self
    }

    /// Sets the maximum number of redirects ([RFC 9110 §15.4](https://www.rfc-editor.org/rfc/rfc9110#section-15.4)). The
    /// default is 5. With 0, a redirect is an error like any other status.
    ///
    /// A redirect from `wss` to `ws` is never followed. Credentials, cookies and headers that are marked as sensitive are not
    /// sent to another origin.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let ws = sockeye::connect("ws://localhost:8765").redirects(0).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn redirects(mut self, max: usize) -> Self {
        self.transport.redirects = max;
        self
    }
}
