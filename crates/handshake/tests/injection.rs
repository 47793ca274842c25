//! No value of the application can inject a header or a second message.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use proptest::prelude::*;
use sockeye_handshake::{
    ClientHandshake, ClientOptions, Credentials, Extension, Rejection, Request, Response,
    ServerOptions, Subprotocols, ValidRequest, WebSocketUri, status_for,
};

/// Returns texts with every byte in every position, and with all kinds of line ends.
fn texts() -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = Vec::new();
    for byte in 0..=u8::MAX {
        texts.extend([vec![byte], vec![b'a', byte, b'b'], vec![byte, b'a'], vec![b'a', byte]]);
    }
    for text in [
        "\r\n",
        "a\r\nX: y",
        "a\r\n\r\nGET / HTTP/1.1",
        "a\nX: y",
        "a\rX: y",
        "a\r\n X: y",
        "\n\n",
        "\r\r",
        "",
        " ",
        "\u{85}",
        "\u{2028}",
        "\u{ff}",
        "a\u{10d}\u{10a}X: y",
        "%0d%0aX: y",
        "%0D%0A",
        "a: b",
        "a, b",
        "a; b",
        "\"a\"",
    ] {
        texts.push(text.as_bytes().to_vec());
    }
    texts
}

/// Returns the number of header lines, which is 5 for the shortest request.
fn lines(bytes: &[u8]) -> usize {
    bytes.split(|&byte| byte == b'\n').skip(1).filter(|line| line.contains(&b':')).count()
}

fn client(uri: &WebSocketUri, options: &ClientOptions) -> Option<ClientHandshake> {
    ClientHandshake::new(uri, options, [0; 16]).ok()
}

fn plain() -> (WebSocketUri, ClientOptions) {
    let mut options = ClientOptions::default();
    options.user_agent = None;
    ("ws://host/".parse().unwrap(), options)
}

/// Returns the value of the header `name`, the only additional line, as a server reads it.
fn value_of(client: &ClientHandshake, name: &str) -> Vec<u8> {
    let bytes = client.request_bytes();
    assert_eq!(lines(bytes), 6, "{bytes:?}");
    assert_eq!(Request::parse(bytes).as_ref(), Ok(client.request()));
    client.request().headers()[name].as_bytes().to_vec()
}

#[test]
fn nothing_gets_out_of_its_header_in_a_request() {
    let (uri, options) = plain();
    assert_eq!(lines(client(&uri, &options).unwrap().request_bytes()), 5);
    for bytes in texts() {
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            let mut options = options.clone();
            options.headers.insert("x-field", value);
            if let Some(client) = client(&uri, &options) {
                assert_eq!(value_of(&client, "x-field"), bytes);
            }
        }
        if let Ok(name) = HeaderName::from_bytes(&bytes) {
            let mut options = options.clone();
            options.headers.insert(name.clone(), HeaderValue::from_static("v"));
            if let Some(client) = client(&uri, &options) {
                assert_eq!(value_of(&client, name.as_str()), b"v");
            }
        }
        let Ok(text) = String::from_utf8(bytes.clone()) else { continue };
        let mut with_origin = options.clone();
        with_origin.origin = Some(text.clone());
        if let Some(client) = client(&uri, &with_origin) {
            assert_eq!(value_of(&client, "origin"), bytes);
        }
        let mut with_agent = options.clone();
        with_agent.user_agent = Some(text.clone());
        if let Some(client) = client(&uri, &with_agent) {
            assert_eq!(value_of(&client, "user-agent"), bytes);
        }
        if let Ok(subprotocols) = Subprotocols::new([text.clone()]) {
            let mut options = options.clone();
            options.subprotocols = subprotocols;
            let client = client(&uri, &options).unwrap();
            assert_eq!(value_of(&client, "sec-websocket-protocol"), bytes);
            assert_eq!(client.request().subprotocols(), [&text]);
        }
        for extension in [
            Extension::new(text.clone()),
            Extension::new("x").with(text.clone(), None),
            Extension::new("x").with("y", Some(&text)),
        ] {
            let mut options = options.clone();
            options.extensions = vec![extension.clone()];
            if let Some(client) = client(&uri, &options) {
                let value = value_of(&client, "sec-websocket-extensions");
                assert_eq!(Extension::parse_list([value]), Ok(vec![extension]));
            }
        }
        for credentials in
            [Credentials::new(text.clone(), "pw"), Credentials::new("me", text.clone())]
        {
            let Ok(credentials) = credentials else { continue };
            let mut options = options.clone();
            options.credentials = Some(credentials.clone());
            let value = value_of(&client(&uri, &options).unwrap(), "authorization");
            let value = str::from_utf8(&value).unwrap();
            assert_eq!(Credentials::from_authorization(value), Ok(credentials));
        }
    }
}

#[test]
fn nothing_gets_out_of_the_uri() {
    let (_, options) = plain();
    for bytes in texts() {
        let Ok(text) = String::from_utf8(bytes) else { continue };
        for uri in [
            format!("ws://host/{text}"),
            format!("ws://host/?{text}"),
            format!("ws://{text}/"),
            format!("ws://a{text}b/"),
            format!("ws://host:{text}/"),
            format!("ws://{text}@host/"),
            format!("ws://me:{text}@host/"),
            format!("ws{text}://host/"),
            format!("{text}ws://host/"),
        ] {
            let Ok(uri) = uri.parse::<WebSocketUri>() else { continue };
            let client = client(&uri, &options).unwrap();
            let bytes = client.request_bytes();
            assert_eq!(lines(bytes), 5 + usize::from(uri.credentials().is_some()));
            assert_eq!(client.request().target(), uri.resource());
            assert_eq!(client.request().host(), Some(uri.host_header().as_str()));
            assert_eq!(Request::parse(bytes).as_ref(), Ok(client.request()));
        }
    }
}

#[test]
fn the_headers_of_the_handshake_are_its_own() {
    let (uri, options) = plain();
    for name in [
        "host",
        "upgrade",
        "connection",
        "content-length",
        "transfer-encoding",
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-accept",
        "sec-websocket-protocol",
        "sec-websocket-extensions",
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static("x"));
        let mut options = options.clone();
        options.headers = headers.clone();
        let error = ClientHandshake::new(&uri, &options, [0; 16]).unwrap_err();
        assert_eq!(error.to_string(), format!("Invalid header: {name}"));
        if name != "host" {
            let error = valid().accept(&[], &headers).unwrap_err();
            assert_eq!(status_for(&error), StatusCode::INTERNAL_SERVER_ERROR, "{name}");
        }
        let mut rejection = Rejection::new(StatusCode::NOT_FOUND, "");
        rejection.headers = headers;
        let may = name == "host" || name == "sec-websocket-version";
        assert_eq!(rejection.encode().is_ok(), may, "{name}");
    }
    let mut options = options;
    options.origin = Some("http://a".into());
    options.headers.insert(header::ORIGIN, HeaderValue::from_static("http://b"));
    assert!(client(&uri, &options).is_none());
}

#[test]
fn an_agreement_that_the_client_did_not_offer_is_a_failure_of_the_server() {
    let x = Extension::new("x");
    let mut other = valid();
    other.subprotocol = Some("other".into());
    for accepted in [
        other.accept(&[], &HeaderMap::new()),
        valid().accept(&[Extension::new("y")], &HeaderMap::new()),
        valid().accept(&[x.clone(), x], &HeaderMap::new()),
    ] {
        let error = accepted.unwrap_err();
        assert_eq!(status_for(&error), StatusCode::INTERNAL_SERVER_ERROR, "{error}");
    }
}

fn valid() -> ValidRequest {
    let (uri, mut options) = plain();
    options.subprotocols = Subprotocols::new(["chat"]).unwrap();
    options.extensions = vec![Extension::new("x")];
    ValidRequest::from_request(client(&uri, &options).unwrap().request(), &ServerOptions::default())
        .unwrap()
}

#[test]
fn nothing_gets_out_of_its_header_in_a_response() {
    for bytes in texts() {
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            let mut headers = HeaderMap::new();
            headers.insert("x-field", value);
            if let Ok(response) = valid().accept(&[], &headers) {
                assert_eq!(lines(response.as_bytes().unwrap()), 4);
                assert_eq!(response.headers()["x-field"], &bytes[..]);
            }
            let mut rejection = Rejection::new(StatusCode::FORBIDDEN, bytes.clone());
            rejection.headers = headers;
            if let Ok(answer) = rejection.encode() {
                let end = answer.windows(4).position(|part| part == b"\r\n\r\n").unwrap() + 4;
                let response = Response::parse(&answer[..end]).unwrap();
                assert_eq!(response.headers().len(), 4);
                assert_eq!(response.headers()["x-field"], &bytes[..]);
                assert_eq!(&answer[end..], bytes);
            }
        }
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let mut answer = valid();
        answer.subprotocol = Some(text.clone());
        assert!(answer.accept(&[], &HeaderMap::new()).is_err());
        for extension in [
            Extension::new(text.clone()),
            Extension::new("x").with(text.clone(), None),
            Extension::new("x").with("y", Some(&text)),
        ] {
            let Ok(response) = valid().accept(std::slice::from_ref(&extension), &HeaderMap::new())
            else {
                continue;
            };
            assert_eq!(lines(response.as_bytes().unwrap()), 4);
            let value = response.headers()["sec-websocket-extensions"].as_bytes();
            assert_eq!(Extension::parse_list([value]), Ok(vec![extension]));
        }
        if let Ok(rejection) = Rejection::unauthorized(&text) {
            let answer = rejection.encode().unwrap();
            assert_eq!(answer.split(|&byte| byte == b'\n').count(), 8, "{text}");
        }
    }
}

#[test]
fn what_was_not_offered_is_not_granted() {
    let none = HeaderMap::new();
    assert!(valid().accept(&[Extension::new("x")], &none).is_ok());
    assert!(valid().accept(&[Extension::new("y")], &none).is_err());
    assert!(valid().accept(&[Extension::new("x"), Extension::new("x")], &none).is_err());
    let mut answer = valid();
    answer.subprotocol = Some("chat".into());
    assert!(answer.accept(&[], &none).is_ok());
    answer.subprotocol = Some("Chat".into());
    assert!(answer.accept(&[], &none).is_err());
}

#[test]
fn a_rejection_is_an_answer_and_the_last_one() {
    for status in [100, 101, 102, 103, 199] {
        let status = StatusCode::from_u16(status).unwrap();
        assert!(Rejection::new(status, "").encode().is_err());
    }
    let text = |rejection: Rejection| String::from_utf8(rejection.encode().unwrap()).unwrap();
    assert_eq!(
        text(Rejection::new(StatusCode::OK, "OK")),
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nOK"
    );
    assert_eq!(
        text(Rejection::new(StatusCode::NO_CONTENT, "")),
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
    );
    let mut page = Rejection::new(StatusCode::from_u16(599).unwrap(), "{}");
    page.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    assert_eq!(
        text(page),
        "HTTP/1.1 599 \r\nConnection: close\r\nContent-Length: 2\r\n\
         content-type: application/json\r\n\r\n{}"
    );
    assert_eq!(
        text(Rejection::unauthorized("a \"b\" \\").unwrap()),
        "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 29\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         www-authenticate: Basic realm=\"a \\\"b\\\" \\\\\", charset=\"UTF-8\"\r\n\r\n\
         Missing or wrong credentials\n"
    );
}

proptest! {
    #[test]
    fn a_handshake_of_two_sides_agrees(
        path in "/[a-z /?&=\u{e9}]{0,20}",
        offered in prop::collection::btree_set("[a-z]{1,3}", 0..6),
        spoken in prop::collection::btree_set("[a-z]{1,3}", 0..6),
        nonce in any::<[u8; 16]>(),
        frames in prop::collection::vec(any::<u8>(), 0..9),
    ) {
        let uri: WebSocketUri = format!("ws://host{}", path.trim_end()).parse().unwrap();
        let mut asked = ClientOptions::default();
        asked.subprotocols = Subprotocols::new(offered).unwrap();
        let mut options = ServerOptions::default();
        options.subprotocols = Subprotocols::new(spoken).unwrap();
        options.require_subprotocol = false;
        let mut client = ClientHandshake::new(&uri, &asked, nonce).unwrap();
        let valid = ValidRequest::from_request(client.request(), &options).unwrap();
        let response = valid.accept(&[], &HeaderMap::new()).unwrap();
        let received = [response.as_bytes().unwrap(), &frames].concat();
        let (accepted, length) = client.handle_received(&received).unwrap().unwrap();
        prop_assert_eq!(&received[length..], &frames[..]);
        prop_assert_eq!(accepted.subprotocol.as_deref(), options.subprotocols.choose(&asked.subprotocols));
        prop_assert_eq!(accepted.response, response);
    }
}
