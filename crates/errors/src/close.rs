//! Close codes and the content of a close frame: [RFC 6455 §7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4).

use std::fmt;

/// The status code of a close frame.
///
/// The set is open: 3000–3999 are registered for libraries and frameworks, 4000–4999 are for private use by applications
/// ([RFC 6455 §7.4.2](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2)).
///
/// # Examples
///
/// ```
/// use sockeye::CloseCode;
///
/// let code = CloseCode::GOING_AWAY;
/// assert_eq!(code, 1001);
/// assert_eq!(code.name(), Some("going away"));
/// assert!(code.is_normal());
///
/// let private = CloseCode::from(4001);
/// assert!(private.is_sendable());
/// assert!(!CloseCode::ABNORMAL.is_sendable());
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the connection fulfilled its purpose.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the endpoint goes away. A server shuts down, or a browser leaves the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke a rule of the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: the endpoint does not accept this type of data.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: the close frame contained no code. Never sent.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: the connection ended without a close frame. Never sent.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: a text message was not UTF-8, or compressed data was corrupt.
    pub const INVALID_DATA: Self = Self(1007);
    /// 1008: a message violated a policy of the endpoint.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message was too big.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// 1010: the server did not negotiate an extension that the client requires.
    pub const MANDATORY_EXTENSION: Self = Self(1010);
    /// 1011: the endpoint encountered an unexpected condition.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service restarts.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: the service is overloaded. The client can try again later.
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway received an invalid response from its upstream server.
    pub const BAD_GATEWAY: Self = Self(1014);
    /// 1015: the TLS handshake failed. Never sent.
    pub const TLS_FAILURE: Self = Self(1015);

    /// Creates a code from its number, without validating it.
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// Returns the number.
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// Returns the name of a code that has one, in lower case; `None` for all others.
    ///
    /// The names are those of the
    /// [IANA registry](https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number).
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            1000 => "normal closure",
            1001 => "going away",
            1002 => "protocol error",
            1003 => "unsupported data",
            1005 => "no status code",
            1006 => "abnormal closure",
            1007 => "invalid data",
            1008 => "policy violation",
            1009 => "message too big",
            1010 => "mandatory extension",
            1011 => "internal error",
            1012 => "service restart",
            1013 => "try again later",
            1014 => "bad gateway",
            1015 => "TLS failure",
            3000 => "unauthorized",
            3003 => "forbidden",
            3008 => "timeout",
            _ => return None,
        })
    }

    /// Returns whether a close frame may contain this code.
    ///
    /// The set is the same in both directions: 1000–1003, 1007–1014 and 3000–4999
    /// ([RFC 6455 §7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4) and the IANA registry).
    pub const fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// Returns whether the code reports a normal closure: 1000, 1001, or no code at all (1005).
    pub const fn is_normal(self) -> bool {
        matches!(self.0, 1000 | 1001 | 1005)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

impl PartialEq<u16> for CloseCode {
    fn eq(&self, other: &u16) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for CloseCode {
    /// Writes the number; with `{:#}`, the name behind it: `1011 (internal error)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name().filter(|_| f.alternate()) {
            Some(name) => write!(f, "{} ({name})", self.0),
            None => fmt::Display::fmt(&self.0, f),
        }
    }
}

/// The content of a close frame.
///
/// # Examples
///
/// ```
/// use sockeye::{Close, CloseCode};
///
/// let close = Close::new(CloseCode::GOING_AWAY, "maintenance");
/// assert_eq!(close.code, 1001);
/// assert_eq!(close.reason, "maintenance");
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Close {
    /// The status code; [`CloseCode::NO_STATUS`] for an empty frame.
    pub code: CloseCode,
    /// The reason, meant for humans and often empty. A frame has room for [`MAX_REASON_LEN`](Self::MAX_REASON_LEN) bytes.
    pub reason: String,
}

impl Close {
    /// The length of the longest reason, in bytes: a control frame has at most 125, of which the code takes two
    /// ([RFC 6455 §5.5](https://www.rfc-editor.org/rfc/rfc6455#section-5.5)).
    pub const MAX_REASON_LEN: usize = 123;

    /// Creates the content of a close frame with this code and this reason.
    pub fn new(code: impl Into<CloseCode>, reason: impl Into<String>) -> Self {
        Self { code: code.into(), reason: reason.into() }
    }

    /// Creates the content of a close frame, and shortens the reason to 123 bytes if it is longer.
    ///
    /// The reason is cut between two characters, so that it remains valid UTF-8. [`new`](Self::new) keeps a reason that
    /// is too long, and closing with it fails. This constructor suits a reason whose length the program does not control,
    /// such as the text of an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::{Close, CloseCode};
    ///
    /// let error = "unexpected field ".repeat(20);
    /// let close = Close::truncated(CloseCode::UNSUPPORTED_DATA, error);
    /// assert_eq!(close.reason.len(), Close::MAX_REASON_LEN);
    /// ```
    pub fn truncated(code: impl Into<CloseCode>, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        reason.truncate(reason.floor_char_boundary(Self::MAX_REASON_LEN));
        Self::new(code, reason)
    }

    /// Creates an empty close frame, which contains neither a code nor a reason.
    pub const fn empty() -> Self {
        Self { code: CloseCode::NO_STATUS, reason: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Close, CloseCode};

    #[test]
    fn every_code_is_sendable_or_not_as_the_registry_says() {
        for code in 0..=u16::MAX {
            let expected = (1000..=1014).contains(&code) && !(1004..=1006).contains(&code)
                || (3000..=4999).contains(&code);
            assert_eq!(CloseCode::new(code).is_sendable(), expected, "{code}");
        }
    }

    #[test]
    fn a_long_reason_is_cut_between_two_characters() {
        for (reason, len) in [
            (String::new(), 0),
            ("x".repeat(123), 123),
            ("x".repeat(124), 123),
            // Two, three and four bytes for each character.
            ("é".repeat(100), 122),
            ("あ".repeat(100), 123),
            ("🐟".repeat(100), 120),
        ] {
            let close = Close::truncated(1011, reason.as_str());
            assert_eq!((close.reason.len(), reason.starts_with(&close.reason)), (len, true));
        }
    }
}
