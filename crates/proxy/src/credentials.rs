//! User name and password for a proxy: [RFC 7617 §2](https://www.rfc-editor.org/rfc/rfc7617#section-2) for HTTP,
//! [RFC 1929 §2](https://www.rfc-editor.org/rfc/rfc1929#section-2) for SOCKS 5.

use sockeye_handshake::http1::decode_percent;

use crate::scheme::ProxyScheme;

/// A user name and a password that the scheme can carry. Not `Debug`, so that nothing prints them by accident.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Credentials {
    /// Reads the user information of a URI; `None` if user name and password are both empty.
    pub(crate) fn parse(scheme: ProxyScheme, info: &str) -> Result<Option<Self>, &'static str> {
        let (user, password) = info.split_once(':').unwrap_or((info, ""));
        if user.is_empty() && password.is_empty() {
            return Ok(None);
        }
        Self::new(scheme, decode_percent(user)?, decode_percent(password)?).map(Some)
    }

    pub(crate) fn new(
        scheme: ProxyScheme,
        user: String,
        password: String,
    ) -> Result<Self, &'static str> {
        if [&user, &password].iter().any(|text| text.contains(char::is_control)) {
            return Err("user name and password must not contain control characters");
        }
        let length = 1..=255;
        match scheme {
            // RFC 7617 §2: the first colon ends the user name.
            ProxyScheme::Http | ProxyScheme::Https if user.contains(':') => {
                return Err("the user name must not contain a colon");
            }
            ProxyScheme::Http | ProxyScheme::Https => {}
            ProxyScheme::Socks4 | ProxyScheme::Socks4a => {
                if !password.is_empty() {
                    return Err("SOCKS 4 has no password");
                }
                if !length.contains(&user.len()) {
                    return Err("the user name must have 1 to 255 bytes");
                }
            }
            // RFC 1929 §2: one byte holds each length, and it is not 0.
            ProxyScheme::Socks5 | ProxyScheme::Socks5h => {
                if ![&user, &password].iter().all(|text| length.contains(&text.len())) {
                    return Err("user name and password must have 1 to 255 bytes");
                }
            }
        }
        Ok(Self { user, password })
    }
}
