//! A valid request, changes to it, and the status of the response.

use http::request::Parts;
use sockeye_errors::HandshakeError;
use sockeye_handshake::{
    Limits, Rejection, Request, ServerHandshake, ServerOptions, Subprotocols, ValidRequest,
    status_for,
};

pub(crate) const LINES: [&str; 9] = [
    "GET /chat HTTP/1.1",
    "Host: server.example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Origin: http://server.example.com",
    "Sec-WebSocket-Protocol: chat",
    "Sec-WebSocket-Extensions: permessage-deflate",
];

/// Returns the status of the response to `bytes`.
pub(crate) fn status(bytes: &[u8]) -> u16 {
    let mut options = ServerOptions::default();
    options.subprotocols = Subprotocols::new(["chat"]).unwrap();
    let mut handshake = ServerHandshake::new(Limits::default());
    let outcome = match handshake.handle_received(bytes) {
        Ok(Some((request, _))) => validate(&request, &options),
        Ok(None) => Err(handshake.handle_eof()),
        Err(error) => Err(error),
    };
    let Err(error) = outcome else { return 101 };
    let answer = Rejection::from(&error).encode().unwrap();
    // The response is well-formed and ends the connection, for every request.
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let head = sockeye_handshake::Response::parse(&answer[..end]).unwrap();
    let body = str::from_utf8(&answer[end..]).unwrap();
    assert_eq!(head.status(), status_for(&error));
    assert_eq!(head.header("content-length"), Some(body.len().to_string().as_str()));
    assert!(head.header("connection").unwrap().ends_with("close"));
    assert!(body.ends_with('\n') && body.lines().count() == 1, "{body}");
    assert_eq!(head.header("allow").is_some(), head.status() == 405);
    assert_eq!(head.header("upgrade").is_some(), head.status() == 426);
    head.status().as_u16()
}

/// Validates a request, and the same request in the form that another HTTP server would pass on.
fn validate(request: &Request, options: &ServerOptions) -> Result<(), HandshakeError> {
    let outcome = ValidRequest::from_request(request, options);
    if let Some(parts) = to_parts(request) {
        let same = ValidRequest::from_request(&Request::from(&parts), options);
        assert_eq!(format!("{same:?}"), format!("{outcome:?}"));
    }
    outcome.map(drop)
}

/// Returns the parts of the request; `None` if the crate `http` does not support its target.
fn to_parts(request: &Request) -> Option<Parts> {
    let http = http::Request::builder().method(request.method()).uri(request.target()).body(());
    let (mut parts, ()) = http.ok()?.into_parts();
    parts.headers = request.headers().clone();
    let line = request.as_bytes().unwrap().split(|&byte| byte == b'\r').next().unwrap();
    if line.ends_with(b" HTTP/1.0") {
        parts.version = http::Version::HTTP_10;
    }
    Some(parts)
}

/// Returns the request with `line` in place of the header line of the same name, if there is one.
pub(crate) fn with(line: &str) -> Vec<u8> {
    let name = line.split(':').next().unwrap();
    let mut lines: Vec<&str> = LINES.iter().copied().filter(|one| !is_field(one, name)).collect();
    lines.push(line);
    joined(&lines)
}

pub(crate) fn without(name: &str) -> Vec<u8> {
    joined(&LINES.iter().copied().filter(|line| !is_field(line, name)).collect::<Vec<_>>())
}

pub(crate) fn plus(line: &str) -> Vec<u8> {
    joined(&[&LINES[..], &[line]].concat())
}

fn is_field(line: &str, name: &str) -> bool {
    line.split_once(':').is_some_and(|(field, _)| field.eq_ignore_ascii_case(name))
}

pub(crate) fn joined(lines: &[&str]) -> Vec<u8> {
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}

#[test]
fn the_request_itself_is_fine() {
    assert_eq!(status(&joined(&LINES)), 101);
}
