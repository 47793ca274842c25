//! tokio-tungstenite: `forward` of its echo example without the lock of `split`, and `send` for each message.
//!
//! The default read buffer of 128 KiB is cleared before each read. A buffer of 4 KiB needs no clearing and is better for small
//! messages, so both are measured.

use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_async_with_config};

use super::{LIMIT, Outcome, Peer, batch, each_connection};

pub const PEER: Peer = Peer::server("tokio-tungstenite", "tokio-tungstenite", |setup| {
    each_connection(setup, |stream| forward(stream, WebSocketConfig::default()))
});

pub const SEND: Peer = Peer::server("tokio-tungstenite-send", "tokio-tungstenite", |setup| {
    each_connection(setup, |stream| send(stream, WebSocketConfig::default()))
})
.second_mode();

pub const SMALL: Peer = Peer::server("tokio-tungstenite-4k", "tokio-tungstenite", |setup| {
    each_connection(setup, |stream| {
        forward(stream, WebSocketConfig::default().read_buffer_size(4096))
    })
});

async fn forward(stream: TcpStream, config: WebSocketConfig) -> Outcome {
    Ok(batch::echo(accept(stream, config).await?, is_data).await?)
}

async fn send(stream: TcpStream, config: WebSocketConfig) -> Outcome {
    Ok(batch::echo_each(accept(stream, config).await?, is_data).await?)
}

async fn accept(
    stream: TcpStream,
    config: WebSocketConfig,
) -> Result<WebSocketStream<TcpStream>, Error> {
    let config = config.max_message_size(Some(LIMIT)).max_frame_size(Some(LIMIT));
    accept_async_with_config(stream, Some(config)).await
}

fn is_data(message: &Message) -> bool {
    message.is_text() || message.is_binary()
}
