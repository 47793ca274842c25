//! tokio-websockets: its echo example, unconstrained and with unfragmented replies as there, and the same with batches.
//!
//! Its `poll_next` writes queued frames, so a batch is collected first, then queued with `feed`, then flushed.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio_websockets::{Config, Error, Limits, ServerBuilder, WebSocketStream};

use super::{LIMIT, Outcome, Peer, each_connection};

pub const PEER: Peer = Peer::server("tokio-websockets", "tokio-websockets", |setup| {
    each_connection(setup, |stream| unconstrained(send(stream)))
});

pub const BATCHED: Peer = Peer::server("tokio-websockets-batched", "tokio-websockets", |setup| {
    each_connection(setup, |stream| unconstrained(batched(stream)))
})
.second_mode();

async fn send(stream: TcpStream) -> Outcome {
    let mut socket = accept(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

async fn batched(stream: TcpStream) -> Outcome {
    let mut socket = accept(stream).await?.ready_chunks(BATCH);
    while let Some(batch) = socket.next().await {
        let sink = socket.get_mut();
        for message in batch {
            let message = message?;
            if message.is_text() || message.is_binary() {
                sink.feed(message).await?;
            }
        }
        sink.flush().await?;
    }
    Ok(())
}

async fn accept(stream: TcpStream) -> Result<WebSocketStream<TcpStream>, Error> {
    let (_, socket) = ServerBuilder::new()
        .config(Config::default().frame_size(usize::MAX).flush_threshold(FLUSH_THRESHOLD))
        .limits(Limits::default().max_payload_len(Some(LIMIT)))
        .accept(stream)
        .await?;
    Ok(socket)
}

/// The largest number of messages in a batch: all that the load generator has in flight on a connection.
const BATCH: usize = 32;

/// The queue is written when it holds this many bytes, as in the other libraries. The default is 8 KiB.
const FLUSH_THRESHOLD: usize = 64 * 1024;
