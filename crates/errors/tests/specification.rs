//! The tree of the specification, row by row: what each exception is in Rust, its attributes, and its text.

use std::{error::Error as StdError, io, sync::Arc};

use http::{HeaderMap, StatusCode};
use sockeye_errors::{
    AddressError, Close, CloseCause, CloseCode, ConcurrencyError, ConnectionClosed,
    DuplicateParameter, Error, ErrorCategory, ErrorLevel, HandshakeError, HeaderProblem,
    InvalidHeader, InvalidMessage, InvalidMethod, InvalidOrigin, InvalidParameterName,
    InvalidParameterValue, InvalidProtocol, InvalidProxy, InvalidProxyMessage, InvalidProxyStatus,
    InvalidState, InvalidStatus, InvalidUpgrade, InvalidUri, NegotiationError, Operation,
    PayloadTooBig, ProtocolError, ProxyError, SecurityError, SocksError, SocksReply, State,
    Timeout,
};

/// An exception of the specification: its name, an error that stands for it, its text, its family, whether a retry is
/// worth while, and how loud it is.
struct Row {
    name: &'static str,
    error: Error,
    text: &'static str,
    category: ErrorCategory,
    retry: bool,
    level: ErrorLevel,
}

fn row(
    name: &'static str,
    error: impl Into<Error>,
    text: &'static str,
    (category, retry, level): (ErrorCategory, bool, ErrorLevel),
) -> Row {
    Row { name, error: error.into(), text, category, retry, level }
}

fn handshake(error: impl Into<HandshakeError>) -> Error {
    error.into().into()
}

fn proxy(error: impl Into<ProxyError>) -> Error {
    handshake(error.into())
}

fn protocol(error: impl Into<ProtocolError>) -> Error {
    error.into().into()
}

fn closed(rcvd: Option<Close>, sent: Option<Close>) -> ConnectionClosed {
    let mut closed = ConnectionClosed::none();
    (closed.rcvd, closed.sent) = (rcvd, sent);
    closed
}

/// The tree of the specification.
#[expect(clippy::too_many_lines, reason = "a table")]
fn tree() -> Vec<Row> {
    use ErrorCategory as Is;
    use ErrorLevel::{Error as Err, Info, Warn};
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
        assert_eq!(error.level(), level, "{name}");
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

#[test]
fn a_connection_is_closed_normally_with_two_normal_close_frames() {
    for (rcvd, sent, ok) in [
        (Some(1000), Some(1000), true),
        (Some(1001), Some(1000), true),
        (Some(1005), Some(1005), true),
        (Some(1000), None, false),
        (None, Some(1000), false),
        (None, None, false),
        (Some(1000), Some(1002), false),
        (Some(4000), Some(4000), false),
        (Some(1006), Some(1000), false),
    ] {
        let frame = |code: Option<u16>| code.map(|code| Close::new(code, ""));
        assert_eq!(closed(frame(rcvd), frame(sent)).is_ok(), ok, "{rcvd:?} {sent:?}");
    }
}

#[test]
fn a_socks_proxy_that_fails_is_worth_another_try_and_one_that_forbids_is_not() {
    for (reply, retry) in [
        // RFC 1928 §6: a failure, or no way to the host; but neither its rules nor what it does not know.
        (SocksReply::V5(1), true),
        (SocksReply::V5(2), false),
        (SocksReply::V5(3), true),
        (SocksReply::V5(4), true),
        (SocksReply::V5(5), true),
        (SocksReply::V5(6), true),
        (SocksReply::V5(7), false),
        (SocksReply::V5(8), false),
        // SOCKS 4 has one code for all failures, which may be lasting ones.
        (SocksReply::V4(91), true),
        (SocksReply::V4(92), false),
        (SocksReply::V4(93), false),
        (SocksReply::NoAcceptableMethod, false),
        (SocksReply::Authentication, false),
    ] {
        assert_eq!(proxy(SocksError::new(reply)).is_retryable(), retry, "{reply:?}");
    }
}

#[test]
fn the_attributes_have_their_names() {
    let close = closed(Some(Close::new(4001, "why")), None);
    assert_eq!((close.code(), close.reason()), (Some(CloseCode::new(4001)), Some("why")));
    assert_eq!((closed(None, None).code(), closed(None, None).reason()), (None, None));

    let header = InvalidHeader::format("Upgrade", "a b");
    assert_eq!((&*header.name, header.value.as_deref()), ("Upgrade", Some("a b")));
    assert_eq!(header.problem, HeaderProblem::Format);
    assert_eq!(InvalidHeader::duplicate("x").problem, HeaderProblem::Duplicate);

    let too_big = PayloadTooBig::new(2, 1);
    assert_eq!((too_big.size, too_big.max_size), (2, 1));
    let state = InvalidState::new("ping", State::Closing);
    assert_eq!((state.operation, state.state), ("ping", State::Closing));
}

#[test]
fn the_source_of_an_invalid_header_says_what_is_wrong_with_it() {
    for (error, why) in [
        (InvalidHeader::missing("Upgrade"), "it is missing"),
        (InvalidHeader::duplicate("Upgrade"), "it is there more than once"),
        (InvalidHeader::format("Upgrade", "a b"), "it does not follow its grammar"),
        (InvalidHeader::value("Upgrade", "h2c"), "it has the wrong value"),
        (InvalidHeader::name("a b"), "this is not the name of a header"),
        (InvalidHeader::reserved("upgrade"), "the handshake sets it itself"),
    ] {
        let problem = error.problem;
        for error in [handshake(error.clone()), handshake(InvalidUpgrade::new(error))] {
            let source = error.source().expect("there is a reason");
            assert_eq!(source.to_string(), why);
            assert_eq!(source.downcast_ref(), Some(&problem));
        }
    }
}

#[test]
fn the_source_of_an_invalid_origin_says_what_is_wrong_with_it() {
    let grammar =
        "an origin is a scheme, ://, a host and perhaps a port, such as https://example.com";
    for (error, origin, why) in [
        (InvalidOrigin::new("https://evil.example"), "https://evil.example", "it is not admitted"),
        (InvalidOrigin::missing(), "", "it is missing"),
        (InvalidOrigin::format("example.com"), "example.com", grammar),
    ] {
        assert_eq!(error.to_string(), format!("Invalid origin: {origin}"));
        let problem = error.problem;
        let error = handshake(error);
        let source = error.source().expect("there is a reason");
        assert_eq!(source.to_string(), why);
        assert_eq!(source.downcast_ref(), Some(&problem));
    }
}

#[test]
fn the_source_of_a_closed_connection_is_what_ended_it() {
    let with = |cause| {
        let mut closed = ConnectionClosed::none();
        closed.cause = Some(cause);
        Error::from(closed)
    };
    let error = with(CloseCause::Protocol(ProtocolError::InvalidUtf8));
    let source = error.source().and_then(|source| source.downcast_ref());
    assert_eq!(source, Some(&ProtocolError::InvalidUtf8));

    let error = with(CloseCause::Timeout(Timeout::new(Operation::Keepalive)));
    let source = error.source().and_then(|source| source.downcast_ref());
    assert_eq!(source, Some(&Timeout::new(Operation::Keepalive)));

    let reset = io::Error::from(io::ErrorKind::ConnectionReset);
    let error = with(CloseCause::Io(Arc::new(reset)));
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    assert_eq!(source.map(io::Error::kind), Some(io::ErrorKind::ConnectionReset));
}

#[test]
fn a_failure_at_an_address_is_of_the_same_kind_and_can_be_found() {
    let error = io::Error::from(AddressError::new("[::1]:1", io::Error::from_raw_os_error(1)));
    assert_eq!(error.kind(), io::Error::from_raw_os_error(1).kind());
    let inner = error.get_ref().and_then(|error| error.downcast_ref::<AddressError>());
    let inner = inner.expect("it is there");
    assert_eq!((&*inner.address, inner.error.raw_os_error()), ("[::1]:1", Some(1)));
    assert!(inner.source().is_none());
}

#[test]
fn retry_after_is_a_number_of_seconds_of_a_busy_server() {
    let busy = |code: u16, value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", value.parse().expect("a header value"));
        let status = StatusCode::from_u16(code).expect("a status");
        handshake(InvalidStatus::new(status, headers, Vec::new())).retry_after()
    };
    assert_eq!(busy(503, "120").map(|time| time.as_secs()), Some(120));
    assert_eq!(busy(429, "0").map(|time| time.as_secs()), Some(0));
    for (code, value) in [
        (500, "120"),
        (503, "-1"),
        (503, "soon"),
        (503, ""),
        (503, "1.5"),
        (503, "99999999999999999999"),
    ] {
        assert_eq!(busy(code, value), None, "{code} {value}");
    }
}

#[test]
fn a_cause_that_is_shared_is_still_itself() {
    let refused = SecurityError::Certificate(Arc::new(InvalidOrigin::new("stands for any error")));
    let error = handshake(refused);
    assert!(error.source().is_some_and(<dyn StdError>::is::<InvalidOrigin>));

    let error = handshake(InvalidMessage::truncated());
    assert!(error.source().is_some_and(<dyn StdError>::is::<io::Error>));

    let error = proxy(InvalidProxyMessage::truncated());
    assert!(error.source().is_some_and(<dyn StdError>::is::<io::Error>));
}
