//! Idle connections release the memory of compression. The test measures the heap of its process.

use std::time::Duration;

use peak_alloc::PeakAlloc;
use sockeye::{DeflateConfig, WebSocket};
use tokio::io::DuplexStream;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const CONNECTIONS: usize = 50;

/// A client and a server over a pipe, with compression in both directions, after one message in each of them.
async fn pair(message: &str) -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let (near, far) = tokio::io::duplex(4 << 10);
    let connecting = sockeye::client("ws://localhost/", near).compression(DeflateConfig::default());
    let accepting = sockeye::accept(far).compression(DeflateConfig::default());
    let (client, server) =
        tokio::join!(connecting, async { accepting.await.expect("a request").accept().await });
    let (mut client, mut server) = (client.expect("an answer"), server.expect("a client"));
    assert!(client.is_compressed() && server.is_compressed());
    client.send(message).await.expect("open");
    let echo = server.recv().await.expect("the message");
    server.send(echo).await.expect("open");
    assert_eq!(client.recv().await.expect("the echo").as_text(), Some(message));
    (client, server)
}

/// Lets a connection wait, as an application does, until the clock of the runtime has gone on for a while.
async fn wait(mut connection: WebSocket<DuplexStream>, time: Duration) -> WebSocket<DuplexStream> {
    let received = tokio::time::timeout(time, connection.recv()).await;
    assert!(received.is_err(), "nobody sends: {received:?}");
    connection
}

#[tokio::test(start_paused = true)]
async fn idle_connections_give_the_memory_of_their_compression_back() {
    let message = "an excerpt of what is repeated, number 17; ".repeat(24);
    // Buffers that the thread keeps are not counted.
    drop(pair(&message).await);
    let start = HEAP.current_usage();
    let mut pairs = Vec::new();
    for _ in 0..CONNECTIONS {
        pairs.push(pair(&message).await);
    }
    let held = |start: usize| HEAP.current_usage().saturating_sub(start) / (2 * CONNECTIONS);
    assert!(held(start) > 64 << 10, "{} bytes: there is nothing to give back", held(start));

    let mut waiting = Vec::new();
    for (client, server) in pairs {
        // Long before the keepalive has a reason to ping.
        let time = Duration::from_secs(4);
        waiting.push(tokio::spawn(
            async move { tokio::join!(wait(client, time), wait(server, time)) },
        ));
    }
    let mut idle = Vec::new();
    for task in waiting {
        idle.push(task.await.expect("no panic"));
    }
    assert!(held(start) < 12 << 10, "{} bytes for each idle connection", held(start));

    // And they go on where they were.
    for (mut client, mut server) in idle {
        client.send(message.as_str()).await.expect("open");
        assert_eq!(server.recv().await.expect("a message").as_text(), Some(message.as_str()));
    }
}
