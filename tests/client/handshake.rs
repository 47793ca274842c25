//! The opening handshake of a client: its request, and how it handles the response.

use std::time::Duration;

use http::StatusCode;
use sockeye::{
    Error, Message,
    connection::WebSocket,
    error::{HandshakeError, SecurityError},
};
use sockeye_tests::{Elapsed, Join, Pipe, Sim, pipe, run, sleep, spawn};

const SECOND: Duration = Duration::from_secs(1);

fn invalid_status(error: Error) -> sockeye::error::InvalidStatus {
    match error {
        Error::Handshake(HandshakeError::InvalidStatus(error)) => *error,
        other => panic!("{other:?}"),
    }
}

/// A client that gets this answer; the stream ends behind it, unless the answer shall go on.
async fn answered(answer: &[u8], ends: bool) -> (Result<WebSocket<Pipe, Sim>, Error>, Vec<u8>) {
    let (near, far) = pipe(64 << 10);
    let (sent, tap) = (near.written(), far.written());
    tap.put(answer);
    if ends {
        tap.end();
    }
    let result = sockeye::client::client::<_, Sim, _>("ws://localhost/", near).await;
    drop(far);
    (result, sent.log())
}

#[test]
fn frames_behind_the_answer_are_not_lost() {
    for capacity in [1, 7, 64 << 10] {
        run(async move {
            let (near, far) = pipe(capacity);
            let server: Join<()> = spawn(async move {
                let handshake =
                    sockeye::server::accept::<_, Sim>(far).await.expect("a good request");
                let mut ws = handshake.accept().await.expect("open");
                ws.feed("early").await.expect("open");
                ws.send(vec![7; 300]).await.expect("open");
                ws.close().await.expect("closed");
            });
            let mut ws =
                sockeye::client::client::<_, Sim, _>("ws://localhost/", near).await.expect("open");
            assert_eq!(ws.recv().await.expect("open").as_text(), Some("early"));
            assert_eq!(ws.recv().await.expect("open"), Message::from(vec![7; 300]));
            assert!(ws.next().await.expect("a normal end").is_none());
            server.await;
        });
    }
}

#[test]
fn a_refusal_is_told_with_its_headers_and_its_body() {
    run(async {
        let answer =
            b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nslow";
        let (result, _) = answered(answer, false).await;
        let error = result.expect_err("refused");
        assert_eq!(error.status_code(), Some(StatusCode::TOO_MANY_REQUESTS));
        assert_eq!(error.retry_after(), Some(7 * SECOND));
        assert!(error.is_retryable());
        assert_eq!(error.to_string(), "HTTP 429");
        let error = invalid_status(error);
        assert_eq!(error.headers["retry-after"], "7");
        assert_eq!(error.body, b"slow"[..]);
    });
}

#[test]
fn a_refusal_whose_body_never_ends_is_told_after_a_second() {
    run(async {
        let clock = Elapsed::start();
        let answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\nno, because";
        let (result, _) = answered(answer, false).await;
        let error = invalid_status(result.expect_err("refused"));
        assert_eq!(error.status_code, StatusCode::FORBIDDEN);
        assert_eq!(error.body, b"no, because"[..]);
        assert_eq!(clock.get(), SECOND);
    });
}

#[test]
fn a_refusal_whose_body_trickles_is_told_with_the_part_that_arrived() {
    run(async {
        let clock = Elapsed::start();
        let (near, far) = pipe(64 << 10);
        let server: Join<()> = spawn(async move {
            far.written().put(b"HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\n\r\n");
            for _ in 0..100 {
                sleep(SECOND / 4).await;
                far.written().put(b"x");
            }
        });
        let client = sockeye::client::client::<_, Sim, _>("ws://localhost/", near);
        let error = invalid_status(client.await.expect_err("refused"));
        assert_eq!(error.status_code, StatusCode::SERVICE_UNAVAILABLE);
        assert!((3..=4).contains(&error.body.len()), "{:?}", error.body);
        assert_eq!(clock.get(), SECOND);
        drop(server);
    });
}

#[test]
fn a_refusal_whose_body_is_huge_is_bounded() {
    run(async {
        let mut answer = b"HTTP/1.1 500 Oops\r\nContent-Length: 60000\r\n\r\n".to_vec();
        answer.extend(vec![b'x'; 60_000]);
        let (result, _) = answered(&answer, true).await;
        match result.expect_err("refused") {
            Error::Handshake(HandshakeError::InvalidStatus(error)) => {
                assert!(error.body.len() <= 16 << 10, "{}", error.body.len());
            }
            Error::Handshake(HandshakeError::Security(SecurityError::BodyTooLong { .. })) => {}
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_bad_101_is_refused_and_nothing_more_is_sent() {
    let good = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    for (rest, what) in [
        ("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", "the accept of another"),
        ("", "no accept"),
        ("Sec-WebSocket-Accept: x\r\nSec-WebSocket-Accept: x\r\n", "two accepts"),
    ] {
        run(async move {
            let answer = format!("{good}{rest}\r\n");
            let (result, sent) = answered(answer.as_bytes(), false).await;
            let error = result.expect_err(what);
            assert!(matches!(error, Error::Handshake(_)), "{what}: {error:?}");
            assert!(!error.is_retryable());
            assert!(sent.ends_with(b"\r\n\r\n"), "{what}: something followed the request");
        });
    }
}

#[test]
fn an_answer_that_is_cut_off_anywhere_is_worth_a_retry() {
    let answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    for len in 0..answer.len() {
        run(async move {
            let (result, _) = answered(&answer.as_bytes()[..len], true).await;
            let error = result.expect_err("cut off");
            assert!(
                matches!(error, Error::Handshake(HandshakeError::InvalidMessage(_))),
                "{error:?}"
            );
            assert!(error.is_retryable(), "{len}: {error:?}");
        });
    }
}

#[test]
fn settings_that_break_the_handshake_are_found_before_anything_is_sent() {
    run(async {
        let connect = || {
            let (near, far) = pipe(4096);
            let tap = near.written();
            (sockeye::client::client::<_, Sim, _>("ws://localhost/", near), tap, far)
        };
        for name in ["upgrade", "connection", "host", "sec-websocket-key", "sec-websocket-protocol"]
        {
            let (client, tap, _far) = connect();
            client.header(name, "x").await.expect_err(name);
            assert!(tap.log().is_empty(), "{name}");
        }
        for (name, value) in [("x", "a\r\nb: c"), ("x y", "z"), ("x\r\n", "z"), ("", "z")] {
            let (client, tap, _far) = connect();
            client.header(name, value).await.expect_err(name);
            assert!(tap.log().is_empty(), "{name:?}");
        }
        let (client, tap, _far) = connect();
        client.subprotocols(["a", "a"]).await.expect_err("twice");
        assert!(tap.log().is_empty());
        let (client, tap, _far) = connect();
        client.origin("https://a\r\nx: y").await.expect_err("injected");
        assert!(tap.log().is_empty());
    });
}

#[test]
fn a_bad_uri_never_touches_the_stream() {
    run(async {
        for uri in ["", "http://localhost/", "ws://", "ws://localhost/#fragment", "ws://a b/"] {
            let (near, _far) = pipe(4096);
            let tap = near.written();
            let error = sockeye::client::client::<_, Sim, _>(uri, near).await.expect_err(uri);
            assert!(matches!(error, Error::InvalidUri(_)), "{uri}: {error:?}");
            assert!(tap.log().is_empty());
        }
    });
}
