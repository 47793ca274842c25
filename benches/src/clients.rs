//! The clients: each sends the same message again and again on one thread, and takes its echoes.

use std::future::Future;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::handshake;
use crate::peers::{Outcome, Talk};

#[cfg(feature = "fastwebsockets")]
pub mod fastwebsockets;
pub mod raw;
#[cfg(feature = "sockeye")]
pub mod sockeye;
#[cfg(feature = "tokio-tungstenite")]
pub mod tokio_tungstenite;
#[cfg(feature = "tokio-websockets")]
pub mod tokio_websockets;
#[cfg(feature = "yawc")]
pub mod yawc;

/// Gives each connection to a task of a runtime with one thread; the first that ends, ends all.
fn each_connection<F>(talk: Talk, converse: impl Fn(Talk, TcpStream) -> F) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    each_stream(talk, |talk| handshake::connect(talk.address), converse)
}

/// The same with connections that have been upgraded, for those libraries that can take them over.
#[cfg(any(
    feature = "fastwebsockets",
    feature = "tokio-tungstenite",
    feature = "tokio-websockets"
))]
fn each_upgraded<F>(talk: Talk, converse: impl Fn(Talk, TcpStream) -> F) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    each_stream(talk, |talk| Ok(handshake::upgrade(talk.address, false)?.0), converse)
}

fn each_stream<F>(
    talk: Talk,
    connect: impl Fn(Talk) -> std::io::Result<std::net::TcpStream>,
    converse: impl Fn(Talk, TcpStream) -> F,
) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?.block_on(
        async {
            let mut tasks = JoinSet::new();
            for _ in 0..talk.connections {
                let stream = connect(talk)?;
                stream.set_nonblocking(true)?;
                tasks.spawn(converse(talk, TcpStream::from_std(stream)?));
            }
            tasks.join_next().await.unwrap_or(Ok(Ok(())))?
        },
    )
}

/// Refuses an echo of another size.
#[cfg(any(
    feature = "fastwebsockets",
    feature = "sockeye",
    feature = "tokio-tungstenite",
    feature = "tokio-websockets",
    feature = "yawc"
))]
fn check(talk: &Talk, size: usize) -> Result<(), String> {
    if size == talk.size { Ok(()) } else { Err(format!("{size} bytes instead of {}", talk.size)) }
}
