//! User and password of the Basic scheme: [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617).

use std::{fmt, hint::black_box};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;
use sha1::{Digest, Sha1};
use sockeye_errors::{HeaderErrorKind, InvalidHeader};

use super::{header_names, percent::decode, redaction::invalid_header};

/// A user name and an optional password.
///
/// `Debug` shows neither. Compare credentials that a peer sent with [`matches`](Self::matches): the duration of `==` reveals the
/// position of the first difference.
///
/// # Examples
///
/// ```
/// use sockeye::client::Credentials;
///
/// let expected = Credentials::new("Aladdin", "open sesame")?;
/// assert_eq!(expected.to_authorization(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
///
/// let received = Credentials::from_authorization("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")?;
/// assert!(received.matches(&expected));
/// # Ok::<(), sockeye::error::InvalidHeader>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Credentials {
    user: String,
    password: Option<String>,
}

impl Credentials {
    /// Creates credentials from a user name and a password.
    ///
    /// # Errors
    ///
    /// Returns an error if the user name contains a colon, or if one of them contains a control character: the Basic scheme cannot
    /// express that.
    pub fn new(
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> Result<Self, InvalidHeader> {
        Self::check(user.into(), Some(password.into())).map_err(|_| invalid())
    }

    /// Returns the user name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the password, if there is one.
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// Returns the value of an `Authorization` header with these credentials. A missing password is sent as an empty one.
    pub fn to_authorization(&self) -> HeaderValue {
        encode_basic(&self.user, self.password.as_deref().unwrap_or_default())
    }

    /// Reads the value of an `Authorization` header.
    ///
    /// # Errors
    ///
    /// Returns an error if the scheme is not Basic or if the value is malformed. The error does not show the value.
    pub fn from_authorization(value: &str) -> Result<Self, InvalidHeader> {
        let (scheme, pair) = value.split_once(' ').ok_or_else(invalid)?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(invalid());
        }
        let pair = STANDARD.decode(pair.trim_matches(' ')).map_err(|_| invalid())?;
        let pair = String::from_utf8(pair).map_err(|_| invalid())?;
        let (user, password) = pair.split_once(':').ok_or_else(invalid)?;
        Self::new(user, password)
    }

    /// Returns whether these credentials equal `expected`. The duration does not depend on the position of a difference.
    ///
    /// To hide which users exist, compare with the credentials of some other user if the user is unknown.
    pub fn matches(&self, expected: &Self) -> bool {
        let (a, b) = (self.digest(), expected.digest());
        a.iter().zip(&b).fold(0, |difference, (a, b)| black_box(difference | (a ^ b))) == 0
    }

    /// Reads the user information of a URI; `None` if it is empty.
    pub(crate) fn from_userinfo(userinfo: &str) -> Result<Option<Self>, &'static str> {
        if userinfo.is_empty() {
            return Ok(None);
        }
        let (user, password) = match userinfo.split_once(':') {
            Some((user, password)) => (user, Some(decode(password)?)),
            None => (userinfo, None),
        };
        Self::check(decode(user)?, password).map(Some)
    }

    fn check(user: String, password: Option<String>) -> Result<Self, &'static str> {
        // RFC 7617 §2: the first colon ends the user, and control characters are not allowed.
        if user.contains(':') {
            return Err("the user contains a colon");
        }
        let has_control = |text: &str| text.chars().any(char::is_control);
        if has_control(&user) || password.as_deref().is_some_and(has_control) {
            return Err("the user information contains a control character");
        }
        Ok(Self { user, password })
    }

    /// Returns a digest, which makes the comparison independent of the lengths. An attacker would need a second preimage, against
    /// which SHA-1 is strong enough.
    fn digest(&self) -> [u8; 20] {
        // No user contains a colon, so the pair is unambiguous.
        let password = self.password.as_deref().unwrap_or_default();
        Sha1::new()
            .chain_update(&self.user)
            .chain_update(":")
            .chain_update(password)
            .finalize()
            .into()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

/// Returns the value of an `Authorization` or `Proxy-Authorization` header of the Basic scheme, marked as sensitive.
///
/// The caller checks that the user name contains no colon.
///
/// # Examples
///
/// ```
/// let value = sockeye_handshake::http1::encode_basic("Aladdin", "open sesame");
/// assert_eq!(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
/// ```
#[expect(clippy::missing_panics_doc, reason = "it cannot panic")]
pub fn encode_basic(user: &str, password: &str) -> HeaderValue {
    let text = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let mut value = HeaderValue::try_from(text).expect("base64 is visible ASCII");
    value.set_sensitive(true);
    value
}

fn invalid() -> InvalidHeader {
    invalid_header(header_names::AUTHORIZATION, "", HeaderErrorKind::Format)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::Credentials;

    #[test]
    fn the_example_of_rfc_7617() {
        let credentials = Credentials::new("Aladdin", "open sesame").unwrap();
        assert_eq!(credentials.to_authorization(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let received =
            Credentials::from_authorization("basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ==").unwrap();
        assert!(received.matches(&credentials));
        assert_eq!(format!("{received:?}"), "Credentials(***)");
    }

    #[test]
    fn what_is_not_basic_is_refused_and_not_shown() {
        for value in [
            "",
            "Basic",
            "Basic ",
            "Basic !",
            "Basic QWxhZGRpbg==",
            "Basic /w==",
            "Basic OgA=",
            "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ",
            "BasicQWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        ] {
            let error = Credentials::from_authorization(value).unwrap_err();
            assert_eq!(error.value, None, "{value}");
        }
        assert!(Credentials::new("a:b", "").is_err());
        assert!(Credentials::new("a\n", "").is_err());
        assert!(Credentials::new("a", "\u{7f}").is_err());
    }

    #[test]
    fn any_difference_counts() {
        let expected = Credentials::new("me", "secret").unwrap();
        for (user, password) in
            [("me", "secre"), ("me", "secret1"), ("you", "secret"), ("", ""), ("me", "")]
        {
            assert!(!Credentials::new(user, password).unwrap().matches(&expected));
        }
    }

    proptest! {
        #[test]
        fn credentials_survive_the_header(user in "[^:\\p{Cc}]*", password in "[^\\p{Cc}]*") {
            let credentials = Credentials::new(user, password).unwrap();
            let value = credentials.to_authorization();
            let received = Credentials::from_authorization(value.to_str().unwrap());
            prop_assert_eq!(received, Ok(credentials));
        }
    }
}
