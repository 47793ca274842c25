//! Sockeye: its public interface on tokio, with `feed`, which is flushed before the connection waits.

use sockeye::{Deflate, WebSocket};
use tokio::net::TcpStream;

use super::{LIMIT, Outcome, Peer, Setup, each_connection};
use crate::report::OURS;
use crate::scenario::Compression;

pub const PEER: Peer = Peer {
    name: OURS,
    package: "sockeye",
    compression: &[Compression::Default, Compression::Fast],
    serve,
};

fn serve(setup: Setup) -> Outcome {
    match setup.compression {
        Compression::Off => each_connection(setup, |stream| async {
            echo(sockeye::accept(stream).max_size(LIMIT).await?.accept().await?).await
        }),
        Compression::Default => {
            each_connection(setup, |stream| compressed(stream, Deflate::default()))
        }
        Compression::Fast => each_connection(setup, |stream| compressed(stream, Deflate::fast())),
    }
}

async fn compressed(stream: TcpStream, deflate: Deflate) -> Outcome {
    let handshake = sockeye::accept(stream).max_size(LIMIT).compression(deflate).await?;
    echo(handshake.accept().await?).await
}

async fn echo(mut socket: WebSocket<TcpStream>) -> Outcome {
    while let Some(message) = socket.next().await? {
        socket.feed(message).await?;
    }
    Ok(())
}
