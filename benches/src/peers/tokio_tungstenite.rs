//! tokio-tungstenite: `forward` of its echo example without the lock that `split` brings; with the read buffer of
//! 128 KiB that is its default, and with one of 4 KiB, which it need not clear before each read.

use tokio::net::TcpStream;
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::{LIMIT, Outcome, Peer, burst, each_connection};

pub const PEER: Peer = Peer::serving("tokio-tungstenite", "tokio-tungstenite", |setup| {
    each_connection(setup, |stream| echo(stream, WebSocketConfig::default()))
});

pub const SMALL: Peer = Peer::serving("tokio-tungstenite-4k", "tokio-tungstenite", |setup| {
    each_connection(setup, |stream| echo(stream, small()))
});

async fn echo(stream: TcpStream, config: WebSocketConfig) -> Outcome {
    let config = config.max_message_size(Some(LIMIT)).max_frame_size(Some(LIMIT));
    let socket = accept_async_with_config(stream, Some(config)).await?;
    let is_data = |message: &Message| message.is_text() || message.is_binary();
    Ok(burst::echo(socket, is_data).await?)
}

fn small() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(4096)
}
