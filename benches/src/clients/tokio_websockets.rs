//! tokio-websockets: `feed` for the messages of a window, then `flush`, with the settings of its server.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio_websockets::{ClientBuilder, Config, Limits, Message};

use super::{check, each_upgraded};
use crate::peers::{ClientLoad, LIMIT, Outcome, Peer};

pub const PEER: Peer = Peer::client("tokio-websockets", "tokio-websockets", |load| {
    each_upgraded(load, |load, stream| unconstrained(run(load, stream)))
});

async fn run(load: ClientLoad, stream: TcpStream) -> Outcome {
    let mut socket = ClientBuilder::new()
        .config(Config::default().frame_size(usize::MAX).flush_threshold(64 * 1024))
        .limits(Limits::default().max_payload_len(Some(LIMIT)))
        .take_over(stream);
    let payload = load.content.bytes(load.size);
    let message = if load.content.is_text() {
        Message::text(String::from_utf8(payload)?)
    } else {
        Message::binary(Bytes::from(payload))
    };
    loop {
        for _ in 0..load.window {
            socket.feed(message.clone()).await?;
        }
        socket.flush().await?;
        for _ in 0..load.window {
            check(&load, socket.next().await.ok_or("closed")??.as_payload().len())?;
        }
    }
}
