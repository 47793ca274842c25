//! Opening handshakes, through the driver.

use sockeye::{Error, connection::WebSocket};
use sockeye_tests::{Pipe, Sim, both, frame, frames, masked, pipe, run, sleep};

use crate::SECOND;

pub(crate) const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\n\
    Host: localhost\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Returns the response of a server that accepts every request, and the result for its program.
async fn ask(request: &[u8]) -> (String, Result<WebSocket<Pipe, Sim>, Error>) {
    let (near, far) = pipe(64 << 10);
    near.written().put(request);
    let answer = near.read();
    let server = async { sockeye::server::accept::<_, Sim>(far).await?.accept().await };
    let leave = async {
        // A rejected client ends the connection.
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
            let handshake = sockeye::server::accept::<_, Sim>(far).await.expect("a good request");
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
        (
            request(&|request| request.replacen("/chat", &format!("/{}", "x".repeat(17_000)), 1)),
            414,
        ),
        (request(&|request| request + &"a: b\r\n".repeat(101)), 431),
        (request(&|request| format!("{request}a: {}\r\n", "x".repeat(17_000))), 431),
        (request(&|request| request + &format!("a: {}\r\n", "x".repeat(12_000)).repeat(3)), 431),
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
fn an_unmasked_frame_is_answered_with_1002() {
    run(async {
        let (near, far) = pipe(4096);
        near.written().put(format!("{REQUEST}\r\n").as_bytes());
        let mut ws = sockeye::server::accept::<_, Sim>(far)
            .await
            .expect("good")
            .accept()
            .await
            .expect("open");
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
