//! Sockeye: its public interface on tokio, with `feed` for what is sent together.

use sockeye::Message;
use tokio::net::TcpStream;

use super::{check, each_connection};
use crate::peers::{LIMIT, Outcome, Peer, Talk};
use crate::report::OURS;

pub const PEER: Peer = Peer::talking(OURS, "sockeye", |talk| each_connection(talk, converse));

async fn converse(talk: Talk, stream: TcpStream) -> Outcome {
    let uri = format!("ws://{}", talk.address);
    let mut socket = sockeye::client(uri, stream).max_size(LIMIT).await?;
    let payload = talk.content.bytes(talk.size);
    let message = if talk.content.is_text() {
        Message::from(String::from_utf8(payload)?)
    } else {
        Message::from(payload)
    };
    loop {
        for _ in 0..talk.window {
            socket.feed(message.clone()).await?;
        }
        for _ in 0..talk.window {
            check(&talk, socket.recv().await?.len())?;
        }
    }
}
