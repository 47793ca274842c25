//! The examples, run as programs against real servers.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use sockeye::{
    HandlerError, Server, WebSocket,
    http::StatusCode,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
    server::Decision::{self, Accept},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    process::Command,
    time::timeout,
};

mod respond;
use respond::respond;

type Result<T = ()> = std::result::Result<T, HandlerError>;

#[test]
fn the_readme_contains_hello_and_echo() {
    let readme = include_str!("../../README.md");
    for program in [include_str!("../../examples/hello.rs"), include_str!("../../examples/echo.rs")]
    {
        let code = program.split_once("\n\n").map_or("", |(_, code)| code);
        assert!(!code.is_empty() && readme.contains(code), "{code}");
    }
}

#[tokio::test]
async fn hello_prints_one_line_before_echo_is_started() -> Result {
    // The port of the README is free, or another program uses it: then there is nothing to test.
    if TcpListener::bind("127.0.0.1:8765").await.is_err() {
        return Ok(());
    }
    let mut command = Command::new(program("hello")?);
    let output = timeout(Duration::from_mins(1), command.kill_on_drop(true).output()).await??;
    let printed = String::from_utf8(output.stderr)?;
    assert!(!output.status.success());
    assert!(printed.contains("refused"), "{printed}");
    assert!(printed.lines().count() == 1 && !printed.contains('{'), "{printed}");
    Ok(())
}

#[tokio::test]
async fn chat_passes_messages_to_the_others_in_a_room() -> Result {
    let mut command = Command::new(program("chat")?);
    let mut server =
        command.arg("127.0.0.1:0").kill_on_drop(true).stdout(Stdio::piped()).spawn()?;
    let output = server.stdout.take().ok_or("no output")?;
    let line = BufReader::new(output).lines().next_line().await?.ok_or("no line")?;
    let uri = line.trim_start_matches("listening on ");

    let mut alice = sockeye::connect(format!("{uri}/tea")).await?;
    let mut bob = sockeye::connect(format!("{uri}/tea")).await?;
    let mut carol = sockeye::connect(format!("{uri}/coffee")).await?;
    // A member is in its room once the server has answered a ping of its handler.
    for member in [&mut alice, &mut bob, &mut carol] {
        member.ping("").await?.await?;
    }
    carol.send("Is anyone here?").await?;
    alice.send("Hello, Bob!").await?;
    assert_eq!(bob.recv().await?.as_text(), Some("Hello, Bob!"));
    bob.send("Hello, Alice!").await?;
    assert_eq!(alice.recv().await?.as_text(), Some("Hello, Alice!"));
    alice.close().await?;
    bob.send("Bye").await?;
    bob.ping("").await?.await?;
    Ok(())
}

#[tokio::test]
async fn basic_prints_the_reply_and_every_outcome() -> Result {
    let server = sockeye::serve("127.0.0.1:0", echo).await?;
    assert_eq!(run("basic", &[&uri(&server)]).await?, "Received: Hello, Server!\n");

    for (code, ending) in [(1000, "normally"), (4000, "with error")] {
        let server = sockeye::serve("127.0.0.1:0", move |mut ws: WebSocket| async move {
            Ok(ws.close_with(code, "bye").await?)
        })
        .await?;
        let wanted = format!(
            "Connection closed: code=Some({code}), reason=Some(\"bye\")\nConnection closed {ending}\n"
        );
        assert_eq!(run("basic", &[&uri(&server)]).await?, wanted);
    }

    let server = sockeye::serve("127.0.0.1:0", lose).await?;
    let wanted = "Connection closed: code=None, reason=None\nConnection closed with error\n";
    assert_eq!(run("basic", &[&uri(&server)]).await?, wanted);

    let wanted = "Invalid WebSocket URI: http://localhost\nReason: the scheme is not ws or wss\n";
    assert_eq!(run("basic", &["http://localhost"]).await?, wanted);

    let unused = unused().await?;
    let printed = run("basic", &[&unused]).await?;
    let wanted = format!("Unexpected error: {}", refused(&unused));
    assert!(printed.starts_with(&wanted), "{printed}");
    Ok(())
}

#[tokio::test]
async fn handshake_failures_are_distinguished() -> Result {
    let good = sockeye::serve("127.0.0.1:0", echo)
        .origins(["https://myapp.com"])
        .subprotocols(["chat"])
        .await?;
    let strict = sockeye::serve("127.0.0.1:0", echo).origins(["https://other.com"]).await?;
    let busy = sockeye::serve("127.0.0.1:0", echo)
        .on_request(|_| Decision::reject(StatusCode::SERVICE_UNAVAILABLE, "come back later"))
        .await?;
    let (expired, root) = tls(2000, "handshake_failures").await?;
    let odd = respond("Sec-WebSocket-Protocol: smoke-signals\r\n").await?;
    let wrong = respond("Upgrade: twice\r\n").await?;
    let garbage = respond("\0").await?;
    let unused = unused().await?;
    let expired = uri(&expired).replace("ws://127.0.0.1", "wss://localhost");
    let uris = [
        &uri(&good),
        &uri(&strict),
        &uri(&busy),
        &expired,
        &odd,
        &wrong,
        &garbage,
        &unused,
        &"ws://".to_owned(),
    ];
    let printed = run_trusting(&root, "handshake_failures", &uris.map(|uri| &**uri)).await?;
    let wanted = [
        "Success: Some(\"Connection successful\")",
        "Server rejected connection: HTTP 403 Forbidden\nResponse headers: {",
        "Server rejected connection: HTTP 503 Service Unavailable\nResponse headers: {",
        "Security error: the certificate was refused\nBecause: invalid peer certificate: certificate expired",
        "Failed to negotiate extensions/subprotocols: the server chose a subprotocol that was not \
         offered: smoke-signals",
        "Handshake failed: Invalid header: Upgrade\nBecause: it is there more than once",
        "Handshake failed: did not receive a valid HTTP message\nBecause: ",
        &format!("Other error: {}", refused(&unused)),
        "Other error: Invalid URI ws://: the host is empty",
    ];
    let mut blocks = printed.split("\n\n");
    for (uri, wanted) in uris.into_iter().zip(wanted) {
        let wanted = format!("Connecting to {uri}...\n{wanted}");
        let block = blocks.next().unwrap_or_default();
        assert!(block.starts_with(&wanted), "{block}\nwanted: {wanted}");
    }
    assert!(printed.contains("Response body: \"come back later\""), "{printed}");
    Ok(())
}

#[tokio::test]
async fn state_and_size_leave_the_connection_usable() -> Result {
    let server = sockeye::serve("127.0.0.1:0", echo).await?;
    let wanted = "\
Message too large: 2048 > 1024
Concurrency error: send
Normal operation: Some(\"Hello\")
Invalid state: send in CLOSED
";
    assert_eq!(run("state_and_size", &[&uri(&server)]).await?, wanted);
    let unused = unused().await?;
    let printed = run("state_and_size", &[&unused]).await?;
    let wanted = format!("Connection error: {}", refused(&unused));
    assert!(printed.starts_with(&wanted), "{printed}");
    Ok(())
}

#[tokio::test]
async fn recovery_continues_after_retryable_errors() -> Result {
    // The first connection is lost after a reply, the second is rejected, the third is closed after two replies.
    static REQUESTS: AtomicUsize = AtomicUsize::new(0);
    let server = sockeye::serve("127.0.0.1:0", |mut ws: WebSocket| async move {
        let is_first = REQUESTS.load(Ordering::Relaxed) == 1;
        for _ in 0..if is_first { 1 } else { 2 } {
            let message = ws.recv().await?;
            ws.send(message).await?;
        }
        if is_first { lose(ws).await } else { Ok(ws.close().await?) }
    })
    .on_request(|_| match REQUESTS.fetch_add(1, Ordering::Relaxed) {
        1 => Decision::reject(StatusCode::SERVICE_UNAVAILABLE, ""),
        _ => Accept,
    })
    .await?;
    let wanted = "\
Connection attempt 1
Connected successfully
Received: Some(\"Message 0\")
Connection lost: Connection closed
Connecting again soon
Connection attempt 1
Attempt failed: HTTP 503
Connection attempt 2
Connected successfully
Received: Some(\"Message 0\")
Received: Some(\"Message 1\")
Good-bye
";
    assert_eq!(run("recovery", &[&uri(&server)]).await?, wanted);
    Ok(())
}

#[tokio::test]
async fn recovery_gives_up_after_the_last_attempt() -> Result {
    let unused = unused().await?;
    let printed = run("recovery", &[&unused]).await?;
    let refused = refused(&unused);
    let wanted = [
        "Connection attempt 1",
        &format!("Attempt failed: {refused}"),
        "Connection attempt 2",
        &format!("Attempt failed: {refused}"),
        "Connection attempt 3",
        &format!("Giving up: {refused}"),
    ];
    assert_eq!(printed.lines().count(), wanted.len(), "{printed}");
    assert!(
        printed.lines().zip(wanted).all(|(line, wanted)| line.starts_with(wanted)),
        "{printed}"
    );
    Ok(())
}

#[tokio::test]
async fn error_handler_classifies_every_family() -> Result {
    let echo_server = sockeye::serve("127.0.0.1:0", echo).await?;
    let closing =
        sockeye::serve("127.0.0.1:0", |mut ws: WebSocket| async move { Ok(ws.close().await?) })
            .await?;
    let failing = sockeye::serve("127.0.0.1:0", |_: WebSocket| async { Err("oh".into()) }).await?;
    let rude = sockeye::serve("127.0.0.1:0", echo)
        .on_request(|_| Decision::reject(StatusCode::FORBIDDEN, "go away"))
        .await?;
    let (untrusted, _) = tls(4000, "error_handler").await?;
    let [echo, closing, failing, rude] = [&echo_server, &closing, &failing, &rude].map(uri);
    let untrusted = uri(&untrusted).replace("ws://127.0.0.1", "wss://localhost");
    let unused = unused().await?;
    let uris = [&*echo, &*closing, &*failing, &*rude, &*untrusted, &*unused, "invalid-uri"];
    let printed = run("error_handler", &uris).await?;
    let wanted = [
        "Success: Some(\"Test message\")".to_owned(),
        format!("INFO Connecting to {closing}: connection_closed: Connection closed: 1000 "),
        "Error is not retryable: connection_closed".to_owned(),
        format!("WARN Connecting to {failing}: connection_closed: Connection closed: 1011 "),
        "Error is retryable: connection_closed".to_owned(),
        format!("WARN Connecting to {rude}: handshake_error: HTTP 403"),
        "Error is not retryable: handshake_error".to_owned(),
        format!(
            "ERROR Connecting to {untrusted}: security_error: the certificate was refused: \
             invalid peer certificate: UnknownIssuer"
        ),
        "Error is not retryable: security_error".to_owned(),
        format!("WARN Connecting to {unused}: io_error: {}", refused(&unused)),
        "Error is retryable: io_error".to_owned(),
        "ERROR Connecting to invalid-uri: uri_error: Invalid URI invalid-uri: ".to_owned(),
        "Error is not retryable: uri_error".to_owned(),
    ];
    let mut lines = printed.lines();
    for wanted in wanted {
        let line = lines.next().unwrap_or_default();
        assert!(line.starts_with(&wanted), "{line}\nwanted: {wanted}");
    }
    assert_eq!(lines.next(), None);
    Ok(())
}

#[tokio::test]
async fn resubscribe_asks_for_missed_messages() -> Result {
    static ASKED: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let server = sockeye::serve("127.0.0.1:0", |mut ws: WebSocket| async move {
        let mut asked = Vec::new();
        for _ in 0..2 {
            asked.push(ws.recv().await?.as_text().unwrap_or_default().to_owned());
        }
        let count = {
            let mut all = ASKED.lock().map_err(|error| error.to_string())?;
            all.extend(asked);
            all.len()
        };
        let messages: &[_] = match count {
            2 => &["news 1 salmon return", "weather 1 rain", "news 2 bears are pleased"],
            _ => &["news 2 bears are pleased", "weather 2 sun", "noise", "sports 1 none"],
        };
        for &message in messages {
            ws.feed(message).await?;
        }
        ws.flush().await?;
        if count == 2 { lose(ws).await } else { Ok(()) }
    })
    .await?;
    let wanted = "\
news: salmon return
weather: rain
news: bears are pleased
lost: Connection closed
weather: sun
";
    assert_eq!(run("resubscribe", &[&uri(&server)]).await?, wanted);
    let asked = ASKED.lock().map_err(|error| error.to_string())?.clone();
    assert_eq!(asked, ["news after 0", "weather after 0", "news after 2", "weather after 1"]);
    Ok(())
}

/// Runs an example to its end, and returns its standard output.
async fn run(example: &str, arguments: &[&str]) -> Result<String> {
    run_trusting(Path::new(""), example, arguments).await
}

/// Runs an example that trusts the certificates in a file.
async fn run_trusting(root: &Path, example: &str, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(program(example)?);
    command.args(arguments).env("SSL_CERT_FILE", root).stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(Duration::from_mins(1), command.output()).await??;
    Ok(String::from_utf8(output.stdout)?)
}

/// Returns the path of an example. Cargo builds it if it is out of date, and prints the path.
fn program(example: &str) -> Result<PathBuf> {
    static BUILT: OnceLock<io::Result<Output>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let build = ["build", "--package", "sockeye", "--examples", "--message-format", "json"];
        std::process::Command::new(env!("CARGO")).args(build).output()
    });
    let output = built.as_ref().map_err(ToString::to_string)?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut programs = messages
        .split("\"executable\":\"")
        .skip(1)
        .map(|rest| PathBuf::from(rest.split('"').next().unwrap_or_default().replace(r"\\", r"\")));
    let program = programs.find(|path| path.file_stem().is_some_and(|stem| stem == example));
    program.ok_or_else(|| format!("no example {example}: {errors}").into())
}

async fn echo(mut ws: WebSocket) -> Result {
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

/// Ends a connection without a close frame.
async fn lose(ws: WebSocket) -> Result {
    Ok(ws.into_inner().shutdown().await?)
}

fn uri(server: &Server) -> String {
    format!("ws://{}/", server.local_addr())
}

/// Returns the URI of a port that no server listens on.
async fn unused() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    Ok(format!("ws://{}/", listener.local_addr()?))
}

/// Returns the start of the error for a URI that no server listens on.
fn refused(uri: &str) -> String {
    let address = uri.trim_start_matches("ws://").trim_end_matches('/');
    format!("{address}: Connection refused")
}

/// Starts a server whose certificate expires in `year`. Returns it with the file of the certificate.
async fn tls(year: i32, name: &str) -> std::result::Result<(Server, PathBuf), HandlerError> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::new(["localhost".to_owned()])?;
    parameters.not_after = date_time_ymd(year, 1, 1);
    let certificate = parameters.self_signed(&key)?;
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pem"));
    std::fs::write(&file, certificate.pem())?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok((sockeye::serve("127.0.0.1:0", echo).tls(config.into()).await?, file))
}
