//! sockudo-ws: the echo loop of its README, with `feed` and a read path that flushes before it waits, and `send` for each message.

use bytes::BytesMut;
use sockudo_ws::deflate::{DeflateConfig, DeflateNegotiation, negotiate_server_deflate};
use sockudo_ws::handshake::{build_response, generate_accept_key, parse_request};
use sockudo_ws::{CompressedWebSocketStream, Config, Message, WebSocketStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{LIMIT, Outcome, Peer, batch, each_connection};
use crate::scenario::Compression;

pub const PEER: Peer = Peer::server("sockudo-ws", "sockudo-ws", |setup| {
    let policy = policy(setup.compression);
    each_connection(setup, move |stream| feed(stream, policy.clone()))
})
.with_compression(&[Compression::Default, Compression::Fast]);

pub const SEND: Peer =
    Peer::server("sockudo-ws-send", "sockudo-ws", |setup| each_connection(setup, send))
        .second_mode();

fn policy(compression: Compression) -> Option<DeflateConfig> {
    match compression {
        Compression::Off => None,
        Compression::Default => Some(DeflateConfig::default()),
        Compression::Fast => {
            Some(DeflateConfig { compression_level: 1, ..DeflateConfig::default() })
        }
    }
}

async fn feed(mut stream: TcpStream, policy: Option<DeflateConfig>) -> Outcome {
    match upgrade(&mut stream, policy.as_ref()).await? {
        Some(deflate) => {
            let socket = CompressedWebSocketStream::server(stream, config(), deflate);
            Ok(batch::echo(socket, is_data).await?)
        }
        None => Ok(batch::echo(WebSocketStream::server(stream, config()), is_data).await?),
    }
}

async fn send(mut stream: TcpStream) -> Outcome {
    upgrade(&mut stream, None).await?;
    Ok(batch::echo_each(WebSocketStream::server(stream, config()), is_data).await?)
}

fn config() -> Config {
    Config::builder().max_message_size(LIMIT).max_frame_size(LIMIT).build()
}

fn is_data(message: &Message) -> bool {
    matches!(message, Message::Text(_) | Message::Binary(_))
}

async fn upgrade(
    stream: &mut TcpStream,
    policy: Option<&DeflateConfig>,
) -> Result<Option<DeflateConfig>, Box<dyn std::error::Error + Send + Sync>> {
    let mut head = BytesMut::with_capacity(4096);
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err("closed during the handshake".into());
        }
        let Some((request, _)) = parse_request(&head)? else { continue };
        let offers = request.extensions.zip(policy);
        let agreed = offers.and_then(|(offers, policy)| negotiate_server_deflate(offers, policy));
        let extensions = agreed.as_ref().map(DeflateNegotiation::to_response_header);
        let key = generate_accept_key(request.key);
        stream.write_all(&build_response(&key, None, extensions.as_deref())).await?;
        return Ok(agreed.map(|agreed| agreed.config));
    }
}
