//! Extended CONNECT: [RFC 8441 §5](https://www.rfc-editor.org/rfc/rfc8441#section-5).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use http::{HeaderMap, StatusCode, Version, request::Parts};
use sockeye_handshake::{
    Extension, Rejection, Request, Response, ServerOptions, Subprotocols, ValidRequest, status_for,
};

const URI: &str = "https://server.example.com/chat?room=1";
const HEADERS: [(&str, &str); 4] = [
    ("sec-websocket-version", "13"),
    ("origin", "https://server.example.com"),
    ("sec-websocket-protocol", "superchat, chat"),
    ("sec-websocket-extensions", "permessage-deflate"),
];

fn parts(method: &str, uri: &str, version: Version, headers: &[(&str, &str)]) -> Parts {
    let mut builder = http::Request::builder().method(method).uri(uri).version(version);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(()).unwrap().into_parts().0
}

fn options() -> ServerOptions {
    let mut options = ServerOptions::default();
    options.subprotocols = Subprotocols::new(["chat"]).unwrap();
    options
}

/// The status of the response.
fn status(parts: &Parts, protocol: &str) -> u16 {
    let request = Request::from_extended_connect(parts, protocol);
    match ValidRequest::from_request(&request, &options()) {
        Ok(valid) => valid.accept(&[], &HeaderMap::new()).unwrap().status().as_u16(),
        Err(error) => {
            let response = Rejection::from(&error).into_http(parts.version);
            assert_eq!(response.version(), parts.version);
            for name in ["upgrade", "connection", "content-length"] {
                assert!(!response.headers().contains_key(name), "{name}");
            }
            response.status().as_u16()
        }
    }
}

/// The status, with one more header.
fn plus(name: &str, value: &str) -> u16 {
    let headers = [&HEADERS[..], &[(name, value)]].concat();
    status(&parts("CONNECT", URI, Version::HTTP_2, &headers), "websocket")
}

/// The status, with this header in the place of those of its name.
fn with(name: &str, value: &str) -> u16 {
    let mut headers = HEADERS.to_vec();
    headers.retain(|(one, _)| *one != name);
    headers.push((name, value));
    status(&parts("CONNECT", URI, Version::HTTP_2, &headers), "websocket")
}

#[test]
fn the_response_has_status_200_and_no_accept() {
    for (version, line) in [(Version::HTTP_2, "HTTP/2.0"), (Version::HTTP_3, "HTTP/3.0")] {
        let parts = parts("CONNECT", URI, version, &HEADERS);
        let request = Request::from_extended_connect(&parts, "websocket");
        assert_eq!(request.method(), "CONNECT");
        assert_eq!(request.target(), URI);
        assert_eq!((request.path(), request.query()), ("/chat", Some("room=1")));
        assert_eq!(request.host(), Some("server.example.com"));
        assert_eq!(request.protocol(), Some("websocket"));
        assert_eq!(request.subprotocols(), ["superchat", "chat"]);
        assert_eq!(request.headers(), &parts.headers);

        let valid = ValidRequest::from_request(&request, &options()).unwrap();
        assert_eq!(valid.subprotocol.as_deref(), Some("chat"));
        assert_eq!(valid.extensions, [Extension::new("permessage-deflate")]);
        let mut more = HeaderMap::new();
        more.append("x-more", "1".parse().unwrap());
        let response = valid.accept(&valid.extensions, &more).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let response = response.to_http();
        assert_eq!((response.status().as_u16(), response.version()), (200, version), "{line}");
        assert_eq!(response.headers().len(), 3);
        assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
        assert_eq!(response.headers()["sec-websocket-extensions"], "permessage-deflate");
        assert_eq!(response.headers()["x-more"], "1");
        let (parts, ()) = response.into_parts();
        assert_eq!(Response::from_parts(&parts).to_http().status(), 200);
    }
}

#[test]
fn pseudo_header_fields_are_checked() {
    for (method, uri, version, protocol, expected) in [
        ("CONNECT", URI, Version::HTTP_2, "websocket", 200),
        ("CONNECT", URI, Version::HTTP_3, "websocket", 200),
        ("CONNECT", URI, Version::HTTP_2, "WebSocket", 200),
        ("CONNECT", "https://server.example.com", Version::HTTP_2, "websocket", 200),
        ("CONNECT", "https://SERVER.example.com:443/", Version::HTTP_2, "websocket", 200),
        ("CONNECT", "http://server.example.com:443/", Version::HTTP_2, "websocket", 200),
        ("CONNECT", URI, Version::HTTP_2, "", 501),
        ("CONNECT", URI, Version::HTTP_2, "connect-udp", 501),
        ("CONNECT", URI, Version::HTTP_2, "websocket, h2c", 501),
        ("CONNECT", URI, Version::HTTP_2, "websocket\r\nx: y", 501),
        ("CONNECT", URI, Version::HTTP_2, " websocket", 501),
        ("CONNECT", URI, Version::HTTP_11, "websocket", 505),
        ("CONNECT", URI, Version::HTTP_10, "websocket", 505),
        ("GET", URI, Version::HTTP_2, "websocket", 405),
        ("POST", URI, Version::HTTP_2, "websocket", 405),
        ("connect", URI, Version::HTTP_2, "websocket", 405),
        // No :authority, and so no :scheme; no :path and no :scheme.
        ("CONNECT", "/chat", Version::HTTP_2, "websocket", 400),
        ("CONNECT", "*", Version::HTTP_2, "websocket", 400),
        ("CONNECT", "server.example.com:443", Version::HTTP_2, "websocket", 400),
        ("CONNECT", "wss://server.example.com/chat", Version::HTTP_2, "websocket", 400),
        ("CONNECT", "ftp://server.example.com/chat", Version::HTTP_2, "websocket", 400),
        ("CONNECT", "https://me@server.example.com/chat", Version::HTTP_2, "websocket", 400),
        ("CONNECT", "https://server.example.com:0/chat", Version::HTTP_2, "websocket", 400),
        ("CONNECT", "https://127.1/chat", Version::HTTP_2, "websocket", 400),
        ("CONNECT", "https://other.example.com/chat", Version::HTTP_2, "websocket", 403),
    ] {
        let parts = parts(method, uri, version, &HEADERS);
        assert_eq!(status(&parts, protocol), expected, "{method} {uri} {version:?} {protocol:?}");
    }
}

#[test]
fn headers_of_the_connection_are_refused() {
    for (name, value) in [
        ("connection", "Upgrade"),
        ("connection", "keep-alive"),
        ("connection", ""),
        ("upgrade", "websocket"),
        ("upgrade", "h2c"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("transfer-encoding", "chunked"),
        ("content-length", "1"),
    ] {
        assert_eq!(plus(name, value), 400, "{name}: {value}");
    }
    assert_eq!(plus("content-length", "0"), 200);
    assert_eq!(plus("te", "trailers"), 200);
}

#[test]
fn a_key_is_not_processed() {
    assert_eq!(plus("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="), 200);
    assert_eq!(plus("sec-websocket-key", "="), 200);
}

#[test]
fn a_host_is_that_of_the_authority_or_missing() {
    assert_eq!(plus("host", "server.example.com"), 200);
    assert_eq!(plus("host", "Server.Example.com"), 200);
    assert_eq!(plus("host", "server.example.com.:443"), 200);
    assert_eq!(plus("host", "server.example.com:80"), 400);
    assert_eq!(plus("host", "other.example.com"), 400);
    assert_eq!(plus("host", "server.example.com:444"), 400);
    assert_eq!(plus("host", ""), 400);
    let twice = [&HEADERS[..], &[("host", "server.example.com"); 2]].concat();
    assert_eq!(status(&parts("CONNECT", URI, Version::HTTP_2, &twice), "websocket"), 400);
}

#[test]
fn the_rules_of_websocket_are_those_of_http_1() {
    for (name, value, expected) in [
        ("sec-websocket-version", "8", 400),
        ("sec-websocket-version", "13, 8", 400),
        ("origin", "https://evil.example.com", 403),
        ("origin", "null", 403),
        ("sec-websocket-protocol", "superchat", 400),
        ("sec-websocket-protocol", "ch at", 400),
        ("sec-websocket-extensions", "x;", 400),
    ] {
        assert_eq!(with(name, value), expected, "{name}: {value}");
    }
    for (at, expected) in [(0, 400), (1, 200), (2, 400), (3, 200)] {
        let mut headers = HEADERS.to_vec();
        headers.remove(at);
        let parts = parts("CONNECT", URI, Version::HTTP_2, &headers);
        assert_eq!(status(&parts, "websocket"), expected, "without {}", HEADERS[at].0);
    }
    for ((name, value), expected) in HEADERS.into_iter().zip([400, 400, 200, 200]) {
        assert_eq!(plus(name, value), expected, "{name} twice");
    }
}

#[test]
fn a_host_that_is_not_admitted_is_answered_with_403() {
    let mut options = options();
    options.allowed_hosts = Some(vec!["server.example.com".parse().unwrap()]);
    for (uri, expected) in [(URI, None), ("https://other.example.com/", Some(403))] {
        let parts = parts("CONNECT", uri, Version::HTTP_2, &[HEADERS[0], HEADERS[2]]);
        let request = Request::from_extended_connect(&parts, "websocket");
        let outcome = ValidRequest::from_request(&request, &options);
        assert_eq!(outcome.err().map(|error| status_for(&error).as_u16()), expected, "{uri}");
    }
}

#[test]
fn a_request_of_http_2_without_protocol_is_refused() {
    for method in ["GET", "CONNECT"] {
        let request = Request::from_parts(&parts(method, URI, Version::HTTP_2, &HEADERS));
        assert_eq!(request.protocol(), None);
        let error = ValidRequest::from_request(&request, &options()).unwrap_err();
        assert_eq!(status_for(&error), StatusCode::HTTP_VERSION_NOT_SUPPORTED);
    }
}

#[test]
fn the_method_that_is_allowed_depends_on_the_transport() {
    for (method, allowed) in [("GET", "CONNECT"), ("POST", "GET")] {
        let parts = parts(method, URI, Version::HTTP_2, &HEADERS);
        let request = Request::from_extended_connect(&parts, "websocket");
        let error = ValidRequest::from_request(&request, &options()).unwrap_err();
        assert_eq!(Rejection::from(&error).headers["allow"], allowed);
    }
}
