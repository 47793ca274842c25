//! Requests that are not HTTP or exceed a limit.

use crate::request::{LINES, joined, plus, status};

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
    assert_eq!(status(&plus(&line(16 << 10))), 101);
    assert_eq!(status(&plus(&line((16 << 10) + 1))), 431);
    assert_eq!(status(&plus(&[line(16 << 10), line(16 << 10)].join("\r\n"))), 431);
    assert_eq!(status(&plus(&vec!["X: y"; 92].join("\r\n"))), 101);
    assert_eq!(status(&plus(&vec!["X: y"; 93].join("\r\n"))), 431);
    let unique: Vec<String> = (0..2000).map(|n| format!("X{n}: y")).collect();
    assert_eq!(status(&plus(&unique.join("\r\n"))), 431);
    assert_eq!(status(&vec![b'x'; 20 << 20]), 414);
    let target = |length: usize| format!("GET /{} HTTP/1.1", "x".repeat(length - 14));
    assert_eq!(status(&joined(&[&[target(16 << 10).as_str()], &LINES[1..]].concat())), 101);
    assert_eq!(status(&joined(&[&[target((16 << 10) + 1).as_str()], &LINES[1..]].concat())), 414);
}
