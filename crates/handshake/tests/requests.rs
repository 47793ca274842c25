//! Requests that are not as they should be, each with the status that answers it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use sockeye_handshake::{
    Limits, Rejection, ServerHandshake, ServerOptions, Subprotocols, check, status_for,
};

const LINES: [&str; 9] = [
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

/// The status that the server answers with.
fn status(bytes: &[u8]) -> u16 {
    let mut options = ServerOptions::default();
    options.subprotocols = Subprotocols::new(["chat"]).unwrap();
    let mut handshake = ServerHandshake::new(Limits::default());
    let outcome = match handshake.handle_received(bytes) {
        Ok(Some((request, _))) => check(&request, &options).map(drop),
        Ok(None) => Err(handshake.handle_eof()),
        Err(error) => Err(error),
    };
    let Err(error) = outcome else { return 101 };
    let answer = Rejection::from(&error).encode().unwrap();
    // The answer is well-formed and ends the connection, whatever the request was.
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

/// The request with the header line that begins as `line` does replaced by it, or with `line`
/// added.
fn with(line: &str) -> Vec<u8> {
    let name = line.split(':').next().unwrap();
    let mut lines: Vec<&str> = LINES.iter().copied().filter(|one| !is_field(one, name)).collect();
    lines.push(line);
    joined(&lines)
}

fn without(name: &str) -> Vec<u8> {
    joined(&LINES.iter().copied().filter(|line| !is_field(line, name)).collect::<Vec<_>>())
}

fn plus(line: &str) -> Vec<u8> {
    joined(&[&LINES[..], &[line]].concat())
}

fn is_field(line: &str, name: &str) -> bool {
    line.split_once(':').is_some_and(|(field, _)| field.eq_ignore_ascii_case(name))
}

fn joined(lines: &[&str]) -> Vec<u8> {
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}

#[test]
fn the_request_itself_is_fine() {
    assert_eq!(status(&joined(&LINES)), 101);
}

#[test]
fn a_missing_header() {
    for (name, expected) in [
        ("Host", 400),
        ("Upgrade", 426),
        ("Connection", 426),
        ("Sec-WebSocket-Key", 400),
        ("Sec-WebSocket-Version", 400),
        ("Origin", 101),
        ("Sec-WebSocket-Protocol", 400),
        ("Sec-WebSocket-Extensions", 101),
    ] {
        assert_eq!(status(&without(name)), expected, "{name}");
    }
}

#[test]
fn a_header_twice() {
    for (line, expected) in LINES.iter().zip([0, 400, 101, 101, 400, 400, 400, 101, 101]).skip(1) {
        assert_eq!(status(&plus(line)), expected, "{line}");
        assert_eq!(status(&plus(&line.to_lowercase())), expected, "{line}");
    }
}

#[test]
fn an_empty_header() {
    for (line, expected) in LINES.iter().zip([0, 400, 400, 400, 400, 426, 403, 400, 400]).skip(1) {
        let name = line.split(':').next().unwrap();
        for empty in [format!("{name}:"), format!("{name}: "), format!("{name}: \t ")] {
            assert_eq!(status(&with(&empty)), expected, "{line}");
        }
    }
}

#[test]
fn a_header_in_another_form_that_is_as_good() {
    for line in LINES.iter().skip(1) {
        let (name, value) = line.split_once(": ").unwrap();
        for line in [
            format!("{}: {value}", name.to_uppercase()),
            format!("{}: {value}", name.to_lowercase()),
            format!("{name}:{value}"),
            format!("{name}:\t{value}\t "),
        ] {
            assert_eq!(status(&with(&line)), 101, "{line}");
        }
    }
    for line in [
        "Upgrade: WebSocket",
        "Upgrade: WEBSOCKET",
        "Upgrade: h2c, websocket",
        "Upgrade: h2c/1 ,,\twebsocket,",
        "Connection: upgrade",
        "Connection: keep-alive, Upgrade",
        "Connection: ,UPGRADE,keep-alive,",
        "Host: SERVER.example.com",
        "Content-Length: 0",
        "Sec-WebSocket-Protocol: superchat, chat",
        "Sec-WebSocket-Extensions: x, y; z=\"1\"",
        "Cookie: caf\u{e9}=\u{1f41f}",
        "X: \t",
    ] {
        assert_eq!(status(&with(line)), 101, "{line}");
    }
}

#[test]
fn a_header_with_a_wrong_value() {
    for (line, expected) in [
        ("Host: a:b:c", 400),
        ("Host: [::1", 400),
        ("Host: a b", 400),
        ("Host: %00", 400),
        ("Host: me@server.example.com", 400),
        ("Host: server.example.com:65536", 400),
        ("Host: server.example.com:0", 400),
        ("Host: server.example.com/", 400),
        ("Host: server.example.com, other", 400),
        ("Host: server.example.com.", 400),
        ("Host: http://server.example.com", 400),
        ("Host: s\u{e9}rver", 400),
        ("Host: 127.1", 400),
        ("Upgrade: websockets", 426),
        ("Upgrade: notwebsocket", 426),
        ("Upgrade: websocket/13", 426),
        ("Upgrade: h2c", 426),
        ("Upgrade: web socket", 400),
        ("Upgrade: websocket;", 400),
        ("Upgrade: \"websocket\"", 400),
        ("Upgrade: websocket/", 400),
        ("Upgrade: /websocket", 400),
        ("Upgrade: w\u{e9}bsocket", 400),
        ("Upgrade: ,", 400),
        ("Connection: notupgrade", 426),
        ("Connection: upgrade-insecure", 426),
        ("Connection: keep-alive", 426),
        ("Connection: close", 426),
        ("Connection: Upgrade; x", 400),
        ("Connection: Upgrade keep-alive", 400),
        ("Connection: \"Upgrade\"", 400),
        ("Connection: Upgr\u{e4}de", 400),
        ("Connection: Upgrade/1", 400),
        ("Connection: ,,", 400),
        ("Sec-WebSocket-Key: =", 400),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ", 400),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=", 400),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==", 400),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZXg=", 400),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j", 400),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, x", 400),
        ("Sec-WebSocket-Key: dGhlIHNhbXBs ZSBub25jZQ==", 400),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ\u{e9}==", 400),
        ("Sec-WebSocket-Key: ________________________", 400),
        ("Sec-WebSocket-Version: 8", 426),
        ("Sec-WebSocket-Version: 14", 426),
        ("Sec-WebSocket-Version: 013", 426),
        ("Sec-WebSocket-Version: 13, 8", 426),
        ("Sec-WebSocket-Version: +13", 426),
        ("Sec-WebSocket-Version: thirteen", 426),
        ("Sec-WebSocket-Version: \u{661}\u{663}", 400),
        ("Origin: http://evil.example.com", 403),
        ("Origin: null", 403),
        ("Sec-WebSocket-Protocol: superchat", 400),
        ("Sec-WebSocket-Protocol: Chat", 400),
        ("Sec-WebSocket-Protocol: chat room", 400),
        ("Sec-WebSocket-Protocol: chat; x", 400),
        ("Sec-WebSocket-Protocol: \"chat\"", 400),
        ("Sec-WebSocket-Protocol: ch\u{e4}t, chat", 400),
        ("Sec-WebSocket-Protocol: ,", 400),
        ("Sec-WebSocket-Extensions: ;", 400),
        ("Sec-WebSocket-Extensions: ,", 400),
        ("Sec-WebSocket-Extensions: x;", 400),
        ("Sec-WebSocket-Extensions: x; =1", 400),
        ("Sec-WebSocket-Extensions: x; y=", 400),
        ("Sec-WebSocket-Extensions: x; y=\"", 400),
        ("Sec-WebSocket-Extensions: x; y=\"a b\"", 400),
        ("Sec-WebSocket-Extensions: x y", 400),
        ("Sec-WebSocket-Extensions: \u{e4}", 400),
        ("Content-Length: 1", 400),
        ("Content-Length: 00", 400),
        ("Content-Length: -1", 400),
        ("Content-Length: +0", 400),
        ("Content-Length: 0, 0", 400),
        ("Content-Length: x", 400),
        ("Content-Length:", 400),
        ("Content-Length: 18446744073709551616", 400),
        ("Transfer-Encoding: chunked", 400),
        ("Transfer-Encoding: identity", 400),
        ("Transfer-Encoding: xchunked", 400),
        ("Transfer-Encoding:", 400),
        ("transfer-encoding: chunked", 400),
    ] {
        assert_eq!(status(&with(line)), expected, "{line}");
    }
    assert_eq!(status(&plus("Content-Length: 0\r\nContent-Length: 0")), 400);
    assert_eq!(status(&plus("Content-Length: 0\r\nTransfer-Encoding: chunked")), 400);
    assert_eq!(
        status(&with(&format!("Sec-WebSocket-Protocol: chat{}", ",x1,x2".repeat(400)))),
        101
    );
    let many = (0..65).map(|n| format!("x{n},")).collect::<Vec<_>>().concat();
    assert_eq!(status(&with(&format!("Sec-WebSocket-Protocol: {many}chat"))), 400);
    assert_eq!(status(&with(&format!("Sec-WebSocket-Extensions: x{}", ",x".repeat(16)))), 400);
    assert_eq!(status(&with(&format!("Sec-WebSocket-Extensions: x{}", ";y".repeat(17)))), 400);
}

#[test]
fn a_header_line_that_is_no_header_line() {
    for line in [
        "X : y",
        "X\t: y",
        " X: y",
        "\tX: y",
        "X",
        ": y",
        ":",
        "X y: z",
        "X\u{e9}: y",
        "X(: y",
        "X,Y: z",
        "X\"Y: z",
        "X/Y: z",
        "X;Y: z",
        "X[: y",
        "X{: y",
        "X@: y",
        "X=: y",
        "X\\: y",
        "X?: y",
        "X<: y",
        "X\0: y",
        "X: \0",
        "X: a\0b",
        "X: \u{1}",
        "X: \u{8}",
        "X: \u{b}",
        "X: \u{c}",
        "X: \u{1b}[31m",
        "X: \u{1f}",
        "X: \u{7f}",
        "X: a\rb",
        "X: a\nb",
        "X: a\n b",
        "X: a\r\n b",
        "X: a\r\n\tb",
        "X: a\r\n \r\n b",
        "X: a\r\r",
        "X: a\n",
        "\n",
        "\r",
        "\rX: y",
        "X\r: y",
        "X:\r y",
        "Sec-WebSocket-Key : x",
        "Host : x",
    ] {
        assert_eq!(status(&plus(line)), 400, "{line:?}");
    }
}

#[test]
fn a_request_line_that_is_wrong() {
    let long_target = format!("GET /{} HTTP/1.1", "x".repeat(8 << 10));
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
        ("\r\nGET /chat HTTP/1.1", 400),
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
        ("GET http://server.example.com/chat HTTP/1.1", 101),
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

#[test]
fn what_is_not_http_at_all() {
    let whole = joined(&LINES);
    for cut in 0..whole.len() {
        assert_eq!(status(&whole[..cut]), 400, "{cut}");
    }
    let bare = String::from_utf8(whole.clone()).unwrap().replace("\r\n", "\n");
    assert_eq!(status(bare.as_bytes()), 400);
    let returns = bare.replace('\n', "\r");
    assert_eq!(status(returns.as_bytes()), 400);
    let utf16: Vec<u8> = whole.iter().flat_map(|&byte| [0, byte]).collect();
    assert_eq!(status(&utf16), 400);
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        b"\x00",
        b"\x05\x01\x00",
        b"\xff\xfe",
        b"SSH-2.0-x\r\n",
        b"EHLO x\r\n",
        b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
        b"\r\n\r\n",
        b"\n",
    ] {
        assert!(matches!(status(bytes), 400 | 505), "{bytes:?}");
    }
}

#[test]
fn what_is_too_long_or_too_much() {
    let line = |length: usize| format!("X: {}", "x".repeat(length - 3));
    assert_eq!(status(&plus(&line(8 << 10))), 101);
    assert_eq!(status(&plus(&line((8 << 10) + 1))), 431);
    assert_eq!(status(&plus(&[line(8 << 10), line(8 << 10)].join("\r\n"))), 431);
    assert_eq!(status(&plus(&vec!["X: y"; 92].join("\r\n"))), 101);
    assert_eq!(status(&plus(&vec!["X: y"; 93].join("\r\n"))), 431);
    let unique: Vec<String> = (0..2000).map(|n| format!("X{n}: y")).collect();
    assert_eq!(status(&plus(&unique.join("\r\n"))), 431);
    assert_eq!(status(&vec![b'x'; 20 << 20]), 414);
    let target = |length: usize| format!("GET /{} HTTP/1.1", "x".repeat(length - 14));
    assert_eq!(status(&joined(&[&[target(8 << 10).as_str()], &LINES[1..]].concat())), 101);
    assert_eq!(status(&joined(&[&[target((8 << 10) + 1).as_str()], &LINES[1..]].concat())), 414);
}
