//! The memory of an idle connection of a server. The test measures the heap of its process.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use peak_alloc::PeakAlloc;
use sockeye::WebSocket;
use sockeye_tests::masked;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const CONNECTIONS: usize = 200;

const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A client of which nothing is on the heap, after one message and its echo.
fn client(server: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(server).expect("it listens");
    stream.write_all(REQUEST).expect("it reads");
    let mut answer = [0; 1024];
    let mut len = 0;
    while !answer[..len].ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut answer[len..]).expect("it answers");
        assert_ne!(read, 0, "it went");
        len += read;
    }
    stream.write_all(&masked(0x82, b"hello")).expect("it reads");
    stream.read_exact(&mut answer[..7]).expect("it echoes");
    assert_eq!(answer[..7], *b"\x82\x05hello");
    stream
}

/// Of this, tokio takes about 600 bytes for the task, the socket and the timer, and the handler about 150.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_idle_connection_is_small() {
    let server = sockeye::serve("127.0.0.1:0", |mut ws: WebSocket| async move {
        while let Some(message) = ws.next().await? {
            ws.send(message).await?;
        }
        Ok(())
    });
    let server = server.await.expect("there is a free port");
    // Memory that the server and its thread allocate once is not counted.
    let first = client(server.local_addr());
    let start = HEAP.current_usage();
    let clients: Vec<_> = (0..CONNECTIONS).map(|_| client(server.local_addr())).collect();
    let held = HEAP.current_usage().saturating_sub(start) / CONNECTIONS;
    assert!(held > 256, "{held} bytes: that is less than tokio takes");
    assert!(held <= 1400, "{held} bytes for each idle connection");
    drop((first, clients));
    server.close().await;
}
