//! The request line: [RFC 6455 §4.2.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1).

use std::error::Error as _;

use sockeye_handshake::{Request, ServerOptions, ValidRequest};

use crate::request::{LINES, joined, status};

#[test]
fn another_authority_than_that_of_host_is_reported_with_both() {
    let request = |line: &str| {
        let request = Request::parse(&joined(&[&[line], &LINES[1..]].concat())).unwrap();
        let error = ValidRequest::from_request(&request, &ServerOptions::default()).unwrap_err();
        error.source().unwrap().to_string()
    };
    assert_eq!(
        request("GET http://other.example.com:81/ HTTP/1.1"),
        "the authority of the target is other.example.com:81, that of Host is server.example.com",
    );
    assert_eq!(
        request("GET http://me:secret@server.example.com/ HTTP/1.1"),
        "the authority of the target is invalid",
    );
}

#[test]
fn a_request_line_that_is_wrong() {
    let long_target = format!("GET /{} HTTP/1.1", "x".repeat(16 << 10));
    for (line, expected) in [
        ("POST /chat HTTP/1.1", 405),
        ("HEAD /chat HTTP/1.1", 405),
        ("OPTIONS * HTTP/1.1", 405),
        ("CONNECT server.example.com:80 HTTP/1.1", 405),
        ("get /chat HTTP/1.1", 405),
        ("Get /chat HTTP/1.1", 405),
        ("GET /chat HTTP/1.0", 505),
        ("GET /chat HTTP/0.9", 505),
        ("GET /chat HTTP/1.2", 505),
        ("GET /chat HTTP/2.0", 505),
        ("PRI * HTTP/2.0", 505),
        ("GET /chat HTTP/2", 400),
        ("GET /chat HTTP/1.1.", 400),
        ("GET /chat http/1.1", 400),
        ("GET /chat HTP/1.1", 400),
        ("GET /chat HTTP/1.1 ", 400),
        ("GET /chat  HTTP/1.1", 400),
        ("GET  /chat HTTP/1.1", 400),
        (" GET /chat HTTP/1.1", 400),
        ("GET\t/chat\tHTTP/1.1", 400),
        ("GET /chat\tHTTP/1.1", 400),
        ("GET /chat", 400),
        ("GET", 400),
        ("GET  HTTP/1.1", 400),
        ("GET HTTP/1.1", 400),
        (" ", 400),
        ("", 400),
        ("\r\nGET /chat HTTP/1.1", 101),
        ("\r\n\r\nGET /chat HTTP/1.1", 400),
        ("\nGET /chat HTTP/1.1", 400),
        (" \r\nGET /chat HTTP/1.1", 400),
        ("G\u{e9}T /chat HTTP/1.1", 400),
        ("G(T /chat HTTP/1.1", 400),
        ("\"GET\" /chat HTTP/1.1", 400),
        ("GET /ch at HTTP/1.1", 400),
        ("GET /ch\u{e4}t HTTP/1.1", 400),
        ("GET /chat\0 HTTP/1.1", 400),
        ("GET /chat\u{1b} HTTP/1.1", 400),
        ("GET /chat\u{7f} HTTP/1.1", 400),
        ("GET /chat#fragment HTTP/1.1", 400),
        ("GET # HTTP/1.1", 400),
        ("GET chat HTTP/1.1", 400),
        ("GET * HTTP/1.1", 400),
        ("GET ?q HTTP/1.1", 400),
        ("GET server.example.com:80 HTTP/1.1", 400),
        ("GET ftp://server.example.com/ HTTP/1.1", 400),
        ("GET http://other.example.com/ HTTP/1.1", 400),
        ("GET http://server.example.com:81/ HTTP/1.1", 400),
        ("GET http://me@server.example.com/ HTTP/1.1", 400),
        ("GET http:///chat HTTP/1.1", 400),
        ("GET https://server.example.com:80/ HTTP/1.1", 400),
        ("GET http://server.example.com:443/ HTTP/1.1", 400),
        ("GET http://server.example.com/chat HTTP/1.1", 101),
        ("GET http://server.example.com:80/chat HTTP/1.1", 101),
        ("GET http://Server.Example.com./chat HTTP/1.1", 101),
        ("GET wss://server.example.com:443/chat HTTP/1.1", 101),
        ("GET ws://SERVER.example.com?q HTTP/1.1", 101),
        ("GET // HTTP/1.1", 101),
        ("GET /?a={|}[]^`\"<> HTTP/1.1", 101),
        ("GET /%zz HTTP/1.1", 101),
        (long_target.as_str(), 414),
    ] {
        let request = joined(&[&[line], &LINES[1..]].concat());
        assert_eq!(status(&request), expected, "{line:?}");
    }
}
