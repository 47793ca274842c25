//! Conversion of requests and responses from and to the types of the crate `http`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use http::{HeaderMap, HeaderValue, StatusCode, Version, request::Parts};
use proptest::prelude::*;
use sockeye_handshake::{
    Rejection, Request, Response, ServerOptions, Subprotocols, ValidRequest, status_for,
};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn parts(uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut builder = http::Request::get(uri);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(()).unwrap().into_parts().0
}

fn upgrade() -> Parts {
    let headers = [
        ("Host", "server.example.com"),
        ("Upgrade", "websocket"),
        ("Connection", "keep-alive"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", KEY),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Protocol", "chat"),
        ("Cookie", "a=1"),
        ("Cookie", "b=2"),
    ];
    parts("/chat?room=1", &headers)
}

#[test]
fn a_request_of_parts_is_read_like_one_of_bytes() {
    let parts = upgrade();
    let request = Request::from(&parts);
    assert_eq!((request.method(), request.target()), ("GET", "/chat?room=1"));
    assert_eq!((request.path(), request.query()), ("/chat", Some("room=1")));
    assert_eq!(request.host(), Some("server.example.com"));
    assert_eq!((request.origin(), request.protocol()), (None, None));
    assert_eq!(request.subprotocols(), ["chat"]);
    assert_eq!(request.header("COOKIE"), Some("a=1"));
    assert_eq!(request.headers(), &parts.headers);
    assert!(!format!("{request:?}").contains("room=1"));
    for (uri, path, query) in [
        ("http://server.example.com/chat?q", "/chat", Some("q")),
        ("http://server.example.com", "/", None),
        ("*", "*", None),
        ("server.example.com:80", "server.example.com:80", None),
    ] {
        let request = Request::from_parts(&self::parts(uri, &[]));
        assert_eq!((request.path(), request.query()), (path, query), "{uri}");
        // HTTP/1.1 demands the header.
        assert_eq!(request.host(), None);
    }
}

#[test]
fn a_response_becomes_one_of_http_and_back() {
    let mut options = ServerOptions::default();
    options.subprotocols = Subprotocols::new(["chat"]).unwrap();
    let valid = ValidRequest::from_request(&Request::from(&upgrade()), &options).unwrap();
    let response = valid.accept(&[], &options.headers).unwrap();
    let http: http::Response<()> = (&response).into();
    assert_eq!((http.status().as_u16(), http.version()), (101, Version::HTTP_11));
    for (name, value) in [
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("sec-websocket-protocol", "chat"),
        ("server", concat!("sockeye/", env!("CARGO_PKG_VERSION"))),
    ] {
        assert_eq!(http.headers()[name], value);
    }
    assert_eq!(http.headers().len(), 5);
    let back = Response::from(&http.into_parts().0);
    assert_eq!((back.status(), back.headers()), (response.status(), response.headers()));
    for status in [100, 199, 200, 404, 599, 600, 999] {
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2, Version::HTTP_3] {
            let http = http::Response::builder().status(status).version(version);
            let (parts, ()) = http.header("x", "y").body(()).unwrap().into_parts();
            let response = Response::from_parts(&parts);
            assert_eq!((response.status().as_u16(), response.header("X")), (status, Some("y")));
            assert_eq!(response.to_http().version(), version);
        }
    }
}

#[test]
fn a_rejection_becomes_a_response_of_http() {
    let body =
        |response: &http::Response<Vec<u8>>| String::from_utf8(response.body().clone()).unwrap();
    let mut parts = upgrade();
    parts.headers.remove("upgrade");
    let error = ValidRequest::from_request(&Request::from(&parts), &ServerOptions::default());
    let rejection = Rejection::from(&error.unwrap_err());
    let http: http::Response<Vec<u8>> = rejection.clone().into();
    assert_eq!((http.status().as_u16(), http.version()), (426, Version::HTTP_11));
    assert_eq!(http.headers()["upgrade"], "websocket");
    assert_eq!(http.headers()["connection"], "Upgrade");
    assert_eq!(http.headers()["content-type"], "text/plain; charset=utf-8");
    assert!(body(&http).ends_with("Invalid header: Upgrade: it is missing\n"), "{http:?}");
    // HTTP/2 has no Upgrade.
    let http = rejection.into_http(Version::HTTP_2);
    assert_eq!((http.status().as_u16(), http.version()), (400, Version::HTTP_2));
    assert_eq!(http.headers().len(), 1);

    let http = Rejection::unauthorized("room").unwrap().into_http(Version::HTTP_11);
    assert_eq!(http.headers()["www-authenticate"], "Basic realm=\"room\", charset=\"UTF-8\"");
    let mut json = Rejection::new(StatusCode::NOT_FOUND, "{}");
    json.headers.insert("content-type", HeaderValue::from_static("application/json"));
    let http = json.into_http(Version::HTTP_11);
    assert_eq!(http.headers()["content-type"], "application/json");
    assert_eq!((http.status().as_u16(), body(&http)), (404, "{}".into()));
    let http = Rejection::new(StatusCode::NO_CONTENT, "x").into_http(Version::HTTP_11);
    assert_eq!((http.headers().len(), body(&http)), (0, String::new()));
}

#[test]
fn a_rejection_that_cannot_be_sent_becomes_an_empty_500() {
    let mut framed = Rejection::new(StatusCode::NOT_FOUND, "secret");
    framed.headers.insert("content-length", HeaderValue::from_static("1"));
    let mut upgraded = Rejection::new(StatusCode::NOT_FOUND, "secret");
    upgraded.headers.insert("upgrade", HeaderValue::from_static("h2c"));
    let switching = Rejection::new(StatusCode::SWITCHING_PROTOCOLS, "secret");
    for rejection in [framed, upgraded, switching] {
        assert!(rejection.encode().is_err());
        let http = rejection.into_http(Version::HTTP_11);
        assert_eq!((http.status().as_u16(), http.body().len()), (500, 0));
        assert!(http.headers().is_empty());
    }
}

#[test]
fn a_target_that_is_not_ascii_is_refused() {
    let mut parts = upgrade();
    let Ok(uri) = "/ch\u{e4}t".parse() else { return };
    parts.uri = uri;
    let error = ValidRequest::from_request(&Request::from(&parts), &ServerOptions::default());
    assert_eq!(status_for(&error.unwrap_err()), StatusCode::BAD_REQUEST);
}

proptest! {
    /// The crate `http` admits no line end in any part, so that no part gets out of its place.
    #[test]
    fn any_parts_are_kept_as_they_are(
        method in "[A-Za-z!#-]{1,9}",
        uri in "(/[!-~]{0,9}|http://[a-z:0-9]{1,5}/[!-~]{0,9}|[!-~]{1,9})",
        headers in prop::collection::vec(("[a-zA-Z-]{1,9}", "[\t -~\u{e4}]{0,9}"), 0..9),
    ) {
        let mut map = HeaderMap::new();
        for (name, value) in &headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, HeaderValue::from_bytes(value.trim().as_bytes()).unwrap());
        }
        let Ok(request) = http::Request::builder().method(method.as_str()).uri(&uri).body(())
        else { return Ok(()) };
        let (mut parts, ()) = request.into_parts();
        parts.headers = map;
        let request = Request::from_parts(&parts);
        prop_assert_eq!(request.method(), method);
        prop_assert_eq!(request.target(), parts.uri.to_string());
        prop_assert_eq!(request.headers(), &parts.headers);
        let _ = ValidRequest::from_request(&request, &ServerOptions::default());
    }
}
