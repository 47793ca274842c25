//! Requests that an upgrade rejects, with the error and the response that the server of the library gives.

use http::{Version, request::Parts};
use sockeye::{
    Error,
    connection::Upgrade,
    error::HandshakeError,
    server::{Rejection, ServerOptions},
};
use sockeye_tests::{Sim, pipe, run};

use super::{connect_request, parts, upgrade_request, with, without};

/// Sends a request over the wire. Returns the response and the error of the server.
async fn ask(parts: &Parts) -> (String, HandshakeError) {
    let mut request = format!("{} {} {:?}\r\n", parts.method, parts.uri, parts.version);
    for (name, value) in &parts.headers {
        let value = value.to_str().expect("a text");
        request.extend([name.as_str(), ": ", value, "\r\n"]);
    }
    let (near, far) = pipe(4096);
    near.written().put(format!("{request}\r\n").as_bytes());
    near.written().end();
    let error = match sockeye::server::accept::<_, Sim>(far).await {
        Err(Error::Handshake(error)) => error,
        other => panic!("{request}: {other:?}"),
    };
    (String::from_utf8(near.read().log()).expect("a text"), error)
}

fn wrong_requests() -> Vec<Parts> {
    let good = || parts(upgrade_request());
    let mut post = good();
    post.method = http::Method::POST;
    let mut old = good();
    old.version = Version::HTTP_10;
    let mut list = vec![post, old];
    let names = ["host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version"];
    list.extend(names.map(|name| without(good(), name)));
    let changes = [
        ("upgrade", "h2c"),
        ("connection", "keep-alive"),
        ("sec-websocket-version", "8"),
        ("sec-websocket-key", "short"),
        ("sec-websocket-extensions", "a b"),
        ("sec-websocket-protocol", "a,,b c"),
        ("origin", "https://evil.example"),
        ("content-length", "5"),
        ("transfer-encoding", "chunked"),
    ];
    list.extend(changes.map(|(name, value)| with(good(), name, value)));
    list
}

#[test]
fn a_wrong_request_has_the_same_error_and_response_as_over_the_wire() {
    run(async {
        for parts in wrong_requests() {
            let (wire, expected) = ask(&parts).await;
            let error = Upgrade::from_request(&parts, &ServerOptions::default());
            let error = error.expect_err("a wrong request");
            assert_eq!(format!("{error:#}"), format!("{expected:#}"), "{wire}");

            let response: http::Response<Vec<u8>> = Rejection::from(&error).into();
            let (head, body) = wire.split_once("\r\n\r\n").expect("a whole head");
            assert!(head.starts_with(&format!("HTTP/1.1 {} ", response.status().as_u16())));
            assert_eq!(response.body(), body.as_bytes());
            for (name, value) in response.headers() {
                let value = value.to_str().expect("a text");
                let is_there = |line: &str| {
                    let line = line.split_once(": ").unwrap_or_default();
                    line.0.eq_ignore_ascii_case(name.as_str()) && line.1.starts_with(value)
                };
                assert!(head.lines().any(is_there), "{name}: {value} is not in {head}");
            }
        }
    });
}

#[test]
fn a_wrong_extended_connect_is_rejected() {
    let good = || parts(connect_request());
    let mut get = good();
    get.method = http::Method::GET;
    let table = [
        (good(), "webtransport", 501),
        (get, "websocket", 405),
        (without(good(), "sec-websocket-version"), "websocket", 400),
        (with(good(), "sec-websocket-version", "8"), "websocket", 400),
        (with(good(), "connection", "Upgrade"), "websocket", 400),
        (with(good(), "origin", "https://evil.example"), "websocket", 403),
        (parts(upgrade_request()), "websocket", 505),
    ];
    for (parts, protocol, status) in table {
        let options = ServerOptions::default();
        let error = Upgrade::from_extended_connect(&parts, protocol, &options);
        let rejection = Rejection::from(&error.expect_err("a wrong request"));
        let response = rejection.into_http(Version::HTTP_2);
        assert_eq!(response.status(), status, "{parts:?} {protocol}");
        assert!(!response.headers().contains_key("upgrade"));
    }
}

#[test]
fn an_upgrade_is_no_extended_connect() {
    let options = ServerOptions::default();
    Upgrade::from_request(&parts(connect_request()), &options).expect_err("no GET of HTTP/1.1");
}
