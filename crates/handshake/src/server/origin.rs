//! The origins that a server admits: [RFC 6455 §10.2](https://www.rfc-editor.org/rfc/rfc6455#section-10.2).

use std::fmt;

use sockeye_errors::{HandshakeError, InvalidHeader, InvalidOrigin};

use crate::http1::{Authority, HeaderLines, default_port_of, excerpt, header_names};

/// The values of the `Origin` header that a server admits.
///
/// A browser sends the origin of the site whose script opens the connection, and a script cannot forge it. The check therefore
/// prevents other sites from connecting with the cookies of your users. Other programs send any origin or none, so an origin is no
/// authentication. Requests without an origin are admitted unless [`require`](Self::require) is set.
///
/// The default is [`Origins::same`]: cross-site browser requests are rejected. Scheme, host and port are compared, the host without
/// case and without a dot at its end; the default port of the scheme may be omitted. There are no patterns.
///
/// # Examples
///
/// ```
/// use sockeye::server::Origins;
///
/// let origins = Origins::list(["https://example.com", "http://localhost:3000"])?;
/// let only_browsers = origins.require();
/// assert!(Origins::list(["example.com"]).is_err());
/// # Ok::<(), sockeye::error::InvalidOrigin>(())
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
    ///
    /// A reverse proxy must pass on the `Host` header of the browser. For nginx this is `proxy_set_header Host $http_host;`: by
    /// default nginx sends its own name of the server, and `$host` lacks the port. Otherwise list the origins.
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
        self.policy.check(value, host, secure).map_err(HandshakeError::from)
    }
}

impl Policy {
    fn check(
        &self,
        value: &[u8],
        host: &Authority,
        secure: Option<bool>,
    ) -> Result<(), InvalidOrigin> {
        let text = str::from_utf8(value).unwrap_or_default();
        let origin = Origin::parse(text);
        let is_admitted = match self {
            Self::Any => true,
            Self::List { null, .. } if text == "null" => *null,
            Self::List { origins, .. } => origin.is_some_and(|origin| origins.contains(&origin)),
            Self::Same => origin.is_some_and(|origin| origin.is_same(host, secure)),
        };
        match self {
            _ if is_admitted => Ok(()),
            Self::Same => {
                let scheme = secure.map(|secure| if secure { "https://" } else { "http://" });
                let own = format!("{}{host}", scheme.unwrap_or_default());
                Err(InvalidOrigin::not_own(excerpt(value), own))
            }
            Self::List { .. } | Self::Any => {
                Err(InvalidOrigin::not_listed(excerpt(value), self.to_string()))
            }
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("its own"),
            Self::Any => f.write_str("any"),
            Self::List { origins, null } => {
                let listed = origins.iter().map(Origin::to_string);
                let listed: Vec<_> = listed.chain(null.then(|| "null".to_owned())).collect();
                f.write_str(&excerpt(listed.join(", ").as_bytes()))
            }
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
#[derive(Clone, Debug, Eq)]
struct Origin {
    scheme: String,
    authority: Authority,
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
        let authority = Authority::parse(authority).ok()?;
        Some(Self { scheme: scheme.to_ascii_lowercase(), authority })
    }

    fn is_same(&self, host: &Authority, secure: Option<bool>) -> bool {
        let admits_scheme = match self.scheme.as_str() {
            "http" => secure != Some(true),
            "https" => secure != Some(false),
            _ => false,
        };
        admits_scheme && self.authority.is_same(host, default_port_of(&self.scheme))
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        let default = default_port_of(&self.scheme);
        self.scheme == other.scheme && self.authority.is_same(&other.authority, default)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}
