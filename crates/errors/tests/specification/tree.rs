//! The exceptions of the specification, one row each: the text, the family, and the predicates.

use std::{error::Error as StdError, io};

use http::{HeaderMap, StatusCode};
use sockeye_errors::{
    AddressError, Close, ConcurrencyError, ConnectionClosed, DuplicateParameter, Error,
    ErrorCategory, HandshakeError, InvalidHeader, InvalidMessage, InvalidMethod, InvalidOrigin,
    InvalidParameterName, InvalidParameterValue, InvalidProtocol, InvalidProxy,
    InvalidProxyMessage, InvalidProxyStatus, InvalidState, InvalidStatus, InvalidUpgrade,
    InvalidUri, NegotiationError, Operation, PayloadTooBig, ProtocolError, ProxyError,
    SecurityError, Severity, SocksError, SocksReply, State, Timeout,
};

/// An exception of the specification: its name, an error that represents it, its text, its family, whether it is retryable,
/// and its log level.
struct Row {
    name: &'static str,
    error: Error,
    text: &'static str,
    category: ErrorCategory,
    retry: bool,
    level: Severity,
}

fn row(
    name: &'static str,
    error: impl Into<Error>,
    text: &'static str,
    (category, retry, level): (ErrorCategory, bool, Severity),
) -> Row {
    Row { name, error: error.into(), text, category, retry, level }
}

pub(crate) fn handshake(error: impl Into<HandshakeError>) -> Error {
    error.into().into()
}

pub(crate) fn proxy(error: impl Into<ProxyError>) -> Error {
    handshake(error.into())
}

fn protocol(error: impl Into<ProtocolError>) -> Error {
    error.into().into()
}

pub(crate) fn closed(rcvd: Option<Close>, sent: Option<Close>) -> ConnectionClosed {
    ConnectionClosed::new(rcvd, sent)
}

/// The tree of the specification.
#[expect(clippy::too_many_lines, reason = "a table")]
fn tree() -> Vec<Row> {
    use ErrorCategory as Is;
    use Severity::{Error as Err, Info, Warn};
    let status = |code| StatusCode::from_u16(code).expect("a status");
    let invalid_status = |code| InvalidStatus::new(status(code), HeaderMap::new(), Vec::new());
    let close = |code| Some(Close::new(code, "bye"));
    let mut no_reason = InvalidUri::new("http://example.com", "");
    no_reason.reason = None;
    vec![
        row(
            "ConnectionClosed",
            closed(None, None),
            "Connection closed",
            (Is::ConnectionClosed, true, Warn),
        ),
        row(
            "ConnectionClosedOK",
            closed(close(1000), close(1000)),
            "Connection closed: 1000 bye",
            (Is::ConnectionClosed, false, Info),
        ),
        row(
            "ConnectionClosedError",
            closed(close(1011), close(1011)),
            "Connection closed: 1011 bye",
            (Is::ConnectionClosed, true, Warn),
        ),
        row(
            "SecurityError",
            handshake(SecurityError::Downgrade),
            "a redirect leads from wss to ws",
            (Is::Security, false, Err),
        ),
        row(
            "InvalidMessage",
            handshake(InvalidMessage::malformed("a space in a name")),
            "did not receive a valid HTTP message",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidMessage, cut off",
            handshake(InvalidMessage::truncated()),
            "did not receive a valid HTTP message",
            (Is::Handshake, true, Warn),
        ),
        row(
            "InvalidMethod",
            handshake(InvalidMethod::new("PUT")),
            "Invalid method: PUT",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidProtocol",
            handshake(InvalidProtocol::new("HTTP/1.0")),
            "Invalid protocol: HTTP/1.0",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidStatus",
            handshake(invalid_status(403)),
            "HTTP 403",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidStatus, later",
            handshake(invalid_status(503)),
            "HTTP 503",
            (Is::Handshake, true, Warn),
        ),
        row(
            "InvalidHeader",
            handshake(InvalidHeader::missing("Upgrade")),
            "Invalid header: Upgrade",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidHeader, not to be set",
            handshake(InvalidHeader::reserved("upgrade")),
            "Invalid header: upgrade",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidHeader, no such name",
            handshake(InvalidHeader::name("x y\n")),
            "Invalid header: x y\\n",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidHeaderFormat",
            handshake(InvalidHeader::format("Upgrade", "a b")),
            "Invalid header Upgrade: a b",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidHeaderValue",
            handshake(InvalidHeader::value("Sec-WebSocket-Version", "12")),
            "Invalid header Sec-WebSocket-Version: 12",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidOrigin",
            handshake(InvalidOrigin::new("https://evil.example")),
            "Invalid origin: https://evil.example",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidUpgrade",
            handshake(InvalidUpgrade::new(InvalidHeader::value("Upgrade", "h2c"))),
            "Invalid header Upgrade: h2c",
            (Is::Handshake, false, Warn),
        ),
        row(
            "NegotiationError",
            handshake(NegotiationError::NoCommonSubprotocol),
            "no subprotocol in common",
            (Is::Handshake, false, Warn),
        ),
        row(
            "DuplicateParameter",
            handshake(DuplicateParameter::new("x")),
            "Duplicate parameter: x",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidParameterName",
            handshake(InvalidParameterName::new("x")),
            "Invalid parameter name: x",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidParameterValue",
            handshake(InvalidParameterValue::new("x", "7")),
            "Invalid parameter value x: 7",
            (Is::Handshake, false, Warn),
        ),
        row(
            "InvalidProxy",
            proxy(InvalidProxy::new("http://me:secret@proxy", "no port")),
            "Invalid proxy http://***@proxy: no port",
            (Is::Proxy, false, Warn),
        ),
        row(
            "InvalidProxyMessage",
            proxy(InvalidProxyMessage::malformed("garbage")),
            "did not receive a valid response from the proxy",
            (Is::Proxy, false, Warn),
        ),
        row(
            "InvalidProxyStatus",
            proxy(InvalidProxyStatus::new(407, "Proxy Authentication Required")),
            "Proxy error 407: Proxy Authentication Required",
            (Is::Proxy, false, Warn),
        ),
        row(
            "InvalidProxyStatus, no reason",
            proxy(InvalidProxyStatus::new(502, "")),
            "Proxy error: 502",
            (Is::Proxy, true, Warn),
        ),
        row(
            "ProxyError of SOCKS",
            proxy(SocksError::new(SocksReply::V5(2))),
            "the SOCKS proxy refused: connection not allowed by its rules",
            (Is::Proxy, false, Warn),
        ),
        row(
            "InvalidURI",
            InvalidUri::new("http://me:secret@example.com", "the scheme is not ws or wss"),
            "Invalid URI http://***@example.com: the scheme is not ws or wss",
            (Is::Uri, false, Err),
        ),
        row(
            "InvalidURI, no reason",
            no_reason,
            "Invalid URI: http://example.com",
            (Is::Uri, false, Err),
        ),
        row(
            "ProtocolError",
            protocol(ProtocolError::Masked),
            "a frame from the server is masked",
            (Is::Protocol, false, Err),
        ),
        row(
            "PayloadTooBig",
            protocol(PayloadTooBig::new(2048, 1024)),
            "Payload too big: 2048 > 1024",
            (Is::Protocol, false, Err),
        ),
        row(
            "InvalidState",
            protocol(InvalidState::new("send", State::Closed)),
            "Cannot send in state CLOSED",
            (Is::Protocol, false, Err),
        ),
        row(
            "ConcurrencyError",
            protocol(ConcurrencyError::new("send")),
            "Concurrent send operations",
            (Is::Protocol, false, Err),
        ),
        row(
            "OSError",
            io::Error::from(io::ErrorKind::ConnectionRefused),
            "connection refused",
            (Is::Io, true, Warn),
        ),
        row(
            "OSError of an address",
            io::Error::from(AddressError::new(
                "[::1]:1",
                io::Error::from(io::ErrorKind::ConnectionRefused),
            )),
            "[::1]:1: connection refused",
            (Is::Io, true, Warn),
        ),
        row(
            "TimeoutError",
            Timeout::new(Operation::Handshake),
            "timed out during opening handshake",
            (Is::Timeout, true, Warn),
        ),
    ]
}

#[test]
fn every_row_has_its_text_its_family_and_its_answers() {
    for Row { name, error, text, category, retry, level } in tree() {
        assert_eq!(error.to_string(), text, "{name}");
        assert_eq!(error.category(), category, "{name}");
        assert_eq!(error.is_retryable(), retry, "{name}");
        assert_eq!(error.severity(), level, "{name}");
    }
}

#[test]
fn a_family_prints_as_itself_and_its_source_is_its_own() {
    for Row { name, error, .. } in tree() {
        let text = error.to_string();
        let source = error.source().map(ToString::to_string);
        assert_ne!(source.as_deref(), Some(&*text), "{name} is its own cause");
        assert!(source.is_none_or(|source| !text.contains(&source)), "{name} repeats its cause");
    }
}

#[test]
fn no_row_shows_a_secret() {
    for Row { name, error, .. } in tree() {
        assert!(!format!("{error} {error:?}").contains("secret"), "{name}");
    }
    let mut headers = HeaderMap::new();
    headers.insert("set-cookie", "session=secret".parse().expect("a header value"));
    let status = InvalidStatus::new(StatusCode::UNAUTHORIZED, headers, b"secret".to_vec());
    assert!(!format!("{status:?}").contains("secret"));
}
