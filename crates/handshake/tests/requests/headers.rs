//! Headers that are missing, there twice, in another form, or wrong.

use crate::request::{LINES, plus, status, with, without};

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
        "Host: server.example.com.",
        "Host: server.example.com.:80",
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
        ("Host: server.example.com..", 400),
        ("Host: 127.0.0.1.", 400),
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
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZZ=", 400),
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
