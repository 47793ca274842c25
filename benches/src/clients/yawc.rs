//! yawc: `feed` for what is sent together, then `flush`, tuned as its server is.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use yawc::{Frame, Options, WebSocket};

use super::{check, each_connection};
use crate::peers::{LIMIT, Outcome, Peer, Talk};

pub const PEER: Peer = Peer::talking("yawc", "yawc", |talk| each_connection(talk, converse));

async fn converse(talk: Talk, stream: TcpStream) -> Outcome {
    let options = Options::default()
        .with_utf8()
        .with_limits(LIMIT + 1, 2 * LIMIT)
        .without_compression()
        .with_read_buffer_capacity(128 * 1024)
        .with_backpressure_boundary(64 * 1024);
    let uri = format!("ws://{}", talk.address).parse()?;
    let mut socket = WebSocket::handshake(uri, stream, options).await?;
    let payload = bytes::Bytes::from(talk.content.bytes(talk.size));
    let is_text = talk.content.is_text();
    loop {
        for _ in 0..talk.window {
            let payload = payload.clone();
            let frame = if is_text { Frame::text(payload) } else { Frame::binary(payload) };
            socket.feed(frame).await?;
        }
        socket.flush().await?;
        for _ in 0..talk.window {
            check(&talk, socket.next().await.ok_or("closed")?.payload().len())?;
        }
    }
}
