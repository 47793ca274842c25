//! Sockeye on tokio: with `feed`, as in its README's echo server, and with `send` for each message.
//!
//! A connection flushes what `feed` has queued before it waits for more to read.

use std::sync::Arc;
use std::time::Duration;

use sockeye::{Config, DeflateConfig, WebSocket};
use tokio::net::TcpStream;

use super::{LIMIT, Outcome, Peer, Setup, each_connection};
use crate::report::OURS;
use crate::scenario::Compression;

pub const PEER: Peer = Peer::server(OURS, "sockeye", |setup| {
    let options = Options::new(&setup);
    each_connection(setup, move |stream| feed(stream, options.clone()))
})
.with_compression(&[Compression::Default, Compression::Fast])
.releasing_memory();

pub const SEND: Peer = Peer::server("sockeye-send", "sockeye", |setup| {
    let options = Options::new(&setup);
    each_connection(setup, move |stream| send(stream, options.clone()))
})
.second_mode();

async fn feed(stream: TcpStream, options: Options) -> Outcome {
    let mut socket = options.accept(stream).await?;
    while let Some(message) = socket.next().await? {
        socket.feed(message).await?;
    }
    Ok(())
}

async fn send(stream: TcpStream, options: Options) -> Outcome {
    let mut socket = options.accept(stream).await?;
    while let Some(message) = socket.next().await? {
        socket.send(message).await?;
    }
    Ok(())
}

#[derive(Clone)]
struct Options {
    config: Arc<Config>,
    deflate: Option<DeflateConfig>,
}

impl Options {
    fn new(setup: &Setup) -> Self {
        // The other libraries compress with a window of 15 bits and memory level 8, which compresses better than Sockeye's
        // default and takes more memory. The memory that an idle connection keeps is measured with the default.
        let deflate = match setup.compression {
            Compression::Off => None,
            _ if setup.pings => Some(DeflateConfig::default()),
            Compression::Default => Some(full_window(DeflateConfig::default().mem_level(8))),
            Compression::Fast => Some(full_window(DeflateConfig::fastest())),
        };
        let mut config = Config::default();
        config.max_incoming_size = Some(LIMIT as u64);
        if setup.pings {
            (config.ping_interval, config.ping_timeout) = (Some(PING_INTERVAL), None);
        }
        Self { config: Arc::new(config), deflate }
    }

    async fn accept(self, stream: TcpStream) -> Result<WebSocket<TcpStream>, sockeye::Error> {
        let mut accept = sockeye::accept(stream).config(self.config);
        if let Some(deflate) = self.deflate {
            accept = accept.compression(deflate);
        }
        accept.await?.accept().await
    }
}

fn full_window(deflate: DeflateConfig) -> DeflateConfig {
    deflate.window_bits(15).peer_window_bits(15)
}

/// Longer than the two seconds after which an idle connection has released its compression memory.
const PING_INTERVAL: Duration = Duration::from_secs(3);
