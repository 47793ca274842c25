//! The options of a server: [RFC 6455 §4.2.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1).

use std::fmt;

use http::HeaderMap;

use super::{origin::Origins, response_headers::default_headers};
use crate::{
    http1::{Authority, Redacted},
    subprotocol::Subprotocols,
};

/// The requests that a server admits, and the subprotocols and headers that it answers with.
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
            headers: default_headers().as_ref().clone(),
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
