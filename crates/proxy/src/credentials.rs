//! User and password for a proxy: [RFC 7617 §2](https://www.rfc-editor.org/rfc/rfc7617#section-2) for HTTP,
//! [RFC 1929 §2](https://www.rfc-editor.org/rfc/rfc1929#section-2) for SOCKS 5.

use percent_encoding::percent_decode_str;

use crate::ProxyScheme;

/// User and password, checked to be what the scheme can carry; not `Debug`, so that nothing prints them by accident.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Credentials {
    /// Reads the user information of a URI; nothing, and nothing around a colon, are no credentials.
    pub(crate) fn parse(scheme: ProxyScheme, info: &str) -> Result<Option<Self>, &'static str> {
        let (user, password) = info.split_once(':').unwrap_or((info, ""));
        if user.is_empty() && password.is_empty() {
            return Ok(None);
        }
        Self::new(scheme, decode(user)?, decode(password)?).map(Some)
    }

    pub(crate) fn new(
        scheme: ProxyScheme,
        user: String,
        password: String,
    ) -> Result<Self, &'static str> {
        if [&user, &password].iter().any(|text| text.contains(char::is_control)) {
            return Err("user and password must not hold control characters");
        }
        let length = 1..=255;
        match scheme {
            // RFC 7617 §2: the first colon ends the user.
            ProxyScheme::Http | ProxyScheme::Https if user.contains(':') => {
                return Err("the user must not hold a colon");
            }
            ProxyScheme::Http | ProxyScheme::Https => {}
            ProxyScheme::Socks4 | ProxyScheme::Socks4a => {
                if !password.is_empty() {
                    return Err("SOCKS 4 knows no password");
                }
                if !length.contains(&user.len()) {
                    return Err("the user must have 1 to 255 bytes");
                }
            }
            // RFC 1929 §2: one byte holds each length, and it is not 0.
            ProxyScheme::Socks5 | ProxyScheme::Socks5h => {
                if ![&user, &password].iter().all(|text| length.contains(&text.len())) {
                    return Err("user and password must have 1 to 255 bytes");
                }
            }
        }
        Ok(Self { user, password })
    }
}

/// Decodes percent escapes, of which each must be whole: a password must not be something else than it seems.
fn decode(text: &str) -> Result<String, &'static str> {
    let escapes = text.split('%').skip(1);
    let is_escape = |rest: &str| {
        rest.as_bytes().first_chunk::<2>().is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    };
    if !escapes.into_iter().all(is_escape) {
        return Err("a percent sign in user or password must be written %25");
    }
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| "user and password must be UTF-8")
}
