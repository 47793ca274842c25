//! User and password: [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617), the Basic scheme.

use std::{fmt, hint::black_box};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;
use sha1::{Digest, Sha1};
use sockeye_errors::{HeaderProblem, InvalidHeader};

use crate::{field, redaction::invalid_header, resource::decode};

/// A user, and mostly a password.
///
/// `Debug` shows neither. What a peer sent is checked with [`matches`](Self::matches), not with
/// `==`, whose time tells where the difference is.
#[derive(Clone, Eq, PartialEq)]
pub struct Credentials {
    user: String,
    password: Option<String>,
}

impl Credentials {
    /// Makes credentials of a user and a password.
    ///
    /// # Errors
    ///
    /// When the user holds a colon, or either a control character: the Basic scheme cannot say
    /// that.
    pub fn new(
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> Result<Self, InvalidHeader> {
        Self::check(user.into(), Some(password.into())).map_err(|_| invalid())
    }

    /// The user.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The password, if there is one.
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The value of `Authorization` that gives these credentials. No password is an empty one.
    #[expect(clippy::missing_panics_doc, reason = "it cannot panic")]
    pub fn to_authorization(&self) -> HeaderValue {
        let pair = format!("{}:{}", self.user, self.password.as_deref().unwrap_or_default());
        let text = format!("Basic {}", STANDARD.encode(pair));
        let mut value = HeaderValue::try_from(text).expect("base64 is visible ASCII");
        value.set_sensitive(true);
        value
    }

    /// Reads the value of `Authorization`.
    ///
    /// # Errors
    ///
    /// When it is not of the scheme Basic, or malformed; the error does not show it.
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

    /// Whether these are the credentials `expected`, in a time that does not depend on where they
    /// differ.
    ///
    /// To check against several users, call it for each of them, or for any one where the user is
    /// unknown.
    pub fn matches(&self, expected: &Self) -> bool {
        let (a, b) = (self.digest(), expected.digest());
        a.iter().zip(&b).fold(0, |difference, (a, b)| black_box(difference | (a ^ b))) == 0
    }

    /// Reads the user information of a URI; empty, it is none.
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
        // RFC 7617 §2: a user with a colon would end there, and control characters are not allowed.
        if user.contains(':') {
            return Err("the user holds a colon");
        }
        let has_control = |text: &str| text.chars().any(char::is_control);
        if has_control(&user) || password.as_deref().is_some_and(has_control) {
            return Err("the user information holds a control character");
        }
        Ok(Self { user, password })
    }

    /// What makes the comparison independent of the lengths. The strength that counts is that
    /// against a second preimage.
    fn digest(&self) -> [u8; 20] {
        // No user holds a colon, so that the pair is unambiguous.
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

fn invalid() -> InvalidHeader {
    invalid_header(field::AUTHORIZATION, "", HeaderProblem::Format)
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
