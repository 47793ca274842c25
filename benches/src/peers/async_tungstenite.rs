//! async-tungstenite on tokio: `forward` of its echo example without the lock of `split`, and `send` for each message.

use async_tungstenite::WebSocketStream;
use async_tungstenite::tokio::{TokioAdapter, accept_async_with_config};
use async_tungstenite::tungstenite::protocol::WebSocketConfig;
use async_tungstenite::tungstenite::{Error, Message};
use tokio::net::TcpStream;

use super::{LIMIT, Outcome, Peer, batch, each_connection};

pub const PEER: Peer =
    Peer::server("async-tungstenite", "async-tungstenite", |setup| each_connection(setup, forward));

pub const SEND: Peer = Peer::server("async-tungstenite-send", "async-tungstenite", |setup| {
    each_connection(setup, send)
})
.second_mode();

async fn forward(stream: TcpStream) -> Outcome {
    Ok(batch::echo(accept(stream).await?, is_data).await?)
}

async fn send(stream: TcpStream) -> Outcome {
    Ok(batch::echo_each(accept(stream).await?, is_data).await?)
}

async fn accept(stream: TcpStream) -> Result<WebSocketStream<TokioAdapter<TcpStream>>, Error> {
    let config =
        WebSocketConfig::default().max_message_size(Some(LIMIT)).max_frame_size(Some(LIMIT));
    accept_async_with_config(stream, Some(config)).await
}

fn is_data(message: &Message) -> bool {
    message.is_text() || message.is_binary()
}
