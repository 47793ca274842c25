//! Sockeye: its public interface on tokio, with `feed`, which is flushed before the connection waits.

use std::sync::Arc;
use std::time::Duration;

use sockeye::{Config, Deflate};
use tokio::net::TcpStream;

use super::{LIMIT, Outcome, Peer, Setup, each_connection};
use crate::report::OURS;
use crate::scenario::Compression;

pub const PEER: Peer = Peer {
    parks: true,
    ..Peer::serving(OURS, "sockeye", serve).compresses(&[Compression::Default, Compression::Fast])
};

fn serve(setup: Setup) -> Outcome {
    // The peers compress with a window of 15 bits and the memory of level 8, which compresses better than the default and
    // keeps more memory. What a parked connection keeps is measured with the default.
    let deflate = match setup.compression {
        Compression::Off => None,
        _ if setup.pings => Some(Deflate::default()),
        Compression::Default => Some(Deflate::default().mem_level(8)),
        Compression::Fast => Some(Deflate::fastest()),
    };
    let deflate = if setup.pings {
        deflate
    } else {
        deflate.map(|deflate| deflate.window_bits(15).peer_window_bits(15))
    };
    let mut config = Config::default();
    config.max_incoming_size = Some(LIMIT as u64);
    if setup.pings {
        (config.ping_interval, config.ping_timeout) = (Some(SOON), None);
    }
    let config = Arc::new(config);
    each_connection(setup, move |stream| echo(stream, Arc::clone(&config), deflate))
}

async fn echo(stream: TcpStream, config: Arc<Config>, deflate: Option<Deflate>) -> Outcome {
    let mut accepting = sockeye::accept(stream).config(config);
    if let Some(deflate) = deflate {
        accepting = accepting.compression(deflate);
    }
    let mut socket = accepting.await?.accept().await?;
    while let Some(message) = socket.next().await? {
        socket.feed(message).await?;
    }
    Ok(())
}

/// A connection that has compressed nothing for two seconds is parked.
const SOON: Duration = Duration::from_secs(3);
