//! [`Error`], the sum of all failures, and the methods that answer questions about it.

use std::{borrow::Cow, convert::Infallible, error::Error as StdError, fmt, io, time::Duration};

use http::{HeaderMap, StatusCode};

use crate::{
    AddressError, CloseCause, CloseCode, ConnectionClosed, ErrorCategory, HandshakeError,
    InvalidUri, ProtocolError, ProxyError, QueueFull, Severity, SocksReply, Timeout,
    address::address_of, hint, remote::Remote, report, retry_after,
};

/// Any failure of a WebSocket.
///
/// `{}` prints the error itself, in one short sentence. `{:#}` prints the complete message for a log or a terminal: the URI
/// or the address of the peer, the error, its causes, and a [hint](Self::hint) where one exists. Neither contains a secret.
///
/// # Examples
///
/// Matching:
///
/// ```no_run
/// # #[tokio::main]
/// # async fn main() {
/// use sockeye::{Error, error::HandshakeError};
///
/// match sockeye::connect("wss://example.com/chat").await {
///     Ok(_ws) => println!("connected"),
///     Err(Error::Handshake(HandshakeError::InvalidStatus(e))) => println!("HTTP {}", e.status_code),
///     Err(Error::Io(e)) => println!("the network failed: {e}"),
///     Err(error) => println!("{error:#}"),
/// }
/// # }
/// ```
///
/// Trying again where that makes sense:
///
/// ```no_run
/// # #[tokio::main]
/// # async fn main() -> Result<(), sockeye::Error> {
/// use std::time::Duration;
///
/// let ws = loop {
///     match sockeye::connect("wss://example.com/chat").await {
///         Ok(ws) => break ws,
///         Err(error) if error.is_retryable() => {
///             eprintln!("{error:#}");
///             let delay = error.retry_after().unwrap_or(Duration::from_secs(5));
///             tokio::time::sleep(delay).await;
///         }
///         Err(error) => return Err(error),
///     }
/// };
/// # drop(ws);
/// # Ok(())
/// # }
/// ```
///
/// The two forms of the text:
///
/// ```
/// use sockeye::{Close, CloseCode, ConnectionClosed, Error};
///
/// let rcvd = Close::new(CloseCode::INTERNAL_ERROR, "out of memory");
/// let error = Error::from(ConnectionClosed::new(Some(rcvd), None));
/// assert_eq!(error.to_string(), "Connection closed: 1011 out of memory");
/// assert_eq!(
///     format!("{error:#}"),
///     "Connection closed: the peer sent 1011 (internal error): out of memory",
/// );
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The connection ended: either side closed it, or it was lost.
    ConnectionClosed(Box<ConnectionClosed>),
    /// The opening handshake failed, so that no connection was opened.
    Handshake(HandshakeError),
    /// The URI is malformed, or its scheme is not for WebSocket.
    InvalidUri(Box<InvalidUri>),
    /// The application broke a rule of the protocol.
    Protocol(ProtocolError),
    /// The network failed before the connection was open.
    Io(io::Error),
    /// A deadline passed before the connection was open, or while the application waited for a pong.
    Timeout(Timeout),
    /// The message was not accepted, because the peer does not read fast enough. The connection stays usable.
    QueueFull(QueueFull),
}

impl Error {
    /// Returns the family of the error, the most specific one.
    pub fn category(&self) -> ErrorCategory {
        match self {
            Self::ConnectionClosed(_) => ErrorCategory::ConnectionClosed,
            Self::Handshake(HandshakeError::Security(_)) => ErrorCategory::Security,
            Self::Handshake(HandshakeError::Proxy(_)) => ErrorCategory::Proxy,
            Self::Handshake(_) => ErrorCategory::Handshake,
            Self::InvalidUri(_) => ErrorCategory::Uri,
            Self::Protocol(_) => ErrorCategory::Protocol,
            Self::Io(_) => ErrorCategory::Io,
            Self::Timeout(_) => ErrorCategory::Timeout,
            Self::QueueFull(_) => ErrorCategory::Queue,
        }
    }

    /// Returns whether the same call can succeed later.
    ///
    /// This is true for failures of the network, for deadlines, for an opening handshake that was cut off, for HTTP 408, 429,
    /// 500, 502 to 504 and 520 to 524, for 408, 429 and 5xx of a proxy, for a SOCKS proxy that failed or found no route, and for a connection
    /// that was lost or closed with 1001, 1006, 1011, 1012 or 1013. It is false for invalid URIs, security errors, all
    /// other failures of the handshake, mistakes of the application, and a normal closure.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::ConnectionClosed(closed) => is_retryable_close(closed),
            Self::Handshake(HandshakeError::InvalidMessage(error)) => error.is_truncated(),
            Self::Handshake(HandshakeError::InvalidStatus(error)) => {
                is_retryable_status(error.status_code)
            }
            Self::Handshake(HandshakeError::Proxy(error)) => match error {
                ProxyError::InvalidProxyMessage(error) => error.is_truncated(),
                ProxyError::InvalidProxyStatus(error) => {
                    matches!(error.status_code, 408 | 429 | 500..=599)
                }
                // RFC 1928 §6: general failures and failures of the network. SOCKS 4 has one code for all failures.
                ProxyError::Socks(error) => {
                    matches!(error.reply, SocksReply::V4(91) | SocksReply::V5(1 | 3..=6))
                }
                ProxyError::InvalidProxy(_) => false,
            },
            // A peer that does not speak TLS will not speak it later either; nor will an invalid argument become valid.
            Self::Io(error) => {
                !matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
            }
            Self::Timeout(_) | Self::QueueFull(_) => true,
            Self::Handshake(_) | Self::InvalidUri(_) | Self::Protocol(_) => false,
        }
    }

    /// Returns the time that the server asks the client to wait before it tries again.
    ///
    /// This is the `Retry-After` header of a response with HTTP 429 or 503, or with another status after which
    /// [`is_retryable`](Self::is_retryable) is true. A date is compared with the `Date` of the same response, so that the clock
    /// of this machine does not matter; without `Date`, the result is `None`. A date in the past is zero.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Handshake(HandshakeError::InvalidStatus(error))
                if is_retryable_status(error.status_code) =>
            {
                retry_after::of(&error.headers)
            }
            _ => None,
        }
    }

    /// Returns the log level that suits the error.
    ///
    /// A normal closure is information. A lost connection, and failures of the handshake, the proxy or the network are
    /// warnings. All other errors are errors.
    pub fn severity(&self) -> Severity {
        match self.category() {
            ErrorCategory::ConnectionClosed => match self {
                Self::ConnectionClosed(closed) if closed.is_ok() => Severity::Info,
                _ => Severity::Warn,
            },
            ErrorCategory::Handshake
            | ErrorCategory::Proxy
            | ErrorCategory::Io
            | ErrorCategory::Timeout
            | ErrorCategory::Queue => Severity::Warn,
            ErrorCategory::Security | ErrorCategory::Protocol | ErrorCategory::Uri => {
                Severity::Error
            }
        }
    }

    /// Returns the close code that the error stands for.
    ///
    /// This is the code of the received close frame, else that of the sent one, else 1006 for a connection that was lost.
    /// For a broken rule, it is the code that reports the violation.
    pub fn close_code(&self) -> Option<CloseCode> {
        match self {
            Self::ConnectionClosed(closed) => Some(
                closed
                    .rcvd
                    .as_ref()
                    .or(closed.sent.as_ref())
                    .map_or(CloseCode::ABNORMAL, |c| c.code),
            ),
            Self::Protocol(error) => Some(error.close_code()),
            _ => None,
        }
    }

    /// Returns the HTTP status with which the server or the proxy refused the request.
    pub fn status_code(&self) -> Option<StatusCode> {
        match self {
            Self::Handshake(HandshakeError::InvalidStatus(error)) => Some(error.status_code),
            Self::Handshake(HandshakeError::Proxy(ProxyError::InvalidProxyStatus(error))) => {
                StatusCode::from_u16(error.status_code).ok()
            }
            _ => None,
        }
    }

    /// Returns the headers of the response with which the server refused the request.
    pub fn headers(&self) -> Option<&HeaderMap> {
        match self {
            Self::Handshake(HandshakeError::InvalidStatus(error)) => Some(&error.headers),
            _ => None,
        }
    }

    /// Returns advice on how to solve the problem, where the library has some.
    ///
    /// `{:#}` prints it in parentheses at the end.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = sockeye::client::WebSocketUri::parse("localhost:8765").unwrap_err();
    /// let error = sockeye::Error::from(error);
    /// assert_eq!(error.hint().as_deref(), Some("did you mean ws://localhost:8765?"));
    /// ```
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        hint::hint(self)
    }

    /// Returns the URI of the server that the client was connecting to, without user information and query.
    pub fn uri(&self) -> Option<&str> {
        self.remote()?.uri()
    }

    /// Returns the address of the peer.
    pub fn peer(&self) -> Option<&str> {
        self.remote()?.peer()
    }

    /// Returns the URI of the proxy that failed, without its user information.
    pub fn proxy(&self) -> Option<&str> {
        self.remote()?.proxy()
    }

    /// Adds the URI of the server that the client was connecting to, which [`uri`](Self::uri) returns and `{:#}` prints.
    ///
    /// The client does this itself. An error that has a URI keeps it, and an [`Error::InvalidUri`] and an
    /// [`Error::Protocol`] have none. The query is removed. The text of `uri` must not contain user information.
    #[must_use]
    pub fn with_uri(self, uri: impl fmt::Display) -> Self {
        self.with(|remote| remote.set_uri(uri))
    }

    /// Adds the address of the peer, which [`peer`](Self::peer) returns and `{:#}` prints.
    ///
    /// This is useful for the errors of a server, which knows the address of each stream that it accepts.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8765").await?;
    /// let (stream, address) = listener.accept().await?;
    /// match sockeye::accept(stream).await {
    ///     Ok(_ws) => println!("connected"),
    ///     Err(error) => eprintln!("{:#}", error.with_peer(address)),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_peer(self, address: impl fmt::Display) -> Self {
        self.with(|remote| remote.set_peer(address))
    }

    /// Adds the URI of the proxy that failed, which [`proxy`](Self::proxy) returns and `{:#}` prints. The client does this
    /// itself.
    ///
    /// The text of `proxy` must not contain user information.
    #[must_use]
    pub fn with_proxy(self, proxy: impl fmt::Display) -> Self {
        self.with(|remote| remote.set_proxy(proxy))
    }

    /// Sets the remote side. In an I/O error, an [`AddressError`] contains it.
    fn with(self, set: impl FnOnce(&mut Remote)) -> Self {
        let mut error = match self {
            Self::Io(error) if address_of(&error).is_none() => {
                Self::Io(AddressError::new("", error).into())
            }
            error => error,
        };
        if let Some(remote) = error.remote_mut() {
            set(remote);
        }
        error
    }

    fn remote(&self) -> Option<&Remote> {
        match self {
            Self::ConnectionClosed(closed) => Some(&closed.remote),
            Self::Handshake(error) => error.remote(),
            Self::Io(error) => Some(&address_of(error)?.remote),
            Self::Timeout(timeout) => Some(&timeout.remote),
            Self::InvalidUri(_) | Self::Protocol(_) | Self::QueueFull(_) => None,
        }
    }

    fn remote_mut(&mut self) -> Option<&mut Remote> {
        match self {
            Self::ConnectionClosed(closed) => Some(&mut closed.remote),
            Self::Handshake(error) => error.remote_mut(),
            Self::Io(error) => {
                let error = error.get_mut()?.downcast_mut::<AddressError>()?;
                Some(&mut error.remote)
            }
            Self::Timeout(timeout) => Some(&mut timeout.remote),
            Self::InvalidUri(_) | Self::Protocol(_) | Self::QueueFull(_) => None,
        }
    }

    /// The error of the variant, which prints as this error does.
    fn inner(&self) -> &(dyn StdError + 'static) {
        match self {
            Self::ConnectionClosed(error) => &**error,
            Self::Handshake(error) => error,
            Self::InvalidUri(error) => &**error,
            Self::Protocol(error) => error,
            Self::Io(error) => error,
            Self::Timeout(error) => error,
            Self::QueueFull(error) => error,
        }
    }
}

/// Returns whether a response with this status can be a temporary one. Cloudflare uses 520 to 524 for a server that is
/// unreachable.
fn is_retryable_status(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502..=504 | 520..=524)
}

fn is_retryable_close(closed: &ConnectionClosed) -> bool {
    match (&closed.cause, closed.code()) {
        // A violation that this side detected decides, and not the code that the peer replied.
        (Some(CloseCause::Protocol(_)), _) => false,
        (_, Some(code)) => matches!(code.as_u16(), 1001 | 1006 | 1011..=1013),
        (_, None) => true,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() { report::error(self, f) } else { fmt::Display::fmt(self.inner(), f) }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner().source()
    }
}

/// Lets arguments whose conversion cannot fail be used where a conversion may fail.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<ConnectionClosed> for Error {
    fn from(error: ConnectionClosed) -> Self {
        Self::ConnectionClosed(Box::new(error))
    }
}

impl From<HandshakeError> for Error {
    fn from(error: HandshakeError) -> Self {
        Self::Handshake(error)
    }
}

impl From<InvalidUri> for Error {
    fn from(error: InvalidUri) -> Self {
        Self::InvalidUri(Box::new(error))
    }
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<QueueFull> for Error {
    fn from(error: QueueFull) -> Self {
        Self::QueueFull(error)
    }
}

impl From<Timeout> for Error {
    fn from(error: Timeout) -> Self {
        Self::Timeout(error)
    }
}
