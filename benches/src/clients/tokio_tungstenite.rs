//! tokio-tungstenite: `feed` for what is sent together, then `flush`.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::{check, each_upgraded};
use crate::peers::{LIMIT, Outcome, Peer, Talk};

pub const PEER: Peer = Peer::talking("tokio-tungstenite", "tokio-tungstenite", |talk| {
    each_upgraded(talk, |talk, stream| converse(talk, stream, WebSocketConfig::default()))
});

/// With a read buffer that it need not clear before each read.
pub const SMALL: Peer = Peer::talking("tokio-tungstenite-4k", "tokio-tungstenite", |talk| {
    each_upgraded(talk, |talk, stream| {
        converse(talk, stream, WebSocketConfig::default().read_buffer_size(4096))
    })
});

async fn converse(talk: Talk, stream: TcpStream, config: WebSocketConfig) -> Outcome {
    let config = config.max_message_size(Some(LIMIT)).max_frame_size(Some(LIMIT));
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await;
    let payload = talk.content.bytes(talk.size);
    let message = if talk.content.is_text() {
        Message::text(String::from_utf8(payload)?)
    } else {
        Message::binary(payload)
    };
    loop {
        for _ in 0..talk.window {
            socket.feed(message.clone()).await?;
        }
        socket.flush().await?;
        for _ in 0..talk.window {
            check(&talk, socket.next().await.ok_or("closed")??.len())?;
        }
    }
}
