//! Validation of responses by a client.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error as _;

use http::StatusCode;
use sockeye_errors::{HandshakeError, HeaderErrorKind, NegotiationError, SecurityError};
use sockeye_handshake::{ClientHandshake, ClientOptions, Extension, Negotiated, Subprotocols};

const UPGRADE: &str = "Upgrade: websocket\r\n";
const CONNECTION: &str = "Connection: Upgrade\r\n";
const ACCEPT: &str = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

fn client() -> ClientHandshake {
    let mut options = ClientOptions::default();
    options.subprotocols = Subprotocols::new(["chat", "superchat"]).unwrap();
    options.extensions = vec![Extension::new("permessage-deflate"), Extension::new("x")];
    ClientHandshake::new(&"ws://host/".parse().unwrap(), &options, *b"the sample nonce").unwrap()
}

/// Passes `bytes` and the end of the stream to a client, in one piece and byte by byte. Both outcomes must be the same.
fn outcome(bytes: impl AsRef<[u8]>) -> Result<(Negotiated, Vec<u8>), HandshakeError> {
    let bytes = bytes.as_ref();
    let mut whole = client();
    let outcome = match whole.handle_received(bytes) {
        Ok(Some((accepted, length))) => Ok((accepted, bytes[length..].to_vec())),
        Ok(None) => Err(whole.handle_eof()),
        Err(error) => Err(error),
    };
    let mut piecemeal = client();
    let mut last = None;
    for (at, byte) in bytes.iter().enumerate() {
        match piecemeal.handle_received(&[*byte]) {
            Ok(None) => {}
            Ok(Some((accepted, length))) => {
                assert_eq!(length, 1);
                last = Some(Ok((accepted, bytes[at + 1..].to_vec())));
                break;
            }
            Err(error) => {
                last = Some(Err(error));
                break;
            }
        }
    }
    assert_eq!(last.unwrap_or_else(|| Err(piecemeal.handle_eof())), outcome);
    // The first result is final.
    assert!(piecemeal.handle_received(b"x").is_err());
    outcome
}

fn switching(headers: &str) -> Result<(Negotiated, Vec<u8>), HandshakeError> {
    outcome(format!("HTTP/1.1 101 Switching Protocols\r\n{headers}\r\n"))
}

fn with(headers: &str) -> Result<(Negotiated, Vec<u8>), HandshakeError> {
    switching(&format!("{UPGRADE}{CONNECTION}{ACCEPT}{headers}"))
}

#[test]
fn a_good_answer_is_taken_with_all_that_follows_it() {
    let answer = format!("HTTP/1.1 101\r\n{UPGRADE}{CONNECTION}{ACCEPT}\r\n\x01\x02\r\n\r\nrest");
    let (accepted, rest) = outcome(answer).unwrap();
    assert_eq!(rest, b"\x01\x02\r\n\r\nrest");
    assert_eq!((accepted.subprotocol, accepted.extensions), (None, vec![]));

    let (accepted, rest) = with(
        "Sec-WebSocket-Protocol: superchat\r\nSec-WebSocket-Extensions: x\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; a=\"1\"\r\nContent-Length: 0\r\n",
    )
    .unwrap();
    assert_eq!(accepted.subprotocol.as_deref(), Some("superchat"));
    let deflate = Extension::new("permessage-deflate").with("a", Some("1"));
    assert_eq!(accepted.extensions, [Extension::new("x"), deflate]);
    assert!(rest.is_empty());
}

#[test]
fn upper_and_lower_case_do_not_matter_where_they_do_not() {
    for headers in [
        format!("UPGRADE: WebSocket\r\nCONNECTION: keep-alive, UPGRADE\r\n{ACCEPT}"),
        format!("upgrade:websocket\r\nconnection:,upgrade,\r\n{ACCEPT}"),
        format!("{UPGRADE}Connection: keep-alive\r\n{CONNECTION}{ACCEPT}"),
    ] {
        assert!(switching(&headers).is_ok(), "{headers}");
    }
}

#[test]
fn a_header_of_the_answer_that_is_wrong() {
    let lower = ACCEPT.replace("s3pP", "S3PP");
    let cases: [(String, &str, HeaderErrorKind); 16] = [
        (format!("{CONNECTION}{ACCEPT}"), "Upgrade", HeaderErrorKind::Missing),
        (format!("{UPGRADE}{UPGRADE}{CONNECTION}{ACCEPT}"), "Upgrade", HeaderErrorKind::Duplicate),
        (format!("Upgrade: h2c\r\n{CONNECTION}{ACCEPT}"), "Upgrade", HeaderErrorKind::Value),
        (
            format!("Upgrade: websocket, h2c\r\n{CONNECTION}{ACCEPT}"),
            "Upgrade",
            HeaderErrorKind::Value,
        ),
        (format!("Upgrade:\r\n{CONNECTION}{ACCEPT}"), "Upgrade", HeaderErrorKind::Value),
        (format!("{UPGRADE}{ACCEPT}"), "Connection", HeaderErrorKind::Missing),
        (format!("{UPGRADE}Connection: close\r\n{ACCEPT}"), "Connection", HeaderErrorKind::Value),
        (
            format!("{UPGRADE}Connection: notupgrade\r\n{ACCEPT}"),
            "Connection",
            HeaderErrorKind::Value,
        ),
        (format!("{UPGRADE}Connection: a b\r\n{ACCEPT}"), "Connection", HeaderErrorKind::Format),
        (format!("{UPGRADE}Connection:\r\n{ACCEPT}"), "Connection", HeaderErrorKind::Format),
        (format!("{UPGRADE}{CONNECTION}"), "Sec-WebSocket-Accept", HeaderErrorKind::Missing),
        (
            format!("{UPGRADE}{CONNECTION}{ACCEPT}{ACCEPT}"),
            "Sec-WebSocket-Accept",
            HeaderErrorKind::Duplicate,
        ),
        (format!("{UPGRADE}{CONNECTION}{lower}"), "Sec-WebSocket-Accept", HeaderErrorKind::Value),
        (
            format!("{UPGRADE}{CONNECTION}Sec-WebSocket-Accept:\r\n"),
            "Sec-WebSocket-Accept",
            HeaderErrorKind::Value,
        ),
        (
            format!("{UPGRADE}{CONNECTION}Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
            "Sec-WebSocket-Accept",
            HeaderErrorKind::Value,
        ),
        (
            format!("{UPGRADE}{CONNECTION}{ACCEPT}Sec-WebSocket-Extensions: ;\r\n"),
            "Sec-WebSocket-Extensions",
            HeaderErrorKind::Format,
        ),
    ];
    for (headers, name, problem) in cases {
        let header = match switching(&headers) {
            Err(HandshakeError::InvalidHeader(error)) => *error,
            Err(HandshakeError::InvalidUpgrade(error)) => error.0,
            other => panic!("{headers} {other:?}"),
        };
        assert_eq!((header.name.as_str(), header.kind), (name, problem), "{headers}");
    }
}

#[test]
fn an_agreement_that_is_none() {
    for (headers, error) in [
        (
            "Sec-WebSocket-Protocol: other\r\n",
            NegotiationError::UnofferedSubprotocol("other".into()),
        ),
        ("Sec-WebSocket-Protocol: Chat\r\n", NegotiationError::UnofferedSubprotocol("Chat".into())),
        ("Sec-WebSocket-Extensions: y\r\n", NegotiationError::UnofferedExtension("y".into())),
        ("Sec-WebSocket-Extensions: x, x\r\n", NegotiationError::DuplicateExtension("x".into())),
    ] {
        assert_eq!(with(headers).map(drop), Err(error.into()), "{headers}");
    }
    for headers in [
        "Sec-WebSocket-Protocol: chat, superchat\r\n",
        "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: superchat\r\n",
        "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n",
        "Sec-WebSocket-Protocol:\r\n",
    ] {
        assert!(matches!(with(headers), Err(HandshakeError::InvalidHeader(_))), "{headers}");
    }
}

#[test]
fn what_is_no_answer_of_http() {
    let rest = format!("\r\n{UPGRADE}{CONNECTION}{ACCEPT}\r\n");
    for line in [
        "",
        " ",
        "HTTP/1.1",
        "HTTP/1.1 ",
        "HTTP/1.1 10",
        "HTTP/1.1 1010",
        "HTTP/1.1  101",
        "HTTP/1.1 101Switching",
        "HTTP/1.1\t101",
        "HTTP/1.1 1O1",
        "HTTP/1.1 099",
        "HTTP/1.1 600",
        "HTTP/1.1 -10",
        "http/1.1 101",
        "HTTP/1 101",
        "ICY 101 OK",
        "SSH-2.0-OpenSSH",
        "GET / HTTP/1.1",
        " HTTP/1.1 101",
        "HTTP/1.1 101 a\0b",
        "HTTP/1.1 101 a\nb",
        "HTTP/1.1 101\rb",
        "\u{15}\u{3}\u{3}",
    ] {
        let outcome = outcome(format!("{line}{rest}"));
        assert!(matches!(outcome, Err(HandshakeError::InvalidMessage(_))), "{line:?} {outcome:?}");
    }
    for line in ["HTTP/1.0 101 OK", "HTTP/2.0 101 OK", "HTTP/0.9 200 OK", "HTTP/3.0 101"] {
        let outcome = outcome(format!("{line}{rest}"));
        assert!(matches!(outcome, Err(HandshakeError::InvalidProtocol(_))), "{line:?} {outcome:?}");
    }
    for headers in ["X : y\r\n", "X\r\n", "X: \u{1b}\r\n", "X: y\n", "X: a\r\nb\r\n"] {
        assert!(matches!(with(headers), Err(HandshakeError::InvalidMessage(_))), "{headers:?}");
    }
}

#[test]
fn a_101_ends_with_its_head_and_frames_follow() {
    for headers in [
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: 0\r\nContent-Length: 1\r\n",
        "Content-Length: x\r\nTransfer-Encoding: gzip, chunked\r\n",
    ] {
        let head = format!("HTTP/1.1 101 x\r\n{UPGRADE}{CONNECTION}{ACCEPT}{headers}\r\n");
        let (_, rest) = outcome(head + "\u{1}\u{2}Hi").unwrap();
        assert_eq!(rest, b"\x01\x02Hi", "{headers}");
    }
}

#[test]
fn a_folded_header_line_becomes_one_line() {
    for (headers, value) in [
        ("X: a\r\n b\r\n", "a   b"),
        ("X: a\r\n\tb\r\n \r\n", "a  \tb"),
        ("X:\r\n a\r\n  b\r\nY: z\r\n", "a    b"),
    ] {
        let (accepted, _) = with(headers).unwrap();
        assert_eq!(accepted.response.header("x"), Some(value), "{headers:?}");
    }
    let headers = "Upgrade:\r\n websocket\r\nConnection: keep-alive,\r\n\tupgrade\r\n";
    assert!(switching(&format!("{headers}{ACCEPT}")).is_ok());
    for (answer, problem) in [
        ("HTTP/1.1 101 x\r\n X: y\r\n\r\n", "a header line is folded, or begins with white space"),
        ("HTTP/1.1 101 x\r\nX : y\r\n\r\n", "white space follows the name of a header"),
    ] {
        let error = outcome(answer).unwrap_err();
        assert_eq!(error.source().unwrap().to_string(), problem);
    }
}

#[test]
fn an_answer_that_is_cut_off() {
    let whole = format!("HTTP/1.1 101 Switching Protocols\r\n{UPGRADE}{CONNECTION}{ACCEPT}\r\n");
    for cut in 0..whole.len() {
        let Err(HandshakeError::InvalidMessage(error)) = outcome(&whole[..cut]) else { panic!() };
        assert!(error.is_truncated(), "{cut}");
    }
    assert!(outcome(&whole).is_ok());
}

#[test]
fn a_refusal_comes_with_its_body() {
    for (answer, status, body) in [
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nnorest", 403, "no"),
        ("HTTP/1.1 403\r\nContent-Length: 9\r\n\r\nno", 403, "no"),
        ("HTTP/1.1 404 Not Found\r\n\r\nnothing here", 404, "nothing here"),
        ("HTTP/1.0 404 Not Found\r\n\r\nold", 404, "old"),
        ("HTTP/1.1 503 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", 503, "no"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""),
        ("HTTP/1.1 204 No Content\r\n\r\nx", 204, ""),
        ("HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 301, ""),
        ("HTTP/1.1 401 Unauthorized\r\nContent-Length: x\r\n\r\nno", 401, ""),
        ("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 418 \r\nContent-Length: 0\r\n\r\n", 418, ""),
    ] {
        let Err(HandshakeError::InvalidStatus(error)) = outcome(answer) else { panic!("{answer}") };
        assert_eq!(error.status_code.as_u16(), status, "{answer}");
        assert_eq!(error.body, body.as_bytes(), "{answer}");
    }
    let answer = format!("HTTP/1.1 404 No\r\nContent-Length: 99999\r\n\r\n{}", "x".repeat(50_000));
    let Err(HandshakeError::InvalidStatus(error)) = outcome(answer) else { panic!() };
    assert_eq!(error.body.len(), 16 << 10);
}

#[test]
fn a_refusal_can_be_had_before_its_body_is_whole() {
    let mut client = client();
    assert_eq!(client.rejection_so_far(), None);
    let part = b"HTTP/1.1 503 Busy\r\nRetry-After: 5\r\nContent-Length: 9\r\n\r\nno";
    assert_eq!(client.handle_received(part), Ok(None));
    let rejection = client.rejection_so_far().unwrap();
    assert_eq!(rejection.status_code, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(rejection.headers["retry-after"], "5");
    assert_eq!(rejection.body, b"no");
}

#[test]
fn interim_responses_are_skipped_up_to_a_point() {
    let interim = |count| "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n".repeat(count);
    let answer = format!("HTTP/1.1 101 Switching\r\n{UPGRADE}{CONNECTION}{ACCEPT}\r\nframe");
    let (accepted, rest) = outcome(interim(8) + &answer).unwrap();
    assert_eq!((accepted.response.status().as_u16(), rest), (101, b"frame".to_vec()));
    assert!(matches!(outcome(interim(9) + &answer), Err(HandshakeError::InvalidMessage(_))));
    // Interim responses count towards the same limit as the response.
    let long = format!("HTTP/1.1 103 Early Hints\r\nX: {}\r\n\r\n", "x".repeat(12_000));
    assert!(outcome(long.clone() + &answer).is_ok());
    let error = outcome(long.repeat(3) + &answer).unwrap_err();
    assert_eq!(error, SecurityError::HeadTooLong { max: 32 << 10 }.into());
}

#[test]
fn an_answer_over_its_limits() {
    let long = "x".repeat(17_000);
    let max = 16 << 10;
    for (answer, error) in [
        (format!("HTTP/1.1 101 {long}"), SecurityError::StatusLineTooLong { max }),
        (format!("HTTP/1.1 101 x\r\nX: {long}"), SecurityError::HeaderLineTooLong { max }),
        (
            format!("HTTP/1.1 101 x\r\n{}", "X: y\r\n".repeat(101)),
            SecurityError::TooManyHeaders { max: 100 },
        ),
        (
            format!("HTTP/1.1 101 x\r\n{}", format!("X: {}\r\n", "y".repeat(1000)).repeat(50)),
            SecurityError::HeadTooLong { max: 32 << 10 },
        ),
    ] {
        assert_eq!(outcome(answer).map(drop), Err(error.into()));
    }
}

#[test]
fn a_server_that_speaks_tls_is_recognised() {
    // The response of rustls and OpenSSL to a request in plain HTTP: an alert, and nothing else.
    for record in [[21, 3, 3, 0, 2, 2, 50], [22, 3, 1, 0, 2, 2, 50]] {
        let error = outcome(record).unwrap_err();
        let cause = error.source().expect("what is wrong with it").to_string();
        assert_eq!(cause, "the peer speaks TLS");
    }
    let error = outcome("HTTP/1.1 101 Switching Protocols\r\n\u{16}").unwrap_err();
    let cause = error.source().expect("what is wrong with it").to_string();
    assert_eq!(cause, "a control character");
}
