//! The responses of upgrades, and connections over HTTP/2.

use sockeye::{
    DeflateConfig,
    connection::{Io, Runtime, Upgrade},
    error::HandshakeError,
    server::{Rejection, ServerOptions},
};

use super::{
    Scenario, accepted, client, connect_request, converse, on_each_runtime, parts, upgrade_request,
    with, with_offer,
};

/// A connection on a stream of HTTP/2.
struct ExtendedConnect;

impl Scenario for ExtendedConnect {
    async fn run<S: Unpin, R: Runtime + Io<S>>(&self, near: S, far: S) {
        let parts = parts(with_offer(connect_request()));
        let options = ServerOptions::default();
        let upgrade = Upgrade::from_extended_connect(&parts, "websocket", &options);
        let upgrade = upgrade.expect("a valid request").compression(DeflateConfig::default());
        let response = upgrade.response();
        assert_eq!((response.status(), response.version()), (http::StatusCode::OK, parts.version));
        for name in ["sec-websocket-accept", "upgrade", "connection"] {
            assert!(!response.headers().contains_key(name), "{name}");
        }
        assert!(response.headers().contains_key("sec-websocket-extensions"));

        let client = client::<S, R>(near, &upgrade);
        let server = upgrade.open::<S, R>(far, Vec::new());
        assert_eq!(server.request().protocol(), Some("websocket"));
        assert_eq!(server.request().host(), Some("localhost"));
        assert_eq!(server.request().path(), "/chat");
        assert!(client.is_compressed() && server.is_compressed());
        converse(client, server).await;
    }
}

#[test]
fn an_extended_connect_opens_a_connection() {
    on_each_runtime(&ExtendedConnect);
}

/// A connection whose response the application wrote without asking for it.
struct NoResponse;

impl Scenario for NoResponse {
    async fn run<S: Unpin, R: Runtime + Io<S>>(&self, near: S, far: S) {
        let parts = parts(upgrade_request());
        let client = client::<S, R>(near, &accepted(&parts));
        let server = accepted(&parts).open::<S, R>(far, Vec::new());
        assert_eq!(server.response().status(), 101);
        converse(client, server).await;
    }
}

#[test]
fn a_connection_opens_without_a_call_of_response() {
    on_each_runtime(&NoResponse);
}

#[test]
fn the_response_accepts_the_key_and_has_the_headers_of_the_options() {
    let options = ServerOptions::default().header("Vary", "Origin").expect("a valid header");
    let upgrade = Upgrade::from_request(&parts(upgrade_request()), &options).expect("valid");
    let response = upgrade.header("X-Room", "1").expect("a valid header").response();
    let headers = response.headers();
    assert_eq!(headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(headers["upgrade"], "websocket");
    assert_eq!(headers["connection"], "Upgrade");
    assert_eq!(headers["vary"], "Origin");
    assert_eq!(headers["x-room"], "1");
    assert!(headers.contains_key("server"));
    assert!(!headers.contains_key("sec-websocket-extensions"));
}

#[test]
fn compression_is_accepted_only_if_both_sides_want_it() {
    let is_compressed =
        |upgrade: &Upgrade| upgrade.response().headers().contains_key("sec-websocket-extensions");
    let (plain, offering) = (parts(upgrade_request()), parts(with_offer(upgrade_request())));
    assert!(!is_compressed(&accepted(&offering)));
    assert!(!is_compressed(&accepted(&plain).compression(DeflateConfig::default())));
    assert!(is_compressed(&accepted(&offering).compression(DeflateConfig::default())));
}

#[test]
fn a_subprotocol_is_one_of_those_that_the_client_offers() {
    let parts = with(parts(upgrade_request()), "sec-websocket-protocol", "v1, v2");
    let upgrade = accepted(&parts);
    assert!(upgrade.offered_subprotocols().contains("v2"));
    let error = accepted(&parts).subprotocol("v3").expect_err("it is not offered");
    assert!(matches!(error, HandshakeError::Negotiation(_)), "{error:?}");

    let response = upgrade.subprotocol("v2").expect("it is offered").response();
    assert_eq!(response.headers()["sec-websocket-protocol"], "v2");

    let options = ServerOptions::default().subprotocols(["v1"]).expect("valid");
    let response = Upgrade::from_request(&parts, &options).expect("valid").response();
    assert_eq!(response.headers()["sec-websocket-protocol"], "v1");
}

#[test]
fn a_reserved_or_invalid_header_is_an_error() {
    let parts = parts(upgrade_request());
    for (name, value) in
        [("Upgrade", "x"), ("Sec-WebSocket-Accept", "x"), ("x", "a\nb"), ("a b", "x")]
    {
        accepted(&parts).header(name, value).expect_err("a reserved or invalid header");
    }
    let mut options = ServerOptions::default();
    options.headers.insert("connection", http::HeaderValue::from_static("x"));
    let error = Upgrade::from_request(&parts, &options).expect_err("a reserved header");
    let response: http::Response<Vec<u8>> = Rejection::from(&error).into();
    assert_eq!(response.status(), http::StatusCode::INTERNAL_SERVER_ERROR);
}
