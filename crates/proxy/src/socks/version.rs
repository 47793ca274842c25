//! The versions of SOCKS and their refusals: [RFC 1928 §6](https://www.rfc-editor.org/rfc/rfc1928#section-6) and
//! [SOCKS 4](https://www.openssh.com/txt/socks4.protocol).

use std::io;

use sockeye_errors::{
    Error, HandshakeError, InvalidProxyMessage, ProxyError, SocksError, SocksReply,
};
use tokio_socks::Error as Failure;

/// The version of SOCKS that is spoken.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "SOCKS has no other version, and will have none")]
pub enum SocksVersion {
    /// SOCKS 4 and 4a.
    V4,
    /// SOCKS 5.
    V5,
}

impl SocksVersion {
    /// Says what a failure means: a refusal, an answer that is not SOCKS or is cut off, or a failure of the network.
    pub fn error(self, failure: Failure) -> Error {
        let reply = match (self, failure) {
            (_, Failure::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return proxy(InvalidProxyMessage::truncated());
            }
            (_, Failure::Io(error)) => return error.into(),
            (Self::V4, Failure::GeneralSocksServerFailure) => SocksReply::V4(91),
            (Self::V4, Failure::IdentdAuthFailure) => SocksReply::V4(92),
            (Self::V4, Failure::InvalidUserIdAuthFailure) => SocksReply::V4(93),
            (Self::V5, Failure::GeneralSocksServerFailure) => SocksReply::V5(1),
            (Self::V5, Failure::ConnectionNotAllowedByRuleset) => SocksReply::V5(2),
            (Self::V5, Failure::NetworkUnreachable) => SocksReply::V5(3),
            (Self::V5, Failure::HostUnreachable) => SocksReply::V5(4),
            (Self::V5, Failure::ConnectionRefused) => SocksReply::V5(5),
            (Self::V5, Failure::TtlExpired) => SocksReply::V5(6),
            (Self::V5, Failure::CommandNotSupported) => SocksReply::V5(7),
            (Self::V5, Failure::AddressTypeNotSupported) => SocksReply::V5(8),
            (Self::V5, Failure::NoAcceptableAuthMethods) => SocksReply::NoAcceptableMethod,
            // RFC 1929 §2: any status but 0 is a refusal.
            (Self::V5, Failure::PasswordAuthFailure(_)) => SocksReply::Authentication,
            (_, failure) => return proxy(InvalidProxyMessage::malformed(problem(&failure))),
        };
        proxy(SocksError::new(reply))
    }
}

/// What is wrong with an answer that is no answer of SOCKS.
fn problem(failure: &Failure) -> &'static str {
    match failure {
        Failure::InvalidResponseVersion => "the answer is of another version of SOCKS",
        Failure::AuthorizationRequired => "the proxy wants a password, which was not offered",
        // The same failure stands for both.
        Failure::UnknownAuthMethod => "unknown method of authentication, or unknown reply code",
        Failure::UnknownError => "unknown reply code",
        Failure::InvalidReservedByte => "the reserved byte is not 0",
        Failure::UnknownAddressType => "unknown type of address",
        _ => "the answer is not SOCKS",
    }
}

fn proxy(error: impl Into<ProxyError>) -> Error {
    HandshakeError::Proxy(error.into()).into()
}
