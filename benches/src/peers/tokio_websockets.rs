//! tokio-websockets: its echo example, unconstrained and with whole frames as there.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio_websockets::{Config, Limits, ServerBuilder};

use super::{LIMIT, Outcome, Peer, each_connection};

pub const PEER: Peer = Peer::serving("tokio-websockets", "tokio-websockets", |setup| {
    each_connection(setup, |stream| unconstrained(echo(stream)))
});

async fn echo(stream: TcpStream) -> Outcome {
    let (_, mut socket) = ServerBuilder::new()
        .config(Config::default().frame_size(usize::MAX))
        .limits(Limits::default().max_payload_len(Some(LIMIT)))
        .accept(stream)
        .await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}
