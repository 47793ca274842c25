//! The events for `tracing`, which fit on a line for every input of a peer.

use std::{
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex},
};

use sockeye::{
    Error, HandlerError, WebSocket,
    http::{HeaderValue, StatusCode},
    server::Rejection,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::DefaultGuard,
};

#[tokio::test]
async fn connections_that_open_and_close_are_told_of() -> Result<(), Error> {
    let (log, _guard) = listen();
    let server = sockeye::serve("127.0.0.1:0", echo).await?;
    let mut ws = sockeye::connect(uri(&server, "/chat?token=secret")).await?;
    ws.close().await?;
    server.close().await;
    let mut lines = log.lines();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "DEBUG message=connection closed outcome=Connection closed: 1000 ",
            "DEBUG message=connection closed outcome=Connection closed: 1000 ",
            "DEBUG message=connection open role=Client path=/chat",
            "DEBUG message=connection open role=Server path=/chat",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn pings_and_pongs_are_told_of_without_their_payload() -> Result<(), Error> {
    let (log, _guard) = listen();
    let server = sockeye::serve("127.0.0.1:0", echo).await?;
    let mut ws = sockeye::connect(uri(&server, "/")).await?;
    ws.ping("secret").await?.await?;
    ws.close().await?;
    server.close().await;
    let lines = log.lines();
    for wanted in ["TRACE message=ping received size=6", "TRACE message=pong received size=6"] {
        assert!(lines.iter().any(|line| line == wanted), "{wanted} in {lines:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn handlers_that_fail_are_told_of() -> Result<(), Error> {
    let (log, _guard) = listen();
    let server = sockeye::serve("127.0.0.1:0", |mut ws: WebSocket| async move {
        match ws.recv().await?.as_text() {
            Some("panic") => panic!("as it was told to"),
            text => Err(HandlerError::from(format!("cannot stand {text:?}, nor \x1b[31mred"))),
        }
    })
    .await?;
    for text in ["panic", "this"] {
        let mut ws = sockeye::connect(uri(&server, "/")).await?;
        ws.send(text).await?;
        let end = ws.recv().await.expect_err("the handler fails");
        assert_eq!(end.to_string().trim_end(), "Connection closed: 1011");
    }
    server.close().await;
    let errors: Vec<_> =
        log.lines().into_iter().filter(|line| line.starts_with("ERROR ")).collect();
    let failed =
        r#"ERROR message=handler failed error=cannot stand Some("this"), nor \u{1b}[31mred"#;
    assert_eq!(errors, ["ERROR message=handler panicked", failed]);
    Ok(())
}

#[tokio::test]
async fn refusals_that_cannot_be_sent_are_told_of() -> Result<(), Error> {
    let (log, _guard) = listen();
    let server = sockeye::serve("127.0.0.1:0", echo)
        .on_request(|_| {
            let mut refusal = Rejection::new(StatusCode::FORBIDDEN, "no");
            refusal.headers.insert("upgrade", HeaderValue::from_static("h2c"));
            refusal.into()
        })
        .await?;
    let error = sockeye::connect(uri(&server, "/")).await.expect_err("it is refused");
    assert_eq!(error.status_code(), Some(StatusCode::INTERNAL_SERVER_ERROR));
    server.close().await;
    let why = "error=Invalid header: upgrade cause=the handshake sets it itself";
    assert_eq!(log.lines(), [format!("ERROR message=refusal failed {why}")]);
    Ok(())
}

#[tokio::test]
async fn a_connection_that_is_lost_is_told_of_with_the_cause() -> Result<(), Error> {
    let (log, _guard) = listen();
    let server = sockeye::serve("127.0.0.1:0", echo).await?;
    let ws = sockeye::connect(uri(&server, "/")).await?;
    drop(ws.into_inner());
    server.drain().await;
    let what = "outcome=Connection closed cause=the transport ended without a close frame";
    assert!(log.lines().contains(&format!("INFO message=connection lost {what}")));
    let what = what.replace("outcome", "error");
    assert!(log.lines().contains(&format!("WARN message=handler failed {what}")));
    Ok(())
}

#[tokio::test]
async fn nothing_that_a_peer_sends_makes_a_long_line_or_more_than_one() -> Result<(), Error> {
    let (log, _guard) = listen();
    let server = sockeye::serve("127.0.0.1:0", echo).await?;
    // Requests that are refused, with as much of everything as fits.
    let long = "\u{9b}31m\u{202e}".repeat(1000);
    let good = "Host: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    let mut requests = vec![
        format!("GET /{} HTTP/1.1\r\n{good}Origin: {long}\r\n\r\n", "\\u{1b}".repeat(1000)),
        format!("{} / HTTP/1.1\r\n{good}\r\n", "X".repeat(7000)),
        format!("\x1b]0;title\x07 {long}\r\n\r\n"),
    ];
    for name in ["Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Host"] {
        let (before, after) = good.split_once(name).expect("it is there");
        let rest = after.split_once("\r\n").expect("a line").1;
        requests.push(format!("GET / HTTP/1.1\r\n{before}{name}: {long}\r\n{rest}\r\n"));
    }
    let count = requests.len();
    for request in requests {
        let answer = ask(&server, request.as_bytes()).await?;
        assert!(answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    }
    // A long path that is admitted, and a reason with all that a terminal understands.
    let mut ws = sockeye::connect(uri(&server, &"/a".repeat(3000))).await?;
    ws.close_with(4000, format!("\r\n\x1b[2J{}", "\u{202e}".repeat(35))).await?;
    server.close().await;

    let lines = log.lines();
    let refused = lines.iter().filter(|line| line.contains("request refused"));
    assert_eq!(refused.count(), count, "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("4000")), "{lines:#?}");
    for line in &lines {
        assert!(line.chars().count() < 1000, "{line}");
        assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
    }
    Ok(())
}

async fn echo(mut ws: WebSocket) -> Result<(), HandlerError> {
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

fn uri(server: &sockeye::Server, path: &str) -> String {
    format!("ws://{}{path}", server.local_addr())
}

/// Sends bytes, and returns what comes back.
async fn ask(server: &sockeye::Server, request: &[u8]) -> Result<Vec<u8>, Error> {
    let mut stream = TcpStream::connect(server.local_addr()).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Writes down the events of this thread while the guard is there.
fn listen() -> (Log, DefaultGuard) {
    let log = Log::default();
    (log.clone(), tracing::subscriber::set_default(log))
}

/// A subscriber that writes lines.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        self.0.lock().expect("nobody panicked").clone()
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sockeye"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().expect("nobody panicked").push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).expect("a string takes everything");
    }
}
