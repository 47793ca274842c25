//! A server that runs out of file descriptors. It runs in a process of its own, whose limit a shell has lowered.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use sockeye::WebSocket;
use sockeye_tests::all_runtimes::{SOON, block_on};

/// Serves until the standard input ends.
fn serve_until_the_input_ends() {
    block_on(async {
        let server = sockeye::serve("127.0.0.1:0", |mut ws: WebSocket| async move {
            while let Some(message) = ws.next().await? {
                ws.send(message).await?;
            }
            Ok(())
        })
        .open_timeout(None)
        .await
        .expect("a free port");
        println!("\nport {}", server.local_addr().port());
        let input = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        input.await.expect("the task does not panic").expect("the input ends");
    });
}

/// Starts this test again, as a server with at most 64 file descriptors. Returns its port as well.
fn start_server() -> (Child, u16) {
    let program = env::current_exe().expect("the test has a path");
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" --nocapture", &program.to_string_lossy()])
        .env(SERVE, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("there is a shell");
    let output = child.stdout.take().expect("the output is piped");
    let port = BufReader::new(output).lines().find_map(|line| {
        line.expect("the output is text").strip_prefix("port ").map(str::to_owned)
    });
    (child, port.expect("the server starts").parse().expect("a port"))
}

const SERVE: &str = "SOCKEYE_TESTS_SERVE";

#[test]
fn silent_sockets_that_take_all_descriptors_make_room() {
    if env::var_os(SERVE).is_some() {
        return serve_until_the_input_ends();
    }
    let (mut child, port) = start_server();
    let silent: Vec<_> =
        (0..200).map(|_| TcpStream::connect(("127.0.0.1", port)).expect("it listens")).collect();
    block_on(async {
        let connect = async { sockeye::connect(format!("ws://127.0.0.1:{port}")).await };
        let connect = tokio::time::timeout(SOON, connect).await;
        let mut ws = connect.expect("the server accepts").expect("the handshake succeeds");
        ws.send("hello").await.expect("open");
        assert_eq!(ws.recv().await.expect("open").as_text(), Some("hello"));
    });
    drop(silent);
    child.kill().expect("the server runs");
    child.wait().expect("the server ends");
}
