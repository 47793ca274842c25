//! tokio-websockets: `feed` for what is sent together, then `flush`; unconstrained and with whole frames as its server is.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio_websockets::{ClientBuilder, Config, Limits, Message};

use super::{check, each_upgraded};
use crate::peers::{LIMIT, Outcome, Peer, Talk};

pub const PEER: Peer = Peer::talking("tokio-websockets", "tokio-websockets", |talk| {
    each_upgraded(talk, |talk, stream| unconstrained(converse(talk, stream)))
});

async fn converse(talk: Talk, stream: TcpStream) -> Outcome {
    let mut socket = ClientBuilder::new()
        .config(Config::default().frame_size(usize::MAX))
        .limits(Limits::default().max_payload_len(Some(LIMIT)))
        .take_over(stream);
    let payload = talk.content.bytes(talk.size);
    let message = if talk.content.is_text() {
        Message::text(String::from_utf8(payload)?)
    } else {
        Message::binary(Bytes::from(payload))
    };
    loop {
        for _ in 0..talk.window {
            socket.feed(message.clone()).await?;
        }
        socket.flush().await?;
        for _ in 0..talk.window {
            check(&talk, socket.next().await.ok_or("closed")??.as_payload().len())?;
        }
    }
}
