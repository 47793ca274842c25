//! ratchet: the echo servers of its examples, with a buffered reader and writer around the socket.

use bytes::BytesMut;
#[cfg(feature = "c-zlib")]
use ratchet_rs::deflate::{Compression as Level, DeflateConfig, DeflateExtProvider};
use ratchet_rs::{
    Extension, ExtensionProvider, Message, NoExtProvider, PayloadType, SubprotocolRegistry,
    WebSocketConfig, accept_with,
};
use tokio::io::{BufReader, BufWriter};
use tokio::net::TcpStream;

use super::{LIMIT, Outcome, Peer, Setup, each_connection};
use crate::scenario::Compression;

pub const PEER: Peer =
    Peer::serving("ratchet", "ratchet_rs", serve).compresses(if cfg!(feature = "c-zlib") {
        &[Compression::Default, Compression::Fast]
    } else {
        &[]
    });

#[cfg(not(feature = "c-zlib"))]
fn serve(setup: Setup) -> Outcome {
    each_connection(setup, |stream| echo(stream, NoExtProvider))
}

#[cfg(feature = "c-zlib")]
fn serve(setup: Setup) -> Outcome {
    let level = match setup.compression {
        Compression::Off => {
            return each_connection(setup, |stream| echo(stream, NoExtProvider));
        }
        Compression::Default => Level::default(),
        Compression::Fast => Level::fast(),
    };
    let config = DeflateConfig { compression_level: level, ..DeflateConfig::default() };
    each_connection(setup, move |stream| echo(stream, DeflateExtProvider::with_config(config)))
}

async fn echo<P>(stream: TcpStream, extensions: P) -> Outcome
where
    P: ExtensionProvider + Send + Sync + 'static,
    P::Extension: Extension + Send + Sync + 'static,
{
    let stream = BufReader::new(BufWriter::new(stream));
    let config = WebSocketConfig { max_message_size: LIMIT };
    let upgrader = accept_with(stream, config, extensions, SubprotocolRegistry::default()).await?;
    let mut socket = upgrader.upgrade().await?.websocket;
    let mut buffer = BytesMut::new();
    loop {
        let kind = match socket.read(&mut buffer).await? {
            Message::Text => {
                std::str::from_utf8(&buffer)?;
                PayloadType::Text
            }
            Message::Binary => PayloadType::Binary,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return Ok(()),
        };
        socket.write(&mut buffer, kind).await?;
        socket.flush().await?;
        buffer.clear();
    }
}
