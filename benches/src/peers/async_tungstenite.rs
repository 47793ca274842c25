//! async-tungstenite: `forward` of its echo example on tokio, without the lock that `split` brings.

use async_tungstenite::tokio::accept_async_with_config;
use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio::net::TcpStream;

use super::{LIMIT, Outcome, Peer, burst, each_connection};

pub const PEER: Peer =
    Peer::serving("async-tungstenite", "async-tungstenite", |setup| each_connection(setup, echo));

async fn echo(stream: TcpStream) -> Outcome {
    let config =
        WebSocketConfig::default().max_message_size(Some(LIMIT)).max_frame_size(Some(LIMIT));
    let socket = accept_async_with_config(stream, Some(config)).await?;
    let is_data = |message: &Message| message.is_text() || message.is_binary();
    Ok(burst::echo(socket, is_data).await?)
}
