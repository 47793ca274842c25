//! SOCKS over any stream: [RFC 1928](https://www.rfc-editor.org/rfc/rfc1928), [RFC 1929](https://www.rfc-editor.org/rfc/rfc1929) and
//! [SOCKS 4](https://www.openssh.com/txt/socks4.protocol).

use std::io;

use sockeye_errors::{
    Error, HandshakeError, InvalidProxyMessage, ProxyError, SocksError, SocksReply,
};
use sockeye_proxy::{SocksRequest, SocksTarget, SocksVersion};
use tokio_socks::{
    Error as Failure, TargetAddr,
    io::AsyncSocket,
    tcp::{Socks4Stream, Socks5Stream},
};

#[cfg(test)]
mod tests;

/// Sends a request to a SOCKS proxy and reads its reply. Returns the stream, which then leads to the target.
pub(crate) async fn request_tunnel<S: AsyncSocket + Unpin>(
    stream: S,
    request: &SocksRequest,
) -> Result<S, Error> {
    let target = match request.target() {
        SocksTarget::Address(address) => TargetAddr::Ip(*address),
        SocksTarget::Name(name, port) => TargetAddr::Domain(name.into(), *port),
    };
    let version = request.version();
    let opened = match (version, request.credentials()) {
        (SocksVersion::V4, None) => {
            let opened = Socks4Stream::connect_with_socket(stream, target).await;
            opened.map(Socks4Stream::into_inner)
        }
        (SocksVersion::V4, Some((user, _))) => {
            let opened = Socks4Stream::connect_with_userid_and_socket(stream, target, user).await;
            opened.map(Socks4Stream::into_inner)
        }
        (SocksVersion::V5, None) => {
            let opened = Socks5Stream::connect_with_socket(stream, target).await;
            opened.map(Socks5Stream::into_inner)
        }
        (SocksVersion::V5, Some((user, password))) => {
            let opened =
                Socks5Stream::connect_with_password_and_socket(stream, target, user, password);
            opened.await.map(Socks5Stream::into_inner)
        }
    };
    opened.map_err(|failure| to_error(version, failure))
}

/// Converts a failure to a rejection by the proxy, to an error about an invalid or truncated reply, or to an I/O error.
fn to_error(version: SocksVersion, failure: Failure) -> Error {
    let reply = match (version, failure) {
        (_, Failure::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return proxy_error(InvalidProxyMessage::truncated());
        }
        (_, Failure::Io(error)) => return error.into(),
        (SocksVersion::V4, Failure::GeneralSocksServerFailure) => SocksReply::V4(91),
        (SocksVersion::V4, Failure::IdentdAuthFailure) => SocksReply::V4(92),
        (SocksVersion::V4, Failure::InvalidUserIdAuthFailure) => SocksReply::V4(93),
        // RFC 1928 §6: the reply codes of version 5.
        (SocksVersion::V5, Failure::GeneralSocksServerFailure) => SocksReply::V5(1),
        (SocksVersion::V5, Failure::ConnectionNotAllowedByRuleset) => SocksReply::V5(2),
        (SocksVersion::V5, Failure::NetworkUnreachable) => SocksReply::V5(3),
        (SocksVersion::V5, Failure::HostUnreachable) => SocksReply::V5(4),
        (SocksVersion::V5, Failure::ConnectionRefused) => SocksReply::V5(5),
        (SocksVersion::V5, Failure::TtlExpired) => SocksReply::V5(6),
        (SocksVersion::V5, Failure::CommandNotSupported) => SocksReply::V5(7),
        (SocksVersion::V5, Failure::AddressTypeNotSupported) => SocksReply::V5(8),
        (SocksVersion::V5, Failure::NoAcceptableAuthMethods) => SocksReply::NoAcceptableMethod,
        // RFC 1929 §2: any status but 0 is a rejection.
        (SocksVersion::V5, Failure::PasswordAuthFailure(_)) => SocksReply::Authentication,
        (_, failure) => return proxy_error(InvalidProxyMessage::malformed(problem(&failure))),
    };
    proxy_error(SocksError::new(reply))
}

/// Describes a reply that does not conform to SOCKS.
fn problem(failure: &Failure) -> &'static str {
    match failure {
        Failure::InvalidResponseVersion => "the reply is of another version of SOCKS",
        Failure::AuthorizationRequired => "the proxy requires a password, which was not offered",
        // tokio-socks reports both with the same failure.
        Failure::UnknownAuthMethod => "unknown method of authentication, or unknown reply code",
        Failure::UnknownError => "unknown reply code",
        Failure::InvalidReservedByte => "the reserved byte is not 0",
        Failure::UnknownAddressType => "unknown type of address",
        _ => "the reply is not SOCKS",
    }
}

fn proxy_error(error: impl Into<ProxyError>) -> Error {
    HandshakeError::Proxy(error.into()).into()
}
