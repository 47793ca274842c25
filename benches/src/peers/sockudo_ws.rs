//! sockudo-ws: its echo example with `feed`, which its read path flushes before it waits.

use bytes::BytesMut;
use sockudo_ws::deflate::{DeflateConfig, DeflateNegotiation, negotiate_server_deflate};
use sockudo_ws::handshake::{build_response, generate_accept_key, parse_request};
use sockudo_ws::{CompressedWebSocketStream, Config, Message, WebSocketStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{LIMIT, Outcome, Peer, Setup, burst, each_connection};
use crate::scenario::Compression;

pub const PEER: Peer = Peer::serving("sockudo-ws", "sockudo-ws", serve)
    .compresses(&[Compression::Default, Compression::Fast]);

fn serve(setup: Setup) -> Outcome {
    let policy = match setup.compression {
        Compression::Off => None,
        Compression::Default => Some(DeflateConfig::default()),
        Compression::Fast => {
            Some(DeflateConfig { compression_level: 1, ..DeflateConfig::default() })
        }
    };
    each_connection(setup, move |stream| echo(stream, policy.clone()))
}

async fn echo(mut stream: TcpStream, policy: Option<DeflateConfig>) -> Outcome {
    let agreed = upgrade(&mut stream, policy.as_ref()).await?;
    let config = Config::builder().max_message_size(LIMIT).max_frame_size(LIMIT).build();
    let is_data = |message: &Message| matches!(message, Message::Text(_) | Message::Binary(_));
    match agreed {
        Some(deflate) => {
            let socket = CompressedWebSocketStream::server(stream, config, deflate);
            Ok(burst::echo(socket, is_data).await?)
        }
        None => Ok(burst::echo(WebSocketStream::server(stream, config), is_data).await?),
    }
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
