//! Sockeye: its public interface on tokio, with `feed`, which is flushed before the connection waits.

use sockeye::{Accepting, Deflate};
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
    let deflate = match setup.compression {
        Compression::Off => return each_connection(setup, |stream| echo(sockeye::accept(stream))),
        Compression::Default => Deflate::default(),
        Compression::Fast => Deflate::fastest(),
    };
    each_connection(setup, move |stream| echo(sockeye::accept(stream).compression(deflate)))
}

async fn echo(accept: Accepting<TcpStream>) -> Outcome {
    let mut socket = accept.max_size(LIMIT).await?.accept().await?;
    while let Some(message) = socket.next().await? {
        socket.feed(message).await?;
    }
    Ok(())
}
