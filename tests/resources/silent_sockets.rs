//! A handshake beside ten thousand clients that send nothing. The test opens as many sockets as its process may.

use std::net::{SocketAddr, TcpStream};

use sockeye::connection::Sockets;
use sockeye_tests::all_runtimes::{Scenario, echo, everywhere, uri};

/// Opens silent connections until there are ten thousand, or no file descriptors are left.
fn open_silent(address: SocketAddr) -> Vec<TcpStream> {
    let mut silent = Vec::new();
    while silent.len() < 10_000
        && let Ok(stream) = TcpStream::connect(address)
    {
        silent.push(stream);
    }
    // The client and the tests of its runtime need some.
    silent.truncate(silent.len().saturating_sub(50));
    silent
}

#[derive(Clone)]
struct Handshake;

impl Scenario for Handshake {
    async fn run<R: Sockets>(self) {
        // A handshake that waits for a timeout waits for ever.
        let server = echo::<R>().open_timeout(None).backlog(10_000).await.expect("a free port");
        let (sender, silent) = tokio::sync::oneshot::channel();
        let address = server.local_addr();
        // In another thread, because connecting waits for the server to accept.
        std::thread::spawn(move || sender.send(open_silent(address)));
        let silent = silent.await.expect("the thread does not panic");
        let connect = sockeye::client::connect::<R, _>(uri("ws", &server));
        let mut ws = connect.await.expect("the server accepts");
        ws.send("hello").await.expect("the connection is open");
        assert_eq!(ws.recv().await.expect("open").as_text(), Some("hello"));
        ws.close().await.expect("no mistake");
        drop(silent);
        server.close().await;
    }
}

#[test]
fn a_handshake_completes_beside_silent_sockets() {
    everywhere(Handshake);
}
