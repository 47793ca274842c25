//! Which web sites may connect: [RFC 6455 §10.2](https://www.rfc-editor.org/rfc/rfc6455#section-10.2).

use sockeye_errors::{HandshakeError, InvalidHeader, InvalidOrigin};

use crate::http1::{Authority, HeaderLines, excerpt, header_names};

/// Which values of the `Origin` header a server admits.
///
/// A browser names in it the site that a script comes from, and a script cannot forge it: this is
/// what keeps other sites from using the cookies of your users. Programs other than browsers send
/// no such header, or any that they like, so it is no authentication. By default they are admitted,
/// and [`require`](Self::require) refuses who sends none.
///
/// The default is [`Origins::same`]. Origins are compared whole: scheme, host in any case, and
/// port, where the default port of the scheme may be left out. There are no patterns.
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
    /// Admits the origin that the server itself has: host and port are those of the `Host` header,
    /// and the scheme is `https` or `http`, as the server speaks TLS or not.
    ///
    /// Where a server does not know whether its clients speak TLS, since a reverse proxy may do
    /// that for it, only host and port are compared.
    pub fn same() -> Self {
        Self::default()
    }

    /// Admits these origins, such as `https://example.com`, and no others. `null` stands for
    /// origins that a browser hides: files, sandboxed frames; it is hardly ever wise to list it.
    ///
    /// # Errors
    ///
    /// When one is no origin: it is a scheme, `://`, a host, perhaps a port, and nothing else.
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

    /// Admits all origins. Safe only where a connection gives nothing that any web site may not
    /// have.
    pub const fn any() -> Self {
        Self { policy: Policy::Any, is_required: false }
    }

    /// Refuses requests without an origin as well, and so most programs that are not browsers.
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
        // RFC 6454 §7.3: there is at most one such header.
        if values.next().is_some() {
            return Err(InvalidHeader::duplicate(header_names::ORIGIN).into());
        }
        // §4.2.2: an origin that is not acceptable is answered with 403.
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
