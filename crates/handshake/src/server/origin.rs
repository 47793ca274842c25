//! The origins that a server admits: [RFC 6455 §10.2](https://www.rfc-editor.org/rfc/rfc6455#section-10.2).

use sockeye_errors::{HandshakeError, InvalidHeader, InvalidOrigin};

use crate::http1::{Authority, HeaderLines, excerpt, header_names};

/// The values of the `Origin` header that a server admits.
///
/// A browser sends the origin of the site whose script opens the connection, and a script cannot forge it. The check therefore
/// prevents other sites from connecting with the cookies of your users. Other programs send any origin or none, so an origin is no
/// authentication. Requests without an origin are admitted unless [`require`](Self::require) is set.
///
/// The default is [`Origins::same`]: cross-site browser requests are rejected. Scheme, host and port are compared, the host without
/// case; the default port of the scheme may be omitted. There are no patterns.
///
/// # Examples
///
/// ```
/// use sockeye_handshake::Origins;
///
/// let origins = Origins::list(["https://example.com", "http://localhost:3000"])?;
/// let only_browsers = origins.require();
/// assert!(Origins::list(["example.com"]).is_err());
/// # Ok::<(), sockeye_errors::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Origins {
    policy: Policy,
    is_required: bool,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
enum Policy {
    #[default]
    Same,
    List {
        origins: Vec<Origin>,
        null: bool,
    },
    Any,
}

impl Origins {
    /// Admits the server's own origin: host and port are those of the `Host` header, and the scheme is `https` if the server speaks
    /// TLS, otherwise `http`.
    ///
    /// Both schemes are admitted if the server does not know whether its clients speak TLS, because a reverse proxy may do that.
    pub fn same() -> Self {
        Self::default()
    }

    /// Admits these origins, such as `https://example.com`, and no others.
    ///
    /// A browser sends `null` for files and sandboxed frames of any site; listing it is rarely safe.
    ///
    /// # Errors
    ///
    /// Returns an error if an entry is no origin. An origin consists of a scheme, `://`, a host, and an optional port.
    pub fn list<I>(origins: I) -> Result<Self, InvalidOrigin>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut list = Vec::new();
        let mut null = false;
        for origin in origins {
            match origin.as_ref() {
                "null" => null = true,
                text => list.push(Origin::parse(text).ok_or_else(|| InvalidOrigin::format(text))?),
            }
        }
        Ok(Self { policy: Policy::List { origins: list, null }, is_required: false })
    }

    /// Admits all origins. This is safe only if every web site may do everything that a connection allows.
    pub const fn any() -> Self {
        Self { policy: Policy::Any, is_required: false }
    }

    /// Rejects requests without an origin as well, which most programs other than browsers send.
    #[must_use]
    pub fn require(self) -> Self {
        Self { is_required: true, ..self }
    }

    pub(crate) fn check(
        &self,
        fields: &HeaderLines<'_>,
        host: &Authority,
        secure: Option<bool>,
    ) -> Result<(), HandshakeError> {
        let mut values = fields.values(header_names::ORIGIN);
        let Some(value) = values.next() else {
            return if self.is_required { Err(InvalidOrigin::missing().into()) } else { Ok(()) };
        };
        // RFC 6454 §7.3: the header occurs at most once.
        if values.next().is_some() {
            return Err(InvalidHeader::duplicate(header_names::ORIGIN).into());
        }
        // §4.2.2: an origin that is not acceptable leads to 403.
        if self.admits(value, host, secure) {
            Ok(())
        } else {
            Err(InvalidOrigin::new(excerpt(value)).into())
        }
    }

    fn admits(&self, value: &[u8], host: &Authority, secure: Option<bool>) -> bool {
        let (origins, null) = match &self.policy {
            Policy::Any => return true,
            Policy::Same => (None, false),
            Policy::List { origins, null } => (Some(origins), *null),
        };
        let Ok(text) = str::from_utf8(value) else { return false };
        if text == "null" {
            return null;
        }
        let Some(origin) = Origin::parse(text) else { return false };
        match origins {
            Some(origins) => origins.contains(&origin),
            None => origin.is_same(host, secure),
        }
    }
}

impl<T: AsRef<str>, const N: usize> TryFrom<[T; N]> for Origins {
    type Error = InvalidOrigin;

    /// # Errors
    ///
    /// See [`Origins::list`].
    fn try_from(origins: [T; N]) -> Result<Self, InvalidOrigin> {
        Self::list(origins)
    }
}

impl<T: AsRef<str>> TryFrom<Vec<T>> for Origins {
    type Error = InvalidOrigin;

    /// # Errors
    ///
    /// See [`Origins::list`].
    fn try_from(origins: Vec<T>) -> Result<Self, InvalidOrigin> {
        Self::list(origins)
    }
}

/// An origin: [RFC 6454 §6.2](https://www.rfc-editor.org/rfc/rfc6454#section-6.2).
#[derive(Clone, Debug, Eq, PartialEq)]
struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once(':')?;
        let authority = authority.strip_prefix("//")?;
        let is_scheme =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.bytes().all(is_scheme)
        {
            return None;
        }
        let scheme = scheme.to_ascii_lowercase();
        let authority = Authority::parse(authority).ok()?;
        let port = authority.port().or(match scheme.as_str() {
            "http" | "ws" => Some(80),
            "https" | "wss" => Some(443),
            _ => None,
        });
        Some(Self { scheme, host: authority.host().to_owned(), port })
    }

    fn is_same(&self, host: &Authority, secure: Option<bool>) -> bool {
        let default = match (self.scheme.as_str(), secure) {
            ("http", None | Some(false)) => 80,
            ("https", None | Some(true)) => 443,
            _ => return false,
        };
        self.host == host.host() && self.port == Some(host.port().unwrap_or(default))
    }
}
