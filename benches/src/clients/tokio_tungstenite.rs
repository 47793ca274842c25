//! tokio-tungstenite: `feed` for the messages of a window, then `flush`.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::{check, each_upgraded};
use crate::peers::{ClientLoad, LIMIT, Outcome, Peer};

pub const PEER: Peer = Peer::client("tokio-tungstenite", "tokio-tungstenite", |load| {
    each_upgraded(load, |load, stream| run(load, stream, WebSocketConfig::default()))
});

/// The client with a small read buffer, which needs no clearing before each read.
pub const SMALL: Peer = Peer::client("tokio-tungstenite-4k", "tokio-tungstenite", |load| {
    each_upgraded(load, |load, stream| {
        run(load, stream, WebSocketConfig::default().read_buffer_size(4096))
    })
});

async fn run(load: ClientLoad, stream: TcpStream, config: WebSocketConfig) -> Outcome {
    let config = config.max_message_size(Some(LIMIT)).max_frame_size(Some(LIMIT));
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await;
    let payload = load.content.bytes(load.size);
    let message = if load.content.is_text() {
        Message::text(String::from_utf8(payload)?)
    } else {
        Message::binary(payload)
    };
    loop {
        for _ in 0..load.window {
            socket.feed(message.clone()).await?;
        }
        socket.flush().await?;
        for _ in 0..load.window {
            check(&load, socket.next().await.ok_or("closed")??.len())?;
        }
    }
}
