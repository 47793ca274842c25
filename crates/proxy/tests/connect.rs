//! Transcripts of HTTP proxies: [RFC 9110 §9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6).

use proptest::prelude::*;
use sockeye_errors::{
    InvalidProxyMessage, InvalidProxyStatus, ProxyError,
    SecurityError::{self, HeadTooLong, HeaderLineTooLong, StatusLineTooLong, TooManyHeaders},
};
use sockeye_proxy::ConnectReader;

/// The outcome of a transcript after which the proxy closes the connection.
#[derive(Debug, PartialEq)]
enum Outcome {
    Open,
    Status(u16, &'static str),
    Malformed,
    Over(SecurityError),
    Truncated,
}
use Outcome::{Malformed, Open, Over, Status, Truncated};

impl Outcome {
    fn matches(&self, result: &Result<(), ProxyError>) -> bool {
        match (self, result) {
            (Open, Ok(())) => true,
            (Status(code, reason), Err(error)) => {
                *error == InvalidProxyStatus::new(*code, *reason).into()
            }
            (Truncated, Err(ProxyError::InvalidProxyMessage(error))) => error.is_truncated(),
            (Over(limit), Err(error)) => *error == InvalidProxyMessage::from(limit.clone()).into(),
            (Malformed, Err(ProxyError::InvalidProxyMessage(error))) => {
                let limit = error.cause.get_ref().and_then(|it| it.downcast_ref::<SecurityError>());
                !error.is_truncated() && limit.is_none()
            }
            _ => false,
        }
    }
}

/// Reads chunks, then the end of the connection.
fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<(), ProxyError> {
    let mut reader = ConnectReader::new();
    for chunk in chunks {
        reader.handle_received(chunk)?;
    }
    reader.handle_eof()
}

fn transcripts() -> Vec<(String, Outcome)> {
    let ok = "HTTP/1.1 200 OK\r\n";
    let interim = "HTTP/1.1 100 Continue\r\n\r\n";
    let headers = |count: usize| format!("{ok}{}\r\n", "a: b\r\n".repeat(count));
    // A line of this length, including its end.
    let line = |length: usize| format!("{ok}a: {}\r\n\r\n", "x".repeat(length - 5));
    // A head of this length with three headers.
    let head = |length: usize| {
        let rest = length - ok.len() - 2 - 2 * 7000;
        let [long, short] = [7000, rest].map(|length| format!("a: {}\r\n", "x".repeat(length - 5)));
        format!("{ok}{long}{long}{short}\r\n")
    };
    let status = |length: usize| format!("HTTP/1.1 200 {}\r\n\r\n", "x".repeat(length - 15));
    let mut all = vec![
        // Success.
        (format!("{ok}\r\n"), Open),
        ("HTTP/1.0 200 Connection established\r\n\r\n".into(), Open),
        ("HTTP/1.1 200\r\n\r\n".into(), Open),
        ("HTTP/1.1 200 \r\n\r\n".into(), Open),
        ("HTTP/1.1 200 OK\n\n".into(), Open),
        ("HTTP/1.1 201 Created\r\n\r\n".into(), Open),
        ("HTTP/1.1 299 Fine\r\n\r\n".into(), Open),
        (format!("{ok}Content-Length: 5\r\n\r\n"), Open),
        (format!("{ok}Transfer-Encoding: chunked\r\n\r\n"), Open),
        (format!("{ok}Via: 1.1 proxy\r\nProxy-Agent: x/1\r\n\r\n"), Open),
        (format!("{ok}a: b\r\n folded\r\n\r\n"), Open),
        (format!("{ok}a: b\n folded\n\n"), Open),
        (format!("{interim}{ok}\r\n"), Open),
        (format!("HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n{interim}{ok}\r\n"), Open),
        (format!("{}{ok}\r\n", interim.repeat(8)), Open),
        (headers(100), Open),
        (line(8192), Open),
        (head(16384), Open),
        (status(8192), Open),
        (format!("HTTP/1.1 103 Early\r\n{0}\r\n{ok}{0}\r\n", "a: b\r\n".repeat(60)), Open),
        // Rejections, with or without a body.
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n"
                .into(),
            Status(407, "Proxy Authentication Required"),
        ),
        ("HTTP/1.1 302 Found\r\nLocation: http://evil/\r\n\r\n".into(), Status(302, "Found")),
        ("HTTP/1.0 403 Forbidden\r\nContent-Length: 2\r\n\r\nno".into(), Status(403, "Forbidden")),
        ("HTTP/1.1 503\r\n\r\n".into(), Status(503, "")),
        ("HTTP/1.1 502 Bad\tGateway\r\n\r\n".into(), Status(502, "Bad\tGateway")),
        ("HTTP/1.1 502 \u{fc}\r\n\r\n".into(), Status(502, "")),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n".into(), Status(101, "Switching Protocols")),
        ("HTTP/1.1 999 Odd\r\n\r\n".into(), Status(999, "Odd")),
        (format!("{interim}HTTP/1.1 504 Late\r\n\r\nbody"), Status(504, "Late")),
        // Bytes after the response.
        (format!("{ok}\r\nx"), Malformed),
        (format!("{ok}Content-Length: 5\r\n\r\nhello"), Malformed),
        (format!("{ok}\r\n{}", "x".repeat(10240)), Malformed),
        (format!("{ok}\r\n{ok}\r\n"), Malformed),
        (format!("{ok}\r\n\0"), Malformed),
        // Other protocols than HTTP/1.
        ("SSH-2.0-OpenSSH_9.9\r\n".into(), Malformed),
        ("\x05\x00".into(), Malformed),
        ("\r\nHTTP/1.1 200 OK\r\n\r\n".into(), Malformed),
        (" HTTP/1.1 200 OK\r\n\r\n".into(), Malformed),
        ("http/1.1 200 OK\r\n\r\n".into(), Malformed),
        ("HTTP/2 200\r\n\r\n".into(), Malformed),
        ("HTTP/1.2 200 OK\r\n\r\n".into(), Malformed),
        ("HTTP/1.1 20 OK\r\n\r\n".into(), Malformed),
        ("HTTP/1.1 2000 OK\r\n\r\n".into(), Malformed),
        ("HTTP/1.1 099 Low\r\n\r\n".into(), Malformed),
        ("HTTP/1.1 -20 OK\r\n\r\n".into(), Malformed),
        ("HTTP/1.1\r\n\r\n".into(), Malformed),
        ("HTTP/1.1 200 O\0K\r\n\r\n".into(), Malformed),
        (format!("{ok}no colon\r\n\r\n"), Malformed),
        (format!("{ok}: no name\r\n\r\n"), Malformed),
        (format!("{ok}a b: c\r\n\r\n"), Malformed),
        (format!("{ok} a: b\r\n\r\n"), Malformed),
        (format!("{ok}a: b\rc\r\n\r\n"), Malformed),
        (format!("{ok}a: \0\r\n\r\n"), Malformed),
        (format!("{}{ok}\r\n", interim.repeat(9)), Malformed),
        (format!("{interim}garbage"), Malformed),
        // Limits.
        (headers(101), Over(TooManyHeaders { max: 100 })),
        (line(8193), Over(HeaderLineTooLong { max: 8192 })),
        (status(8193), Over(StatusLineTooLong { max: 8192 })),
        (head(16385), Over(HeadTooLong { max: 16384 })),
        (format!("{ok}{}", "x".repeat(100_000)), Over(HeaderLineTooLong { max: 8192 })),
        (format!("HTTP/1.1 {}", "2".repeat(100_000)), Over(StatusLineTooLong { max: 8192 })),
        (
            format!("HTTP/1.1 103 Early\r\na: {0}\r\nb: {0}\r\n\r\n", "x".repeat(7000)).repeat(2),
            Over(HeadTooLong { max: 16384 }),
        ),
        // A connection that is closed too early.
        (String::new(), Truncated),
        (interim.into(), Truncated),
        (format!("{ok}a: b\r\n"), Truncated),
    ];
    // Closed at each byte.
    let whole = format!("{interim}{ok}Via: a\r\n\r\n");
    all.extend((0..whole.len()).map(|end| (whole[..end].to_owned(), Truncated)));
    all
}

#[test]
fn each_transcript_has_its_outcome() {
    for (transcript, outcome) in transcripts() {
        let result = read([transcript.as_bytes()]);
        assert!(outcome.matches(&result), "{outcome:?} of {transcript:.200?} is {result:?}");
    }
}

#[test]
fn byte_by_byte_is_the_same_as_the_whole() {
    for (transcript, _) in transcripts() {
        let (whole, bytes) = (read([transcript.as_bytes()]), read(transcript.as_bytes().chunks(1)));
        assert_eq!(whole, bytes, "{transcript:.200?}");
    }
}

#[test]
fn cut_in_two_anywhere_is_the_same_as_the_whole() {
    for (transcript, _) in transcripts().into_iter().filter(|(it, _)| it.len() < 300) {
        let whole = read([transcript.as_bytes()]);
        for at in 0..=transcript.len() {
            let (a, b) = transcript.as_bytes().split_at(at);
            assert_eq!(read([a, b]), whole, "{transcript:?} at {at}");
        }
    }
}

#[test]
fn the_tunnel_is_open_at_the_last_byte_of_the_head_and_no_earlier() {
    let answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nVia: a\r\n\r\n";
    let mut reader = ConnectReader::new();
    let open: Vec<_> = answer.chunks(1).map(|byte| reader.handle_received(byte)).collect();
    assert_eq!(open.iter().filter(|open| **open == Ok(true)).count(), 1);
    assert_eq!(open.last(), Some(&Ok(true)));
    assert_eq!(reader.handle_eof(), Ok(()));
}

#[test]
fn the_first_error_is_final() {
    let mut reader = ConnectReader::new();
    let error = reader.handle_received(b"HTTP/1.1 407 No\r\n\r\n").expect_err("a refusal");
    assert_eq!(reader.handle_received(b"HTTP/1.1 200 OK\r\n\r\n"), Err(error.clone()));
    assert_eq!(reader.handle_received(b""), Err(error.clone()));
    assert_eq!(reader.handle_eof(), Err(error));
}

#[test]
fn a_long_reason_phrase_is_cut() {
    let answer = format!("HTTP/1.1 500 {}\r\n\r\n", "x".repeat(5000));
    let error = read([answer.as_bytes()]);
    assert_eq!(error, Err(InvalidProxyStatus::new(500, "x".repeat(256)).into()));
}

#[test]
fn nothing_the_proxy_said_is_in_the_debug_output() {
    let mut reader = ConnectReader::new();
    assert_eq!(reader.handle_received(b"HTTP/1.1 200 OK\r\nSet-Cookie: secret\r\n"), Ok(false));
    assert_eq!(format!("{reader:?}"), "ConnectReader(Reading(37 bytes))");
}

proptest! {
    #[test]
    fn any_bytes_in_any_chunks_have_one_outcome(
        start in "(HTTP/1\\.[01] [1-5]0[0-9]( [ -~]{0,4})?\r?\n)?",
        rest in "([a-z]{0,3}:? ?[ -~]{0,3}\r?\n){0,4}(\r?\n)?[\0-\u{ff}]{0,3}",
        sizes in proptest::collection::vec(1..9_usize, 1..9),
    ) {
        let transcript = format!("{start}{rest}");
        let mut bytes = transcript.as_bytes();
        let mut chunks = Vec::new();
        for size in sizes.iter().cycle() {
            if bytes.is_empty() {
                break;
            }
            let (chunk, rest) = bytes.split_at(bytes.len().min(*size));
            chunks.push(chunk);
            bytes = rest;
        }
        prop_assert_eq!(read(chunks), read([transcript.as_bytes()]));
    }
}
