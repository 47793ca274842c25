//! Opening handshakes, through the driver.

use std::time::Duration;

use http::StatusCode;
use sockeye::{
    Error, HandshakeError, Message, Rejection, SecurityError, ServerOptions,
    driver::{self, WebSocket},
};
use sockeye_tests::{
    Elapsed, Join, Pipe, Sim, both, frame, frames, masked, pipe, run, sleep, spawn,
};

const SECOND: Duration = Duration::from_secs(1);

const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\n\
    Host: localhost\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

fn invalid_status(error: Error) -> sockeye::InvalidStatus {
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
    let result = driver::client::<_, Sim, _>("ws://localhost/", near).await;
    drop(far);
    (result, sent.log())
}

/// What a server that accepts everybody answers to these bytes, and what its program gets.
async fn ask(request: &[u8]) -> (String, Result<WebSocket<Pipe, Sim>, Error>) {
    let (near, far) = pipe(64 << 10);
    near.written().put(request);
    let answer = near.read();
    let server = async { driver::accept::<_, Sim>(far).await?.accept().await };
    let leave = async {
        // Who is refused goes.
        while !answer.is_ended() && !answer.log().starts_with(b"HTTP/1.1 101 ") {
            sleep(SECOND / 100).await;
        }
        near.written().end();
    };
    let (result, ()) = both(server, leave).await;
    (String::from_utf8_lossy(&answer.log()).into_owned(), result)
}

#[test]
fn frames_behind_the_request_are_not_lost() {
    run(async {
        let mut bytes = format!("{REQUEST}\r\n").into_bytes();
        bytes.extend(masked(0x81, b"early"));
        bytes.extend(masked(0x82, &[7; 300]));
        for cut in [bytes.len(), bytes.len() - 1, bytes.len() - 305] {
            let (near, far) = pipe(64 << 10);
            near.written().put(&bytes[..cut]);
            let handshake = driver::accept::<_, Sim>(far).await.expect("a good request");
            assert_eq!(handshake.request().path(), "/chat");
            assert_eq!(handshake.request().query(), Some("room=1"));
            let mut ws = handshake.accept().await.expect("open");
            near.written().put(&bytes[cut..]);
            assert_eq!(ws.recv().await.expect("open").as_text(), Some("early"));
            assert_eq!(ws.recv().await.expect("open").as_bytes(), [7; 300]);
        }
    });
}

#[test]
fn frames_behind_the_answer_are_not_lost() {
    for capacity in [1, 7, 64 << 10] {
        run(async move {
            let (near, far) = pipe(capacity);
            let server: Join<()> = spawn(async move {
                let handshake = driver::accept::<_, Sim>(far).await.expect("a good request");
                let mut ws = handshake.accept().await.expect("open");
                ws.feed("early").await.expect("open");
                ws.send(vec![7; 300]).await.expect("open");
                ws.close().await.expect("closed");
            });
            let mut ws = driver::client::<_, Sim, _>("ws://localhost/", near).await.expect("open");
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
fn a_refusal_whose_body_never_ends_is_told_when_time_is_up() {
    run(async {
        let clock = Elapsed::start();
        let answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\nno, because";
        let (result, _) = answered(answer, false).await;
        let error = invalid_status(result.expect_err("refused"));
        assert_eq!(error.status_code, StatusCode::FORBIDDEN);
        assert_eq!(error.body, b"no, because"[..]);
        assert_eq!(clock.get(), 10 * SECOND);
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
fn bad_requests_are_answered_as_they_deserve() {
    let request = |change: &dyn Fn(String) -> String| change(REQUEST.to_owned()) + "\r\n";
    let with = |line: &'static str| request(&|request| request + line);
    let without = |name: &str| {
        let lines: Vec<_> = REQUEST.lines().filter(|line| !line.starts_with(name)).collect();
        lines.join("\r\n") + "\r\n\r\n"
    };
    let table = [
        (request(&|request| request.replacen("GET", "POST", 1)), 405),
        (request(&|request| request.replacen("HTTP/1.1", "HTTP/1.0", 1)), 505),
        (request(&|request| request.replacen("13", "8", 1)), 426),
        (without("Upgrade"), 426),
        (without("Connection"), 426),
        (without("Sec-WebSocket-Key"), 400),
        (without("Sec-WebSocket-Version"), 400),
        (without("Host"), 400),
        (with("Origin: https://evil.example\r\n"), 403),
        (with("Content-Length: 5\r\n"), 400),
        (with("Transfer-Encoding: chunked\r\n"), 400),
        (with("Host: localhost\r\n"), 400),
        (with(" folded: header\r\n"), 400),
        (String::from("nonsense\r\n\r\n"), 400),
        (request(&|request| request.replacen("/chat", &format!("/{}", "x".repeat(9000)), 1)), 414),
        (request(&|request| request + &"a: b\r\n".repeat(101)), 431),
        (request(&|request| format!("{request}a: {}\r\n", "x".repeat(9000))), 431),
        (request(&|request| request + &format!("a: {}\r\n", "x".repeat(8000)).repeat(3)), 431),
    ];
    for (request, status) in table {
        run(async move {
            let (answer, result) = ask(request.as_bytes()).await;
            let line: String = request.chars().take(60).collect();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line:?}: {answer}");
            assert!(answer.to_ascii_lowercase().contains("close\r\n"), "{line:?}: {answer}");
            let error = result.expect_err("refused");
            assert!(matches!(error, Error::Handshake(_)), "{line:?}: {error:?}");
        });
    }
    run(async {
        let (answer, result) = ask(format!("{REQUEST}\r\n").as_bytes()).await;
        assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{answer}");
        result.expect("a good request");
    });
}

#[test]
fn a_server_chooses_a_subprotocol_and_adds_headers() {
    run(async {
        let (near, far) = pipe(4096);
        let client = driver::client::<_, Sim, _>("ws://localhost/", near)
            .subprotocols(["superchat", "chat"])
            .header("x-api-key", "k3y");
        let server = async {
            let handshake = driver::accept::<_, Sim>(far).header("x-always", "1").await?;
            assert_eq!(handshake.request().header("x-api-key"), Some("k3y"));
            assert!(handshake.offered_subprotocols().iter().any(|name| name == "chat"));
            handshake.subprotocol("chat").header("x-user", "7").accept().await
        };
        let (client, server) = both(client.into_future(), server).await;
        let (client, server) = (client.expect("open"), server.expect("open"));
        assert_eq!(client.subprotocol(), Some("chat"));
        assert_eq!(server.subprotocol(), Some("chat"));
        assert_eq!(client.response().header("x-user"), Some("7"));
        assert_eq!(client.response().header("x-always"), Some("1"));
        assert_eq!(server.request().subprotocols(), ["superchat", "chat"]);
    });
}

#[test]
fn the_response_that_a_server_tells_of_is_the_one_it_sent() {
    run(async {
        for (chosen, header) in [(None, false), (Some("b"), false), (None, true), (Some("a"), true)]
        {
            let (near, far) = pipe(64 << 10);
            near.written().put(format!("{REQUEST}Sec-WebSocket-Protocol: a, b\r\n\r\n").as_bytes());
            let mut handshake = driver::accept::<_, Sim>(far).await.expect("a good request");
            if let Some(subprotocol) = chosen {
                handshake = handshake.subprotocol(subprotocol);
            }
            if header {
                handshake = handshake.header("x-user", "7");
            }
            let ws = handshake.accept().await.expect("open");
            assert_eq!(ws.subprotocol(), chosen);
            assert_eq!(ws.response().as_bytes(), near.read().log());
        }
    });
}

#[test]
fn the_response_is_the_one_that_was_sent_whatever_was_set_for_the_connection() {
    run(async {
        type Accept = driver::Accepting<Sim, Pipe>;
        let settings: [fn(Accept) -> Accept; 5] = [
            |accept| accept,
            |accept| accept.max_size(7).ping_interval(None),
            |accept| accept.origins(["https://example.com"]).max_size(7),
            |accept| accept.header("x-always", "1"),
            |accept| accept.subprotocols(["b"]),
        ];
        for (number, set) in settings.into_iter().enumerate() {
            let (near, far) = pipe(64 << 10);
            let more = if number == 2 { "Origin: https://example.com\r\n" } else { "" };
            let request = format!("{REQUEST}{more}Sec-WebSocket-Protocol: a, b\r\n\r\n");
            near.written().put(request.as_bytes());
            let accept = set(driver::accept(far)).await.expect("a good request");
            let ws = accept.accept().await.expect("open");
            assert_eq!(ws.subprotocol(), (number == 4).then_some("b"));
            assert_eq!(ws.response().as_bytes(), near.read().log(), "{number}");
        }
    });
}

#[test]
fn the_response_is_the_same_for_a_connection_of_a_server() {
    run(async {
        let server = driver::serve::<Sim, _, _>("127.0.0.1:0", |mut ws| async move {
            let subprotocol = ws.subprotocol().unwrap_or("none").to_owned();
            ws.send(subprotocol).await?;
            ws.send(ws.response().as_bytes().to_vec()).await?;
            Ok(())
        });
        let mut options = ServerOptions::default();
        options.require_subprotocol = false;
        let server = server
            .options(options)
            .subprotocols(["b", "a"])
            .header("x-always", "1")
            .await
            .expect("listening");
        for (offered, chosen) in [(&["a", "b"][..], "b"), (&["c", "a"], "a"), (&[], "none")] {
            let uri = format!("ws://{}", server.local_addr());
            let client = driver::connect::<Sim, _>(uri).subprotocols(offered.iter().copied());
            let mut client = client.await.expect("open");
            assert_eq!(client.recv().await.expect("told").as_text(), Some(chosen));
            assert_eq!(client.subprotocol().unwrap_or("none"), chosen);
            let response = client.recv().await.expect("told");
            assert_eq!(response.as_bytes(), client.response().as_bytes());
        }
        server.close().await;
    });
}

#[test]
fn a_server_that_chooses_what_was_not_offered_says_500() {
    run(async {
        let (near, far) = pipe(4096);
        let client = driver::client::<_, Sim, _>("ws://localhost/", near).subprotocols(["chat"]);
        let server =
            async { driver::accept::<_, Sim>(far).await?.subprotocol("other").accept().await };
        let (client, server) = both(client.into_future(), server).await;
        server.expect_err("not offered");
        let error = invalid_status(client.expect_err("refused"));
        assert_eq!(error.status_code, StatusCode::INTERNAL_SERVER_ERROR);
    });
}

#[test]
fn a_server_rejects_in_its_own_words() {
    run(async {
        let (near, far) = pipe(4096);
        let client = driver::client::<_, Sim, _>("ws://localhost/", near);
        let server = async {
            let handshake = driver::accept::<_, Sim>(far).await.expect("a good request");
            handshake.reject(StatusCode::FORBIDDEN, "no").await
        };
        let (client, server) = both(client.into_future(), server).await;
        server.expect("told");
        let error = invalid_status(client.expect_err("refused"));
        assert_eq!((error.status_code, &*error.body), (StatusCode::FORBIDDEN, &b"no"[..]));
    });
    run(async {
        let (near, far) = pipe(4096);
        let client = driver::client::<_, Sim, _>("ws://localhost/", near);
        let server = async {
            let handshake = driver::accept::<_, Sim>(far).await.expect("a good request");
            let rejection = Rejection::unauthorized("the realm").expect("a realm");
            handshake.reject_with(&rejection).await
        };
        let (client, server) = both(client.into_future(), server).await;
        server.expect("told");
        let error = invalid_status(client.expect_err("refused"));
        assert_eq!(error.status_code, StatusCode::UNAUTHORIZED);
        let challenge = error.headers["www-authenticate"].to_str().expect("ASCII");
        assert!(challenge.starts_with("Basic realm=\"the realm\""), "{challenge}");
    });
}

#[test]
fn a_rejection_that_is_none_leaves_the_client_without_a_connection() {
    run(async {
        let (near, far) = pipe(4096);
        let client = driver::client::<_, Sim, _>("ws://localhost/", near);
        let server = async {
            let handshake = driver::accept::<_, Sim>(far).await.expect("a good request");
            handshake.reject(StatusCode::SWITCHING_PROTOCOLS, "").await
        };
        let (client, server) = both(client.into_future(), server).await;
        server.expect_err("101 is no rejection");
        client.expect_err("there is no answer");
    });
}

#[test]
fn settings_that_break_the_handshake_are_found_before_anything_is_sent() {
    run(async {
        let connect = || {
            let (near, far) = pipe(4096);
            let tap = near.written();
            (driver::client::<_, Sim, _>("ws://localhost/", near), tap, far)
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
            let error = driver::client::<_, Sim, _>(uri, near).await.expect_err(uri);
            assert!(matches!(error, Error::InvalidUri(_)), "{uri}: {error:?}");
            assert!(tap.log().is_empty());
        }
    });
}

#[test]
fn an_unmasked_frame_is_answered_with_1002() {
    run(async {
        let (near, far) = pipe(4096);
        near.written().put(format!("{REQUEST}\r\n").as_bytes());
        let mut ws =
            driver::accept::<_, Sim>(far).await.expect("good").accept().await.expect("open");
        let start = near.read().log().len();
        near.written().put(&frame(0x81, b"bare"));
        near.written().end();
        let error = ws.recv().await.expect_err("not masked");
        let Error::ConnectionClosed(closed) = error else { panic!("{error:?}") };
        assert_eq!(closed.sent.as_ref().map(|close| close.code.as_u16()), Some(1002));
        let (frames, rest) = frames(&near.read().log()[start..]);
        assert_eq!((frames.len(), rest), (1, 0));
        assert!(frames[0].payload.starts_with(&1002_u16.to_be_bytes()));
    });
}
