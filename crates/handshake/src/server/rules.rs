//! Validation of the WebSocket part of a request, which is the same in every version of HTTP: [RFC 6455 §4.2.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1).

use sockeye_errors::{HandshakeError, HeaderErrorKind, NegotiationError};

use super::options::ServerOptions;
use crate::{
    http1::{Authority, HeaderLines, default_port, header_names, invalid_header},
    subprotocol::Subprotocols,
};

/// Checks that the server answers to this host.
pub(crate) fn check_host(
    text: &str,
    host: &Authority,
    options: &ServerOptions,
) -> Result<(), HandshakeError> {
    let Some(allowed) = &options.allowed_hosts else { return Ok(()) };
    // RFC 3986 §6.2.3: a missing port is the default one of the scheme, which a reverse proxy may hide from the server.
    let defaults = match options.secure {
        Some(secure) => [default_port(secure); 2],
        None => [default_port(false), default_port(true)],
    };
    let admits = |allowed: &Authority| {
        allowed.host() == host.host()
            && (allowed.port().is_none()
                || defaults.iter().any(|&default| allowed.is_same(host, Some(default))))
    };
    if allowed.iter().any(admits) {
        Ok(())
    } else {
        Err(invalid_header(header_names::HOST, text, HeaderErrorKind::Value).into())
    }
}

/// Checks the version of the protocol.
pub(crate) fn check_version(headers: &HeaderLines<'_>) -> Result<(), HandshakeError> {
    // §4.2.1 (6), §4.3: version 13, without leading zeros.
    match headers.exactly_one(header_names::SEC_WEBSOCKET_VERSION)? {
        "13" => Ok(()),
        other => {
            let name = header_names::SEC_WEBSOCKET_VERSION;
            Err(invalid_header(name, other, HeaderErrorKind::Value).into())
        }
    }
}

/// Chooses the subprotocol from those that the client offers.
pub(crate) fn choose_subprotocol(
    offered: &Subprotocols,
    options: &ServerOptions,
) -> Result<Option<String>, HandshakeError> {
    let chosen = options.subprotocols.choose(offered).map(str::to_owned);
    if chosen.is_none() && !options.subprotocols.is_empty() && options.require_subprotocol {
        return Err(NegotiationError::NoCommonSubprotocol.into());
    }
    Ok(chosen)
}
