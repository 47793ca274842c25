//! The complete message: `{:#}`.

use std::{io, sync::Arc};

use http::{HeaderMap, HeaderValue, StatusCode};
use sockeye_errors::{
    AddressError, Close, CloseCause, ConnectionClosed, Error, InvalidHeader, InvalidMessage,
    InvalidOrigin, InvalidProxyStatus, InvalidState, InvalidStatus, InvalidUpgrade, InvalidUri,
    Operation, PayloadTooBig, ProtocolError, SecurityError, SocksError, SocksReply, State, Timeout,
};

use crate::tree::{handshake, proxy};

const URI: &str = "ws://chat.example/room";

fn check(rows: impl IntoIterator<Item = (Error, &'static str)>) {
    for (error, text) in rows {
        assert_eq!(format!("{error:#}"), text, "{error}");
    }
}

#[test]
fn a_closed_connection_names_the_codes_the_sides_and_the_cause() {
    let closed = |rcvd: Option<(u16, &str)>, sent: Option<(u16, &str)>, rcvd_then_sent, cause| {
        let mut closed = ConnectionClosed::default();
        closed.rcvd = rcvd.map(|(code, reason)| Close::new(code, reason));
        closed.sent = sent.map(|(code, reason)| Close::new(code, reason));
        closed.rcvd_then_sent = rcvd_then_sent;
        closed.cause = cause;
        Error::from(closed)
    };
    let protocol = |error: ProtocolError| Some(CloseCause::Protocol(error));
    let timeout = |operation| Some(CloseCause::Timeout(Timeout::new(operation)));
    let eof =
        io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended without a close frame");
    let too_big = PayloadTooBig::new(2_097_152, 1_048_576).into();
    check([
        (closed(None, None, None, None), "Connection closed"),
        (
            closed(Some((1011, "")), Some((1011, "")), Some(true), None),
            "Connection closed: the peer sent 1011 (internal error)",
        ),
        (
            closed(Some((4001, "mine\r\n\u{1b}[2J")), None, None, None),
            "Connection closed: the peer sent 4001: mine\\r\\n\\u{1b}[2J",
        ),
        (
            closed(Some((1005, "")), Some((1005, "")), Some(true), None),
            "Connection closed: the peer sent a close frame without a code",
        ),
        (
            closed(Some((1000, "")), Some((1001, "bye")), Some(false), None),
            "Connection closed: this side sent 1001 (going away): bye; the peer replied 1000 (normal closure)",
        ),
        (
            closed(Some((1009, "")), Some((1000, "")), Some(true), None),
            "Connection closed: the peer sent 1009 (message too big); this side replied 1000 (normal closure) (a \
             message was larger than the peer accepts)",
        ),
        (
            closed(None, Some((1009, "too big")), None, protocol(too_big)),
            "Connection closed: this side sent 1009 (message too big): Payload too big: 2097152 > 1048576 \
             (`max_incoming_size` sets the limit)",
        ),
        (
            closed(None, Some((1007, "")), None, protocol(ProtocolError::InvalidUtf8)),
            "Connection closed: this side sent 1007 (invalid data): a text message is not UTF-8",
        ),
        (
            closed(None, Some((1011, "")), None, timeout(Operation::Keepalive)),
            "Connection closed: this side sent 1011 (internal error): timed out during keepalive ping (`ping_timeout` \
             sets the limit)",
        ),
        (
            closed(None, Some((1000, "")), None, None),
            "Connection closed: this side sent 1000 (normal closure); the peer did not reply",
        ),
        (
            closed(None, None, None, Some(CloseCause::Io(Arc::new(eof)))),
            "Connection closed: the connection ended without a close frame",
        ),
        (
            closed(Some((1001, "")), Some((1001, "")), Some(true), None)
                .with_peer("192.0.2.1:4711"),
            "Connection with 192.0.2.1:4711 closed: the peer sent 1001 (going away)",
        ),
    ]);
}

#[test]
fn a_refusal_names_the_uri_the_phrase_and_the_explanation_of_the_server() {
    let refused = |code: u16, header: Option<(&'static str, &'static str)>, body: &str| {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let status = StatusCode::from_u16(code).expect("a status");
        handshake(InvalidStatus::new(status, headers, body.into())).with_uri(URI)
    };
    check([
        (refused(404, None, ""), "cannot connect to ws://chat.example/room: HTTP 404 Not Found"),
        (
            refused(404, None, "\n  no \u{1b}[31msuch\u{202e} \"room\"\nmore"),
            "cannot connect to ws://chat.example/room: HTTP 404 Not Found; the server says: no \\u{1b}[31msuch\\u{202e} \
             \"room\"",
        ),
        (
            refused(200, None, "<html>"),
            "cannot connect to ws://chat.example/room: HTTP 200 OK (this is a web server, but it serves no WebSocket at \
             this URI)",
        ),
        (
            refused(503, Some(("retry-after", "7")), ""),
            "cannot connect to ws://chat.example/room: HTTP 503 Service Unavailable (the server asks to wait 7 s)",
        ),
        (
            refused(403, None, "Invalid origin: https://evil.example"),
            "cannot connect to ws://chat.example/room: HTTP 403 Forbidden; the server says: Invalid origin: \
             https://evil.example (the server does not accept this origin: a Sockeye server lists the accepted ones \
             with `origins`, and `Origins::any()` accepts all)",
        ),
        (
            refused(401, None, ""),
            "cannot connect to ws://chat.example/room: HTTP 401 Unauthorized (the server requires credentials: set them \
             in the URI, with `basic_auth` or with `header`)",
        ),
        (
            refused(302, None, ""),
            "cannot connect to ws://chat.example/room: HTTP 302 Found (`redirects` sets how many redirects are followed)",
        ),
    ]);
}

#[test]
fn a_handshake_that_failed_names_the_peer_and_the_cause() {
    check([
        (
            handshake(InvalidMessage::malformed("the peer speaks TLS")).with_uri(URI),
            "cannot connect to ws://chat.example/room: did not receive a valid HTTP message: the peer speaks TLS (use \
             wss://)",
        ),
        (
            handshake(InvalidMessage::truncated()).with_uri(URI),
            "cannot connect to ws://chat.example/room: did not receive a valid HTTP message: the connection was closed \
             before the end of the head (the server may expect wss://)",
        ),
        (
            handshake(InvalidHeader::value("Sec-WebSocket-Accept", "AAAA")).with_uri(URI),
            "cannot connect to ws://chat.example/room: Invalid header Sec-WebSocket-Accept: AAAA: it has the wrong value",
        ),
        (
            handshake(InvalidUpgrade::new(InvalidHeader::missing("Upgrade")))
                .with_peer("192.0.2.1:4711"),
            "the opening handshake with 192.0.2.1:4711 failed: Invalid header: Upgrade: it is missing (this is an HTTP \
             request; only a WebSocket client can open the connection)",
        ),
        (
            handshake(InvalidOrigin::new("https://evil.example")).with_peer("192.0.2.1:4711"),
            "the opening handshake with 192.0.2.1:4711 failed: Invalid origin: https://evil.example: it is not admitted \
             (`origins` sets the accepted origins, and `Origins::any()` accepts all)",
        ),
        (
            handshake(InvalidOrigin::not_own("https://chat.example", "backend:8080"))
                .with_peer("192.0.2.1:4711"),
            "the opening handshake with 192.0.2.1:4711 failed: Invalid origin: https://chat.example: it is not the server's \
             own, which is backend:8080 according to the Host header (`origins` sets the accepted origins; a reverse proxy \
             must pass on the Host header, as nginx does with `proxy_set_header Host $http_host`)",
        ),
        (
            handshake(InvalidOrigin::format("*")),
            "Invalid origin: *: an origin is a scheme, ://, a host and perhaps a port, such as https://example.com \
             (`Origins::any()` accepts all origins)",
        ),
        (
            handshake(InvalidHeader::format("Sec-WebSocket-Protocol", "chat room")),
            "Invalid header Sec-WebSocket-Protocol: chat room: it does not follow its grammar (a subprotocol contains no \
             spaces and no commas)",
        ),
        (
            proxy(InvalidProxyStatus::new(407, "Proxy Authentication Required"))
                .with_proxy("http://127.0.0.1:3128")
                .with_uri(URI),
            "cannot connect to ws://chat.example/room through the proxy http://127.0.0.1:3128: Proxy error 407: Proxy \
             Authentication Required (the URI of the proxy contains the credentials: http://USER:PASSWORD@HOST:PORT)",
        ),
        (
            proxy(SocksError::new(SocksReply::V5(5))).with_uri(URI),
            "cannot connect to ws://chat.example/room: the SOCKS proxy refused: connection refused (the proxy is that of \
             `proxy`, or of an environment variable such as https_proxy; `no_proxy` connects directly)",
        ),
    ]);
}

#[test]
fn a_refused_certificate_is_explained_in_words() {
    for (cause, explanation) in [
        (
            "invalid peer certificate: UnknownIssuer",
            "its issuer is not trusted (`tls` sets a configuration that trusts other issuers)",
        ),
        (
            "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
            "it is the certificate of an authority (CA), which a server cannot use (`openssl req -x509` makes such \
             certificates unless it is given `-addext basicConstraints=critical,CA:FALSE`)",
        ),
        ("invalid peer certificate: Expired", "it has expired"),
    ] {
        let cause = Arc::new(io::Error::other(cause));
        let error = handshake(SecurityError::Certificate(cause));
        let text = "the certificate was refused: the certificate of the peer is invalid: ";
        assert_eq!(format!("{error:#}"), format!("{text}{explanation}"));
    }
}

#[test]
fn a_failure_of_the_network_names_the_address_and_the_uri_once() {
    let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
    let at = |address: &str| Error::from(io::Error::from(AddressError::new(address, refused())));
    let reset = || Error::from(io::Error::from(io::ErrorKind::ConnectionReset));
    let no_tls = io::Error::new(io::ErrorKind::InvalidData, "the peer does not seem to speak TLS");
    check([
        (at("127.0.0.1:1"), "127.0.0.1:1: connection refused (is the server running?)"),
        (
            at("127.0.0.1:1").with_uri("ws://127.0.0.1:1/"),
            "cannot connect to ws://127.0.0.1:1/: connection refused (is the server running?)",
        ),
        (
            at("127.0.0.1:1").with_uri("ws://localhost:1/"),
            "cannot connect to ws://localhost:1/: 127.0.0.1:1: connection refused (is the server running?)",
        ),
        (
            at("127.0.0.1:3128")
                .with_proxy("http://127.0.0.1:3128")
                .with_uri("wss://chat.example/"),
            "cannot connect to wss://chat.example/ through the proxy http://127.0.0.1:3128: 127.0.0.1:3128: connection \
             refused (the proxy is that of `proxy`, or of an environment variable such as https_proxy; `no_proxy` \
             connects directly)",
        ),
        (
            reset().with_uri(URI),
            "cannot connect to ws://chat.example/room: connection reset (the server may expect wss://)",
        ),
        (
            reset().with_peer("192.0.2.1:4711"),
            "the opening handshake with 192.0.2.1:4711 failed: connection reset",
        ),
        (
            Error::from(no_tls).with_uri("wss://chat.example/"),
            "cannot connect to wss://chat.example/: the peer does not seem to speak TLS (the server may expect ws://)",
        ),
        (
            at("ws://127.0.0.1:8765"),
            "ws://127.0.0.1:8765: connection refused (an address is HOST:PORT, without a scheme)",
        ),
        (
            Error::from(Timeout::new(Operation::Tls)).with_uri(URI),
            "cannot connect to ws://chat.example/room: timed out during TLS handshake (`open_timeout` sets the limit)",
        ),
    ]);
}

#[cfg(unix)]
#[test]
fn the_number_of_a_failure_of_the_system_is_left_out() {
    let error = io::Error::from_raw_os_error(libc_econnreset());
    let text = error.to_string();
    let (text, _) = text.split_once(" (os error").expect("the standard library adds it");
    let error = Error::from(error).with_uri("wss://chat.example/");
    assert_eq!(format!("{error:#}"), format!("cannot connect to wss://chat.example/: {text}"));
}

/// ECONNRESET on Linux; elsewhere another failure that has a text.
#[cfg(unix)]
const fn libc_econnreset() -> i32 {
    104
}

#[test]
fn a_mistake_of_the_application_says_what_to_do() {
    let uri = |uri, reason| Error::from(InvalidUri::new(uri, reason));
    let scheme = "the scheme is not ws or wss";
    check([
        (
            uri("localhost:8765", scheme),
            "Invalid URI localhost:8765: the scheme is not ws or wss (did you mean ws://localhost:8765?)",
        ),
        (
            uri("HTTPS://chat.example/room", scheme),
            "Invalid URI HTTPS://chat.example/room: the scheme is not ws or wss (did you mean wss://chat.example/room?)",
        ),
        (
            uri("http://me:secret@chat.example", scheme),
            "Invalid URI http://***@chat.example: the scheme is not ws or wss",
        ),
        (uri("", "there is no scheme"), "Invalid URI \"\": there is no scheme"),
        (uri("ws://", "the host is empty"), "Invalid URI ws://: the host is empty"),
        (
            ProtocolError::from(PayloadTooBig::new(2, 1)).into(),
            "Payload too big: 2 > 1 (`max_outgoing_size` sets the limit)",
        ),
        (
            ProtocolError::CloseReasonTooLong { length: 200 }.into(),
            "the reason for closing has 200 bytes, more than 123 (`Close::truncated` shortens a reason)",
        ),
        (
            ProtocolError::from(InvalidState::new("send", State::Closed)).into(),
            "Cannot send in state CLOSED (the application has closed this connection)",
        ),
    ]);
}

#[test]
fn the_innermost_uri_is_kept_and_the_text_stays_the_same() {
    let error = handshake(InvalidHeader::missing("Upgrade"));
    let text = error.to_string();
    let error = error.with_uri("ws://inner/?token=secret").with_uri("ws://outer/");
    let error = error.with_peer("192.0.2.1:1");
    assert_eq!((error.uri(), error.peer()), (Some("ws://inner/"), Some("192.0.2.1:1")));
    assert_eq!(error.to_string(), text);
}

#[test]
fn the_peer_does_not_take_part_in_comparisons() {
    let with = Error::from(ConnectionClosed::default()).with_uri(URI);
    let Error::ConnectionClosed(with) = with else { panic!("{with:?}") };
    assert_eq!(*with, ConnectionClosed::default());
}

#[test]
fn an_error_is_small_and_crosses_threads() {
    fn assert_send_sync<T: Send + Sync + 'static>() {}
    assert_send_sync::<Error>();
    // It is part of the result of each `recv` and `send`.
    const { assert!(size_of::<Error>() <= 32) };
    const { assert!(size_of::<ProtocolError>() <= 24) };
}
