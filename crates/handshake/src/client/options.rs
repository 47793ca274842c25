//! The options of a client: [RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use sockeye_errors::InvalidHeader;

use crate::{
    extension::Extension,
    http1::{Credentials, Limits, Redacted, is_secret, parse_header},
    subprotocol::Subprotocols,
};

/// The contents of a client's request, besides the URI, and the limits on the response.
///
/// Set the fields or chain the methods of the same names. A method that can receive an invalid value returns a [`Result`];
/// [`ClientHandshake::new`](crate::ClientHandshake::new) checks what only concerns the request as a whole.
///
/// # Examples
///
/// ```
/// use sockeye::client::{ClientOptions, Credentials, Limits};
///
/// let options = ClientOptions::default()
///     .subprotocols(["chat.v2", "chat.v1"])?
///     .header("X-Room", 7)?
///     .origin("https://example.com")
///     .user_agent("my-client/1.0".to_owned())
///     .credentials(Credentials::new("me", "secret")?)
///     .limits(Limits::default().max_body(0));
/// assert!(options.subprotocols.contains("chat.v1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub struct ClientOptions {
    /// The `Origin` header, for programs that act for a web site. Default: none.
    pub origin: Option<String>,
    /// The subprotocols to offer, in order of preference. Default: none.
    pub subprotocols: Subprotocols,
    /// The extensions to offer, in order of preference. Default: none.
    pub extensions: Vec<Extension>,
    /// Additional headers. The handshake fails if it sets one of them itself. `User-Agent` and `Authorization` replace the
    /// fields below, and `Origin` is allowed if there is none above. Default: none.
    pub headers: HeaderMap,
    /// The `User-Agent` header; `None` sends none. Default: `sockeye/` and the version.
    pub user_agent: Option<String>,
    /// User name and password, which replace those of the URI. Default: none.
    pub credentials: Option<Credentials>,
    /// The limits on the response. Default: [`Limits::default`].
    pub limits: Limits,
}

impl ClientOptions {
    /// Sets the `Origin` header, for programs that act for a web site.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Sets the subprotocols to offer, in order of preference.
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

    /// Sets the extensions to offer, in order of preference.
    #[must_use]
    pub fn extensions(mut self, extensions: impl Into<Vec<Extension>>) -> Self {
        self.extensions = extensions.into();
        self
    }

    /// Adds a header to the request.
    ///
    /// # Errors
    ///
    /// Returns an error if name or value are invalid.
    pub fn header<N, V>(mut self, name: N, value: V) -> Result<Self, InvalidHeader>
    where
        N: AsRef<[u8]> + TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        let (name, value) = parse_header(name, value)?;
        self.headers.append(name, value);
        Ok(self)
    }

    /// Sets the `User-Agent` header. `None` sends none.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<Option<String>>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Sets user name and password, which replace those of the URI.
    #[must_use]
    pub fn credentials(mut self, credentials: impl Into<Option<Credentials>>) -> Self {
        self.credentials = credentials.into();
        self
    }

    /// Sets the limits on the response.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns the options that another origin may learn after a redirect: without the credentials, without the headers
    /// `Authorization`, `Cookie`, `Set-Cookie` and `Proxy-Authorization`, and without headers marked as sensitive.
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

    /// Returns the `Authorization` header from the credentials of the options or else of the URI; `None` if the application
    /// sets the header itself.
    pub(crate) fn authorization(&self, uri: Option<&Credentials>) -> Option<HeaderValue> {
        if self.headers.contains_key(header::AUTHORIZATION) {
            return None;
        }
        self.credentials.as_ref().or(uri).map(Credentials::to_authorization)
    }

    /// Returns the `User-Agent` header; `None` if the application sets the header itself.
    pub(crate) fn effective_user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref().filter(|_| !self.headers.contains_key(header::USER_AGENT))
    }
}

/// Not derived: a derived implementation is inlined, and every crate that clones options would compile the cloning of a
/// header map again.
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
