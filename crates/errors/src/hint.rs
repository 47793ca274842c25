//! Advice on how to solve a problem.

use std::{borrow::Cow, io};

use http::StatusCode;

use crate::{
    CloseCause, ConnectionClosed, Error, HandshakeError, HeaderErrorKind, InvalidHeader,
    InvalidOrigin, InvalidStatus, InvalidUri, Operation, OriginErrorKind, ProtocolError,
    ProxyError, SecurityError, SocksReply, State, address::address_of, report, retry_after,
};

type Hint = Option<Cow<'static, str>>;

pub(crate) fn hint(error: &Error) -> Hint {
    match error {
        Error::ConnectionClosed(closed) => self::closed(closed),
        Error::Handshake(handshake) => self::handshake(handshake, error.uri()),
        Error::InvalidUri(error) => uri(error),
        Error::Protocol(error) => protocol(error),
        Error::Io(io) => self::io(io, error),
        Error::Timeout(timeout) => deadline(timeout.operation),
        Error::QueueFull(_) => some("`write_high_water` sets the limit; `send` waits for room"),
    }
}

fn closed(closed: &ConnectionClosed) -> Hint {
    match &closed.cause {
        Some(CloseCause::Protocol(ProtocolError::PayloadTooBig(_))) => {
            some("`max_incoming_size` sets the limit")
        }
        Some(CloseCause::Timeout(timeout)) => deadline(timeout.operation),
        None if closed.code().is_some_and(|code| code == 1009) => {
            some("a message was larger than the peer accepts")
        }
        _ => None,
    }
}

fn handshake(error: &HandshakeError, uri: Option<&str>) -> Hint {
    match error {
        HandshakeError::InvalidStatus(error) => status(error),
        HandshakeError::InvalidOrigin(error) => origin(error),
        HandshakeError::InvalidHeader(error) => header(error),
        HandshakeError::InvalidUpgrade(error) if error.0.kind == HeaderErrorKind::Missing => {
            some("this is an HTTP request; only a WebSocket client can open the connection")
        }
        HandshakeError::InvalidMessage(error) if is_plain(uri) => {
            let cause = error.cause.to_string();
            if cause.contains("TLS") {
                return some("use wss://");
            }
            error.is_truncated().then_some("the server may expect wss://".into())
        }
        HandshakeError::Security(SecurityError::Certificate(cause)) => {
            certificate(&cause.to_string())
        }
        HandshakeError::Proxy(error) => Some(proxy(error).into()),
        _ => None,
    }
}

/// Advice on a refusal by the server.
fn status(error: &InvalidStatus) -> Hint {
    match error.status_code {
        StatusCode::UNAUTHORIZED => some(
            "the server requires credentials: set them in the URI, with `basic_auth` or with `header`",
        ),
        StatusCode::FORBIDDEN if mentions_origin(error) => some(
            "the server does not accept this origin: a Sockeye server lists the accepted ones with `origins`, and \
             `Origins::any()` accepts all",
        ),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            let seconds = retry_after::of(&error.headers)?.as_secs();
            Some(format!("the server asks to wait {seconds} s").into())
        }
        status if status.is_success() => {
            some("this is a web server, but it serves no WebSocket at this URI")
        }
        status if status.is_redirection() => {
            some("`redirects` sets how many redirects are followed")
        }
        _ => None,
    }
}

fn mentions_origin(error: &InvalidStatus) -> bool {
    report::explanation(error).is_some_and(|line| line.to_ascii_lowercase().contains("origin"))
}

fn origin(error: &InvalidOrigin) -> Hint {
    match error.kind {
        OriginErrorKind::Value | OriginErrorKind::NotListed(_) => {
            some("`origins` sets the accepted origins, and `Origins::any()` accepts all")
        }
        OriginErrorKind::NotOwn(_) => some(
            "`origins` sets the accepted origins; a reverse proxy must pass on the Host header, as nginx does with \
             `proxy_set_header Host $http_host`",
        ),
        OriginErrorKind::Format if error.origin == "*" => {
            some("`Origins::any()` accepts all origins")
        }
        OriginErrorKind::Format if error.origin.ends_with('/') => {
            some("an origin does not end with a slash")
        }
        _ => None,
    }
}

fn header(error: &InvalidHeader) -> Hint {
    match error.kind {
        HeaderErrorKind::Format if error.name.eq_ignore_ascii_case("Sec-WebSocket-Protocol") => {
            some("a subprotocol contains no spaces and no commas")
        }
        HeaderErrorKind::Format if error.value.is_none() => {
            some("a value contains no line breaks and no other control characters")
        }
        HeaderErrorKind::Value if error.name.eq_ignore_ascii_case("Host") => {
            some("`allowed_hosts` sets the accepted hosts")
        }
        HeaderErrorKind::Name => some("a name contains only letters, digits and hyphens"),
        _ => None,
    }
}

/// Advice on a refused certificate, by the text of the TLS library.
fn certificate(cause: &str) -> Hint {
    if cause.contains("UnknownIssuer") {
        some("`tls` sets a configuration that trusts other issuers")
    } else if cause.contains("CaUsedAsEndEntity") {
        some(
            "`openssl req -x509` makes such certificates unless it is given \
             `-addext basicConstraints=critical,CA:FALSE`",
        )
    } else if cause.starts_with("received fatal alert: ") {
        some("`tls` sets the certificate of the client")
    } else {
        None
    }
}

fn proxy(error: &ProxyError) -> &'static str {
    match error {
        ProxyError::InvalidProxyStatus(error) if error.status_code == 407 => PROXY_CREDENTIALS,
        ProxyError::InvalidProxy(_) => {
            "`proxy` sets another proxy, and `no_proxy` connects directly; both override the environment"
        }
        ProxyError::Socks(error)
            if matches!(
                error.reply,
                SocksReply::NoAcceptableMethod | SocksReply::Authentication
            ) =>
        {
            PROXY_CREDENTIALS
        }
        _ => PROXY,
    }
}

const PROXY_CREDENTIALS: &str =
    "the URI of the proxy contains the credentials: http://USER:PASSWORD@HOST:PORT";

const PROXY: &str = "the proxy is that of `proxy`, or of an environment variable such as https_proxy; `no_proxy` connects \
                     directly";

/// The WebSocket URI that was probably meant.
fn uri(error: &InvalidUri) -> Hint {
    let (scheme, rest) = error.uri.split_once("://").unwrap_or(("", &error.uri));
    let meant = match &*scheme.to_ascii_lowercase() {
        "" | "http" => "ws",
        "https" => "wss",
        _ => return None,
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_host = !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    let is_path = rest.chars().all(|c| c.is_ascii_graphic() && c != '#');
    // Only if the scheme is what is wrong. User information is not repeated, not even as `***`.
    let is_scheme = error.reason.as_ref().is_some_and(|reason| reason.contains("scheme"));
    (is_host && is_path && is_scheme).then(|| format!("did you mean {meant}://{rest}?").into())
}

fn protocol(error: &ProtocolError) -> Hint {
    match error {
        ProtocolError::PayloadTooBig(_) => some("`max_outgoing_size` sets the limit"),
        ProtocolError::CloseReasonTooLong { .. } => some("`Close::truncated` shortens a reason"),
        ProtocolError::InvalidState(error)
            if matches!(error.state, State::Closing | State::Closed) =>
        {
            some("the application has closed this connection")
        }
        _ => None,
    }
}

fn io(io: &io::Error, error: &Error) -> Hint {
    if let Some(address) = address_of(io)
        && error.uri().is_none()
        && address.address.contains("://")
    {
        return some("an address is HOST:PORT, without a scheme");
    }
    match io.kind() {
        _ if error.proxy().is_some() => some(PROXY),
        io::ErrorKind::ConnectionRefused => some("is the server running?"),
        io::ErrorKind::AddrInUse => some("another process uses this address"),
        io::ErrorKind::InvalidData if error.uri().is_some_and(|uri| uri.starts_with("wss://")) => {
            some("the server may expect ws://")
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof if is_plain(error.uri()) => {
            some("the server may expect wss://")
        }
        _ => None,
    }
}

fn deadline(operation: Operation) -> Hint {
    some(match operation {
        Operation::Resolve
        | Operation::Connect
        | Operation::Proxy
        | Operation::Tls
        | Operation::Handshake => "`open_timeout` sets the limit",
        Operation::Keepalive => "`ping_timeout` sets the limit",
        Operation::Write => "`write_timeout` sets the limit",
        Operation::Close => "`close_timeout` sets the limit",
        Operation::Ping | Operation::Receive => return None,
    })
}

/// Whether the client connects without TLS.
fn is_plain(uri: Option<&str>) -> bool {
    uri.is_some_and(|uri| uri.starts_with("ws://"))
}

#[expect(clippy::unnecessary_wraps, reason = "the arms of a match return an optional hint")]
fn some(text: &'static str) -> Hint {
    Some(text.into())
}
