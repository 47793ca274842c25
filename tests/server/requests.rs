//! The requests that a server meets, over a network in memory.

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use sockeye::server::ServerOptions;
use sockeye::{
    Error,
    connection::{Sockets as _, TcpOptions},
    error::{HandshakeError, HeaderErrorKind, InvalidHeader},
    server::{Decision, Rejection},
};
use sockeye_tests::{Elapsed, Sim, pipe, run, sleep};

use crate::{SECOND, connect, echo, serve};

#[test]
fn who_is_in_the_handshake_when_the_server_closes_is_told_503() {
    run(async {
        let server = serve(echo).await;
        let stream =
            Sim::connect_tcp(server.local_addr(), &TcpOptions::default()).await.expect("ok");
        let answer = stream.read();
        stream.written().put(b"GET / HTTP/1.1\r\nHost: local");
        sleep(SECOND).await;
        server.close().await;
        let answer = String::from_utf8(answer.log()).expect("ASCII");
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    });
}

#[test]
fn a_server_with_many_handshakes_accepts_another_and_tells_them_that_it_closes() {
    run(async {
        let server = serve(echo).await;
        let options = TcpOptions::default();
        let mut silent = Vec::new();
        for _ in 0..1024 {
            let stream = Sim::connect_tcp(server.local_addr(), &options).await.expect("listening");
            silent.push(stream);
        }
        sleep(SECOND).await;
        let clock = Elapsed::start();
        let ws = connect(&server).await;
        assert_eq!(clock.get(), Duration::ZERO);
        // The latest handshakes are still in progress.
        silent[1023].written().put(REQUEST);
        sleep(SECOND).await;
        assert_eq!(server.connections(), 2);
        drop(ws);
        let answer = silent[1022].read();
        server.close().await;
        assert!(answer.log().starts_with(b"HTTP/1.1 503 "));
    });
}

#[test]
fn requests_are_judged_before_they_are_checked() {
    run(async {
        let server = sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", echo)
            .on_request(|request: &sockeye::Request| match request.path() {
                "/healthz" => Decision::Reject(Rejection::new(StatusCode::OK, "OK")),
                "/panic" => panic!("as I was told"),
                _ => Decision::Accept,
            })
            .await
            .expect("listening");
        for (head, answer) in [
            ("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 "),
            ("GET /panic HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 500 "),
            ("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 426 "),
            ("POST /other HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 405 "),
        ] {
            let options = TcpOptions::default();
            let stream = Sim::connect_tcp(server.local_addr(), &options).await.expect("listening");
            let tap = stream.read();
            stream.written().put(head.as_bytes());
            sleep(SECOND).await;
            assert!(tap.is_ended(), "{head}");
            let text = String::from_utf8(tap.log()).expect("ASCII");
            assert!(text.starts_with(answer), "{head} was answered {text}");
        }
        let mut ws = connect(&server).await;
        ws.send("hello").await.expect("open");
        assert_eq!(ws.recv().await.expect("open").as_text(), Some("hello"));
        drop(ws);
        server.close().await;
    });
}

#[test]
fn health_checks_reach_the_hook_and_a_response_to_head_has_no_body() {
    run(async {
        let server = sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", echo)
            .on_request(|request: &sockeye::Request| match request.path() {
                "/healthz" => Decision::reject(StatusCode::OK, "healthy"),
                _ => Decision::Accept,
            })
            .await
            .expect("listening");
        for (head, status, has_body) in [
            ("OPTIONS /healthz HTTP/1.0\r\n\r\n", 200, true),
            ("GET /healthz HTTP/1.0\r\nHost: backend\r\n\r\n", 200, true),
            ("\r\nGET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 200, true),
            ("HEAD /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 200, false),
            ("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", 405, false),
            ("HEAD / HTTP/1.1\r\nHost\r\n\r\n", 400, false),
            ("GET / HTTP/1.0\r\nHost: h\r\n\r\n", 505, true),
        ] {
            let options = TcpOptions::default();
            let stream = Sim::connect_tcp(server.local_addr(), &options).await.expect("listening");
            let tap = stream.read();
            stream.written().put(head.as_bytes());
            sleep(SECOND).await;
            assert!(tap.is_ended(), "{head}");
            let text = String::from_utf8(tap.log()).expect("ASCII");
            assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{head} received {text}");
            assert_eq!(!text.ends_with("\r\n\r\n"), has_body, "{head} received {text}");
            assert!(text.contains("\r\nContent-Length: "), "{head} received {text}");
        }
        server.close().await;
    });
}

#[test]
fn origins_are_checked() {
    run(async {
        let server = sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", echo)
            .origins(["https://myapp.com"])
            .await
            .expect("listening");
        let uri = format!("ws://{}", server.local_addr());
        let connect = || sockeye::client::connect::<Sim, _>(uri.as_str());
        connect().origin("https://myapp.com").await.expect("admitted");
        for origin in ["https://evil.com", "null", "https://myapp.com.evil.com", "myapp.com"] {
            let error = connect().origin(origin).await.expect_err("refused");
            let Error::Handshake(HandshakeError::InvalidStatus(error)) = error else {
                panic!("{error:?}")
            };
            assert_eq!(error.status_code, StatusCode::FORBIDDEN, "{origin}");
        }
        server.close().await;
    });
}

#[test]
fn settings_that_make_no_sense_are_found_before_anybody_listens() {
    run(async {
        let serve = || sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", echo);
        serve().subprotocols(["a b"]).await.expect_err("not a token");
        let error = serve().origins(["example.com"]).await.expect_err("not an origin");
        let why = std::error::Error::source(&error).expect("it is told").to_string();
        assert!(why.contains("https://example.com"), "{why}");
        serve().header("x", "a\r\nb").await.expect_err("not a value");
        sockeye::server::serve::<Sim, _, _>("256.0.0.1:0", echo).await.expect_err("not an address");
    });
}

#[test]
fn who_forgets_the_port_is_told_so() {
    run(async {
        for place in ["127.0.0.1", "localhost", "127.0.0.1:", "[::1]"] {
            let error = sockeye::server::serve::<Sim, _, _>(place, echo)
                .await
                .expect_err("there is no port");
            assert!(error.to_string().contains("a port"), "{place}: {error}");
            let Error::Io(error) = error else { panic!("{error:?}") };
            assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        }
    });
}

#[test]
fn a_header_that_a_server_cannot_send_is_told_at_the_start() {
    run(async {
        for (name, value, problem) in [
            ("content-length", "0", HeaderErrorKind::Reserved),
            ("Sec-WebSocket-Accept", "mine", HeaderErrorKind::Reserved),
            ("x y", "z", HeaderErrorKind::Name),
            ("x-y", "z\r\nx-z: 1", HeaderErrorKind::Format),
        ] {
            let server =
                sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", echo).header(name, value);
            let told = invalid_header(server.await.expect_err("it cannot be sent"));
            assert!(told.name.eq_ignore_ascii_case(name), "{told:?}");
            assert_eq!((told.value, told.kind), (None, problem));

            let options = ServerOptions::default().header(name, value);
            assert_eq!(options.expect_err("it cannot be sent").kind, problem);
        }
    });
}

#[test]
fn a_header_that_a_handshake_cannot_send_is_told_and_the_client_gets_500() {
    run(async {
        let (near, far) = pipe(64 << 10);
        near.written().put(REQUEST);
        let answer = near.read();
        near.written().end();
        let handshake = sockeye::server::accept::<_, Sim>(far).await.expect("a good request");
        let opened = handshake.header("Upgrade", "h2c").accept().await;
        let told = invalid_header(opened.expect_err("it cannot be sent"));
        assert_eq!((&*told.name, told.kind), ("upgrade", HeaderErrorKind::Reserved));
        assert!(answer.log().starts_with(b"HTTP/1.1 500 "));
    });
}

#[test]
fn a_refusal_that_cannot_be_sent_is_told_and_the_client_gets_500() {
    run(async {
        let refusal = |status: StatusCode, name: &'static str| {
            let mut rejection = Rejection::new(status, "no");
            rejection.headers.insert(name, HeaderValue::from_static("1"));
            rejection
        };
        let bad = [
            refusal(StatusCode::FORBIDDEN, "content-length"),
            refusal(StatusCode::FORBIDDEN, "upgrade"),
            refusal(StatusCode::SWITCHING_PROTOCOLS, "x-why"),
        ];
        for rejection in bad {
            let (near, far) = pipe(64 << 10);
            near.written().put(REQUEST);
            let answer = near.read();
            near.written().end();
            let handshake = sockeye::server::accept::<_, Sim>(far).await.expect("a good request");
            let error = handshake.reject_with(&rejection).await.expect_err("it cannot be sent");
            assert!(matches!(error, Error::Handshake(_)), "{error:?}");
            assert!(answer.log().starts_with(b"HTTP/1.1 500 "), "{rejection:?}");
            assert!(answer.is_ended());

            let server = sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", echo)
                .on_request(move |_| rejection.clone().into())
                .await
                .expect("listening");
            let uri = format!("ws://{}", server.local_addr());
            let error = sockeye::client::connect::<Sim, _>(uri).await.expect_err("it is refused");
            assert_eq!(error.status_code(), Some(StatusCode::INTERNAL_SERVER_ERROR), "{error:?}");
            server.close().await;
        }
    });
}

fn invalid_header(error: Error) -> InvalidHeader {
    match error {
        Error::Handshake(HandshakeError::InvalidHeader(error)) => *error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hundred_silent_strangers_do_not_keep_a_client_out() {
    run(async {
        let server = serve(echo).await;
        let mut strangers = Vec::new();
        for _ in 0..100 {
            let options = TcpOptions::default();
            let stream = Sim::connect_tcp(server.local_addr(), &options).await.expect("listening");
            strangers.push(stream);
        }
        let clock = Elapsed::start();
        let mut ws = connect(&server).await;
        assert_eq!(clock.get(), Duration::ZERO);
        assert_eq!(server.connections(), 1);
        sleep(11 * SECOND).await;
        for stranger in &strangers {
            assert!(stranger.read().is_ended(), "a stranger is still there after the open timeout");
        }
        ws.close().await.expect("closed");
        server.close().await;
    });
}

const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
