//! Sockeye on tokio, with `feed` for the messages of a window.

use sockeye::Message;
use tokio::net::TcpStream;

use super::{check, each_connection};
use crate::peers::{ClientLoad, LIMIT, Outcome, Peer};
use crate::report::OURS;

pub const PEER: Peer = Peer::client(OURS, "sockeye", |load| each_connection(load, run));

async fn run(load: ClientLoad, stream: TcpStream) -> Outcome {
    let uri = format!("ws://{}", load.address);
    let mut socket = sockeye::client(uri, stream).max_size(LIMIT).await?;
    let payload = load.content.bytes(load.size);
    let message = if load.content.is_text() {
        Message::from(String::from_utf8(payload)?)
    } else {
        Message::from(payload)
    };
    loop {
        for _ in 0..load.window {
            socket.feed(message.clone()).await?;
        }
        for _ in 0..load.window {
            check(&load, socket.recv().await?.len())?;
        }
    }
}
