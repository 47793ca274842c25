//! The examples of RFC 6455, byte for byte.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use http::{HeaderMap, HeaderValue, header};
use sockeye_handshake::{
    ClientHandshake, ClientOptions, Extension, Limits, Origins, Request, ServerHandshake,
    ServerOptions, Subprotocols, ValidRequest, WebSocketUri, accept_for,
};

/// §1.2, with the key of §1.3.
const REQUEST: &str = "GET /chat HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: chat\r\n\r\n";

fn client() -> ClientHandshake {
    let uri: WebSocketUri = "ws://server.example.com/chat".parse().unwrap();
    let mut options = ClientOptions::default();
    options.origin = Some("http://example.com".into());
    options.subprotocols = Subprotocols::new(["chat", "superchat"]).unwrap();
    options.user_agent = None;
    ClientHandshake::new(&uri, &options, *b"the sample nonce").unwrap()
}

fn valid(request: &str) -> ValidRequest {
    let mut options = ServerOptions::default();
    options.origins = Origins::list(["http://example.com"]).unwrap();
    options.subprotocols = Subprotocols::new(["chat"]).unwrap();
    ValidRequest::from_request(&Request::parse(request.as_bytes()).unwrap(), &options).unwrap()
}

#[test]
fn the_request_of_section_1_2() {
    assert_eq!(str::from_utf8(client().request_bytes()), Ok(REQUEST));
}

#[test]
fn the_response_of_section_1_2() {
    let response = valid(REQUEST).accept(&[], &HeaderMap::new()).unwrap();
    assert_eq!(str::from_utf8(response.as_bytes().unwrap()), Ok(RESPONSE));
}

#[test]
fn the_client_takes_the_response_of_section_1_2() {
    let (accepted, length) = client().handle_received(RESPONSE.as_bytes()).unwrap().unwrap();
    assert_eq!(length, RESPONSE.len());
    assert_eq!(accepted.subprotocol.as_deref(), Some("chat"));
    assert_eq!(accepted.response.header("upgrade"), Some("websocket"));
    assert_eq!(accepted.request.origin(), Some("http://example.com"));
}

#[test]
fn the_keys_of_the_text() {
    // §1.3 and §4.2.2; the key of §4.1 is the encoding of the bytes 1 to 16.
    assert_eq!(accept_for("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let uri: WebSocketUri = "ws://h/".parse().unwrap();
    let nonce = std::array::from_fn(|n| u8::try_from(n + 1).unwrap());
    let client = ClientHandshake::new(&uri, &ClientOptions::default(), nonce).unwrap();
    assert_eq!(client.request().header("sec-websocket-key"), Some("AQIDBAUGBwgJCgsMDQ4PEA=="));
}

#[test]
fn the_version_negotiation_of_section_4_4() {
    let request = REQUEST.replace("Version: 13", "Version: 25");
    let request = Request::parse(request.as_bytes()).unwrap();
    let error = ValidRequest::from_request(&request, &ServerOptions::default()).unwrap_err();
    let answer = sockeye_handshake::Rejection::from(&error).encode().unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(
        head,
        format!(
            "HTTP/1.1 426 Upgrade Required\r\n\
             Upgrade: websocket\r\n\
             Connection: Upgrade, close\r\n\
             Content-Length: {}\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             sec-websocket-version: 13",
            body.len()
        )
    );
    assert!(
        body.ends_with("Invalid header Sec-WebSocket-Version: 25: it has the wrong value\n"),
        "{body}"
    );
}

#[test]
fn all_that_can_be_asked_for_is_asked_for_in_order() {
    let uri = "wss://me:p%40ss@[2001:DB8::1]:8443/a b?q=\u{e9}".parse().unwrap();
    let mut options = ClientOptions::default();
    options.user_agent = Some("test".into());
    options.extensions = vec![
        Extension::new("permessage-deflate").with("client_max_window_bits", None),
        Extension::new("x").with("y", Some("1")),
    ];
    options.headers.append("x-key", HeaderValue::from_static("1"));
    options.headers.append("x-key", HeaderValue::from_static("2"));
    let client = ClientHandshake::new(&uri, &options, *b"the sample nonce").unwrap();
    assert_eq!(
        str::from_utf8(client.request_bytes()),
        Ok("GET /a%20b?q=%C3%A9 HTTP/1.1\r\n\
            Host: [2001:db8::1]:8443\r\n\
            Upgrade: websocket\r\n\
            Connection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
            Sec-WebSocket-Version: 13\r\n\
            Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x; y=1\r\n\
            Authorization: Basic bWU6cEBzcw==\r\n\
            User-Agent: test\r\n\
            x-key: 1\r\nx-key: 2\r\n\r\n")
    );
}

#[test]
fn an_explicit_header_wins_and_there_is_one_of_each() {
    let uri = "ws://me:pw@host/".parse().unwrap();
    let mut options = ClientOptions::default();
    let text = |options: &ClientOptions| {
        let client = ClientHandshake::new(&uri, options, [0; 16])?;
        Ok::<_, sockeye_errors::HandshakeError>(client.request().headers().clone())
    };
    assert_eq!(text(&options).unwrap()[header::AUTHORIZATION], "Basic bWU6cHc=");
    options.credentials = Some(sockeye_handshake::Credentials::new("you", "pw").unwrap());
    assert_eq!(text(&options).unwrap()[header::AUTHORIZATION], "Basic eW91OnB3");
    options.headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
    options.headers.insert(header::USER_AGENT, HeaderValue::from_static("mine"));
    let headers = text(&options).unwrap();
    assert_eq!(headers.get_all(header::AUTHORIZATION).iter().collect::<Vec<_>>(), ["Bearer x"]);
    assert_eq!(headers.get_all(header::USER_AGENT).iter().collect::<Vec<_>>(), ["mine"]);
    options.headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer y"));
    assert!(text(&options).is_err());
}

#[test]
fn secrets_stay_at_home() {
    let mut options = ClientOptions::default();
    options.credentials = Some(sockeye_handshake::Credentials::new("me", "secret").unwrap());
    let mut sensitive = HeaderValue::from_static("secret");
    sensitive.set_sensitive(true);
    options.headers.append("x-key", sensitive);
    for name in [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION] {
        options.headers.append(&name, HeaderValue::from_static("secret"));
        options.headers.append(&name, HeaderValue::from_static("secret"));
    }
    options.headers.append("x-other", HeaderValue::from_static("kept"));
    assert!(!format!("{options:?}").contains("secret"));
    let options = options.without_secrets();
    let uri: WebSocketUri = "ws://host/?token=secret".parse().unwrap();
    let client = ClientHandshake::new(&uri, &options, [0; 16]).unwrap();
    assert_eq!(client.request().header("x-other"), Some("kept"));
    assert!(!format!("{:?}", client.request().headers()).contains("secret"));
    assert!(!format!("{client:?}").contains("secret"));
}

#[test]
fn what_is_shown_of_a_request_holds_no_secret() {
    let request = "GET /chat?token=secret HTTP/1.1\r\nHost: h\r\nauthorization: secret\r\n\
        Cookie: secret\r\nProxy-Authorization: secret\r\nX-Other: shown\r\n\r\n";
    let mut server = ServerHandshake::new(Limits::default());
    assert!(server.handle_received(&request.as_bytes()[..80]).unwrap().is_none());
    assert!(!format!("{server:?}").contains("secret"));
    let (request, _) = server.handle_received(&request.as_bytes()[80..]).unwrap().unwrap();
    let shown = format!("{request:?}");
    assert!(!shown.contains("secret") && shown.contains("shown"), "{shown}");
    assert_eq!((request.path(), request.query()), ("/chat", Some("token=secret")));
    let response = "HTTP/1.1 200 OK\r\nSet-Cookie: secret\r\n\r\n";
    let response = sockeye_handshake::Response::parse(response.as_bytes()).unwrap();
    assert!(!format!("{response:?}").contains("secret"));
}
