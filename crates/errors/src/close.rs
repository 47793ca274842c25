//! Close codes and the content of a close frame: [RFC 6455 §7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4).

use std::fmt;

/// The status code of a close frame.
///
/// An open set: 3000–3999 belong to libraries and frameworks, 4000–4999 to applications
/// ([RFC 6455 §7.4.2](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2)).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose of the connection has been fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: an endpoint goes away: a server shuts down, a browser leaves the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: a rule of the protocol was broken.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: a kind of data that the endpoint cannot accept.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: the close frame held no code. Never on the wire.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: there was no close frame. Never on the wire.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: a text message that is not UTF-8, or compressed data that does not decompress.
    pub const INVALID_DATA: Self = Self(1007);
    /// 1008: a policy was violated.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message is too big.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// 1010: the server did not negotiate an extension that the client needs.
    pub const MANDATORY_EXTENSION: Self = Self(1010);
    /// 1011: the endpoint met an unexpected condition.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service restarts.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: the service is overloaded; try again later.
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway received an invalid response.
    pub const BAD_GATEWAY: Self = Self(1014);
    /// 1015: the TLS handshake failed. Never on the wire.
    pub const TLS_FAILURE: Self = Self(1015);

    /// Makes a code of a number, without judging it.
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The number.
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// Whether a close frame may hold this code.
    ///
    /// The same set in both directions: 1000–1003, 1007–1014 and 3000–4999
    /// ([RFC 6455 §7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4) and the registry of the IANA).
    pub const fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// Whether the code says that nothing went wrong: 1000, 1001, or no code at all (1005).
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The content of a close frame.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Close {
    /// The status code; [`CloseCode::NO_STATUS`] for an empty frame.
    pub code: CloseCode,
    /// Why, for a person to read; at most 123 bytes on the wire, often empty.
    pub reason: String,
}

impl Close {
    /// The close frame of this code and this reason.
    pub fn new(code: impl Into<CloseCode>, reason: impl Into<String>) -> Self {
        Self { code: code.into(), reason: reason.into() }
    }

    /// The empty close frame, which has neither code nor reason.
    pub const fn empty() -> Self {
        Self { code: CloseCode::NO_STATUS, reason: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::CloseCode;

    #[test]
    fn every_code_is_sendable_or_not_as_the_registry_says() {
        for code in 0..=u16::MAX {
            let expected = (1000..=1014).contains(&code) && !(1004..=1006).contains(&code)
                || (3000..=4999).contains(&code);
            assert_eq!(CloseCode::new(code).is_sendable(), expected, "{code}");
        }
    }
}
