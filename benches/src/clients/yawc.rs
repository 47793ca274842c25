//! yawc: `feed` for the messages of a window, then `flush`, with the settings of its server.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use yawc::{Frame, Options, WebSocket};

use super::{check, each_connection};
use crate::peers::{ClientLoad, LIMIT, Outcome, Peer};

pub const PEER: Peer = Peer::client("yawc", "yawc", |load| each_connection(load, run));

async fn run(load: ClientLoad, stream: TcpStream) -> Outcome {
    let options = Options::default()
        .with_utf8()
        .with_limits(LIMIT + 1, 2 * LIMIT)
        .without_compression()
        .with_read_buffer_capacity(128 * 1024)
        .with_backpressure_boundary(64 * 1024);
    let uri = format!("ws://{}", load.address).parse()?;
    let mut socket = WebSocket::handshake(uri, stream, options).await?;
    let payload = bytes::Bytes::from(load.content.bytes(load.size));
    let is_text = load.content.is_text();
    loop {
        for _ in 0..load.window {
            let payload = payload.clone();
            let frame = if is_text { Frame::text(payload) } else { Frame::binary(payload) };
            socket.feed(frame).await?;
        }
        socket.flush().await?;
        for _ in 0..load.window {
            check(&load, socket.next().await.ok_or("closed")?.payload().len())?;
        }
    }
}
