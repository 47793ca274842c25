//! What a client asks for: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use std::fmt;

use http::{HeaderMap, HeaderValue, header};

use crate::{
    extension::Extension,
    http1::{Credentials, Limits, Redacted, is_secret},
    subprotocol::Subprotocols,
};

/// What a client asks for in its request, besides the URI.
#[non_exhaustive]
pub struct ClientOptions {
    /// The `Origin` header: for programs that act for a web site. Default: none.
    pub origin: Option<String>,
    /// The subprotocols to offer. Default: none.
    pub subprotocols: Subprotocols,
    /// The extensions to offer, the preferred ones first. Default: none.
    pub extensions: Vec<Extension>,
    /// More headers. Those that the handshake itself sends are refused; `User-Agent` and
    /// `Authorization` take the place of the ones below, and `Origin` is welcome where there is
    /// none above. Default: none.
    pub headers: HeaderMap,
    /// The `User-Agent` header; `None` sends none. Default: `sockeye/` and the version.
    pub user_agent: Option<String>,
    /// User and password, in the place of those of the URI. Default: none.
    pub credentials: Option<Credentials>,
    /// How much the server may say. Default: that of [`Limits`].
    pub limits: Limits,
}

impl ClientOptions {
    /// What may be told to another origin, after a redirect: all but the credentials, the headers
    /// `Authorization`, `Cookie`, `Set-Cookie` and `Proxy-Authorization`, and headers marked as
    /// sensitive.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            if !value.is_sensitive() && !is_secret(name.as_str()) {
                let _ = headers.try_append(name.clone(), value.clone());
            }
        }
        self.with(headers, None)
    }

    fn with(&self, headers: HeaderMap, credentials: Option<Credentials>) -> Self {
        Self {
            origin: self.origin.clone(),
            subprotocols: self.subprotocols.clone(),
            extensions: self.extensions.clone(),
            headers,
            user_agent: self.user_agent.clone(),
            credentials,
            limits: self.limits,
        }
    }

    /// The one `Authorization` header: the application's own, else the credentials of the options,
    /// else of the URI.
    pub(crate) fn authorization(&self, uri: Option<&Credentials>) -> Option<HeaderValue> {
        if self.headers.contains_key(header::AUTHORIZATION) {
            return None;
        }
        self.credentials.as_ref().or(uri).map(Credentials::to_authorization)
    }

    /// The `User-Agent` header, where the application has none of its own.
    pub(crate) fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref().filter(|_| !self.headers.contains_key(header::USER_AGENT))
    }
}

/// Not derived: that would be inlined, and make copying a header map anew in each crate that copies options.
impl Clone for ClientOptions {
    fn clone(&self) -> Self {
        self.with(self.headers.clone(), self.credentials.clone())
    }
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            origin: None,
            subprotocols: Subprotocols::default(),
            extensions: Vec::new(),
            headers: HeaderMap::new(),
            user_agent: Some(concat!("sockeye/", env!("CARGO_PKG_VERSION")).to_owned()),
            credentials: None,
            limits: Limits::default(),
        }
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions")
            .field("origin", &self.origin)
            .field("subprotocols", &self.subprotocols)
            .field("extensions", &self.extensions)
            .field("headers", &Redacted(&self.headers))
            .field("user_agent", &self.user_agent)
            .field("credentials", &self.credentials)
            .field("limits", &self.limits)
            .finish()
    }
}
