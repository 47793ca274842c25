//! ratchet: the echo server of its examples, with a buffered reader and writer. It flushes each frame by itself: it has one mode.

use std::error::Error;

use bytes::BytesMut;
#[cfg(feature = "c-zlib")]
use ratchet_rs::deflate::{Compression as Level, DeflateConfig, DeflateExtProvider};
use ratchet_rs::{
    Extension, ExtensionProvider, Message, NoExtProvider, PayloadType, SubprotocolRegistry,
    WebSocket, WebSocketConfig, accept_with,
};
use tokio::io::{BufReader, BufWriter};
use tokio::net::TcpStream;

use super::{LIMIT, Outcome, Peer, Setup, each_connection};
use crate::scenario::Compression;

pub const PEER: Peer =
    Peer::server("ratchet", "ratchet_rs", serve).with_compression(if cfg!(feature = "c-zlib") {
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
    let mut socket = accept(BufWriter::new(stream), extensions).await?;
    let mut buffer = BytesMut::new();
    loop {
        match classify(&socket.read(&mut buffer).await?, &buffer)? {
            Received::Data(kind) => {
                socket.write(&mut buffer, kind).await?;
                socket.flush().await?;
                buffer.clear();
            }
            Received::Control => {}
            Received::Close => return Ok(()),
        }
    }
}

async fn accept<P>(
    stream: BufWriter<TcpStream>,
    extensions: P,
) -> Result<WebSocket<BufReader<BufWriter<TcpStream>>, P::Extension>, Box<dyn Error + Send + Sync>>
where
    P: ExtensionProvider + Send + Sync + 'static,
    P::Extension: Extension + Send + Sync + 'static,
{
    let config = WebSocketConfig { max_message_size: LIMIT };
    let stream = BufReader::new(stream);
    let upgrader = accept_with(stream, config, extensions, SubprotocolRegistry::default()).await?;
    Ok(upgrader.upgrade().await?.websocket)
}

enum Received {
    Data(PayloadType),
    Control,
    Close,
}

/// Classifies a message, and validates text, which the library does not.
fn classify(message: &Message, payload: &[u8]) -> Result<Received, std::str::Utf8Error> {
    Ok(match message {
        Message::Text => {
            std::str::from_utf8(payload)?;
            Received::Data(PayloadType::Text)
        }
        Message::Binary => Received::Data(PayloadType::Binary),
        Message::Ping(_) | Message::Pong(_) => Received::Control,
        Message::Close(_) => Received::Close,
    })
}
