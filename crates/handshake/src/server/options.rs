//! The options of a server: [RFC 6455 §4.2.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1).

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use sockeye_errors::InvalidHeader;

use super::{
    origin::Origins,
    response_headers::{add_header, default_headers},
};
use crate::{
    http1::{Authority, Redacted, parse_header},
    subprotocol::Subprotocols,
};

/// The requests that a server admits, and the subprotocols and headers that it responds with.
///
/// Set the fields or chain the methods of the same names. A method that can receive an invalid value returns a [`Result`].
///
/// # Examples
///
/// ```
/// use sockeye::server::ServerOptions;
///
/// let options = ServerOptions::default()
///     .origins(["https://example.com"])?
///     .allowed_hosts(["chat.example.com"])?
///     .subprotocols(["chat.v2", "chat.v1"])?
///     .require_subprotocol(false)
///     .secure(true)
///     .header("Vary", "Origin")?;
/// assert!(options.subprotocols.contains("chat.v1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub struct ServerOptions {
    /// The origins that are admitted. Default: the server's own, and requests without an origin.
    pub origins: Origins,
    /// The values of the `Host` header that are admitted; an entry without a port admits any port. `None` admits all. A
    /// server on a private address should list its names: a web site can make its own name resolve to that address.
    /// Default: `None`.
    pub allowed_hosts: Option<Vec<Authority>>,
    /// The subprotocols that the server speaks, in order of preference. Default: none.
    pub subprotocols: Subprotocols,
    /// Whether a client must offer one of the `subprotocols`, if there are any. Otherwise the connection opens without a
    /// subprotocol. Default: `true`.
    pub require_subprotocol: bool,
    /// Whether clients speak TLS to the server, as far as it knows: `Some(true)` if it accepts TLS itself, `None` if a
    /// reverse proxy may do that. Only [`Origins::same`] uses it. Default: `None`.
    pub secure: Option<bool>,
    /// Additional headers of the response. Default: `Server`, with the name and the version of the library.
    pub headers: HeaderMap,
}

impl ServerOptions {
    /// Sets the origins that are admitted: a list such as `["https://example.com"]`, or [`Origins`].
    ///
    /// # Errors
    ///
    /// Returns an error if an entry is no origin.
    pub fn origins<O: TryInto<Origins>>(mut self, origins: O) -> Result<Self, O::Error> {
        self.origins = origins.try_into()?;
        Ok(self)
    }

    /// Sets the values of the `Host` header that are admitted. An entry without a port admits any port.
    ///
    /// # Errors
    ///
    /// Returns an error if an entry is no host.
    pub fn allowed_hosts<I>(mut self, hosts: I) -> Result<Self, InvalidHeader>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let hosts = hosts.into_iter().map(|host| host.as_ref().parse());
        self.allowed_hosts = Some(hosts.collect::<Result<_, _>>()?);
        Ok(self)
    }

    /// Sets the subprotocols that the server speaks, in order of preference.
    ///
    /// # Errors
    ///
    /// Returns an error if an entry is no token or if it occurs twice.
    pub fn subprotocols<I>(mut self, subprotocols: I) -> Result<Self, InvalidHeader>
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.subprotocols = Subprotocols::new(subprotocols)?;
        Ok(self)
    }

    /// Sets whether a client must offer one of the subprotocols.
    #[must_use]
    pub fn require_subprotocol(mut self, require: bool) -> Self {
        self.require_subprotocol = require;
        self
    }

    /// Sets whether clients speak TLS to the server; `None` if the server does not know.
    #[must_use]
    pub fn secure(mut self, secure: impl Into<Option<bool>>) -> Self {
        self.secure = secure.into();
        self
    }

    /// Adds a header to the response. `Server` replaces the library's.
    ///
    /// # Errors
    ///
    /// Returns an error if the handshake sets the header itself, or if name or value are invalid.
    pub fn header<N, V>(mut self, name: N, value: V) -> Result<Self, InvalidHeader>
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        let (name, value) = parse_header(name, value)?;
        add_header(&mut self.headers, name, value)?;
        Ok(self)
    }
}

/// Not derived: a derived implementation is inlined, and every crate that clones options would compile the cloning of a
/// header map again.
impl Clone for ServerOptions {
    fn clone(&self) -> Self {
        Self {
            origins: self.origins.clone(),
            allowed_hosts: self.allowed_hosts.clone(),
            subprotocols: self.subprotocols.clone(),
            require_subprotocol: self.require_subprotocol,
            secure: self.secure,
            headers: self.headers.clone(),
        }
    }
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            origins: Origins::default(),
            allowed_hosts: None,
            subprotocols: Subprotocols::default(),
            require_subprotocol: true,
            secure: None,
            headers: default_headers(),
        }
    }
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("origins", &self.origins)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("subprotocols", &self.subprotocols)
            .field("require_subprotocol", &self.require_subprotocol)
            .field("secure", &self.secure)
            .field("headers", &Redacted(&self.headers))
            .finish()
    }
}
