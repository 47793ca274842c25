//! Requests that ask for no WebSocket: [RFC 9112 §2](https://www.rfc-editor.org/rfc/rfc9112#section-2).

use sockeye_handshake::{Limits, Rejection, Request, ServerHandshake};

use crate::request::{joined, status};

#[test]
fn a_request_of_http_1_0_is_read_before_its_version_is_refused() {
    for (head, method, path) in [
        ("OPTIONS /healthz HTTP/1.0\r\n\r\n", "OPTIONS", "/healthz"),
        ("OPTIONS * HTTP/1.0\r\n\r\n", "OPTIONS", "*"),
        ("GET / HTTP/1.0\r\nHost: backend\r\nConnection: close\r\n\r\n", "GET", "/"),
        ("HEAD /healthz HTTP/1.0\r\n\r\n", "HEAD", "/healthz"),
    ] {
        let request = Request::parse(head.as_bytes()).unwrap();
        assert_eq!((request.method(), request.path()), (method, path));
        assert_eq!(request.as_bytes(), Some(head.as_bytes()));
        assert_eq!(status(head.as_bytes()), 505, "{head}");
    }
}

#[test]
fn one_empty_line_before_the_request_line_is_ignored() {
    let request = b"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\nframes";
    for cut in 0..=request.len() {
        let mut handshake = ServerHandshake::new(Limits::default());
        let (first, second) = request.split_at(cut);
        let (request, rest) =
            if let Some((request, length)) = handshake.handle_received(first).unwrap() {
                (request, [&first[length..], second].concat())
            } else {
                let (request, length) = handshake.handle_received(second).unwrap().unwrap();
                (request, second[length..].to_vec())
            };
        assert_eq!(request.as_bytes(), Some(&b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"[..]), "{cut}");
        assert_eq!(rest, b"frames", "{cut}");
    }
}

#[test]
fn an_ignored_line_counts_towards_the_limit() {
    let request = b"\r\nGET / HTTP/1.1\r\n\r\n";
    let read = |max: usize| {
        let mut handshake = ServerHandshake::new(Limits::default().max_head(max));
        handshake.handle_received(request).map(|read| read.is_some())
    };
    assert_eq!(read(request.len()), Ok(true));
    assert!(read(request.len() - 1).is_err());
}

#[test]
fn a_response_to_head_has_the_length_of_the_body_that_it_leaves_out() {
    let rejection = Rejection::new(http::StatusCode::OK, "healthy\n");
    let whole = rejection.encode().unwrap();
    let head = rejection.encode_for("HEAD").unwrap();
    assert_eq!([&head[..], b"healthy\n"].concat(), whole);
    assert!(String::from_utf8(head).unwrap().contains("\r\nContent-Length: 8\r\n"));
    for method in ["GET", "POST", "OPTIONS", "head"] {
        assert_eq!(rejection.encode_for(method).unwrap(), whole, "{method}");
    }
}

#[test]
fn the_method_of_a_request_that_is_refused_is_known() {
    let long = format!("X: {}", "x".repeat(20_000));
    for (lines, method) in [
        (&["HEAD / HTTP/1.1", " folded"][..], Some("HEAD")),
        (&["HEAD / HTTP/1.1", &long], Some("HEAD")),
        (&["POST / HTTP/1.0", "X"], Some("POST")),
        (&["HEAD / HTTP/2.0"], None),
    ] {
        let mut handshake = ServerHandshake::new(Limits::default());
        let _ = handshake.handle_received(&joined(lines)).unwrap_err();
        assert_eq!(handshake.method(), method, "{lines:?}");
    }
    let mut handshake = ServerHandshake::new(Limits::default());
    let _ = handshake.handle_received(b"HEAD / HTTP/1.1\r\nHo").unwrap();
    let _ = handshake.handle_eof();
    assert_eq!(handshake.method(), Some("HEAD"));
}
