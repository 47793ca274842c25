//! The clients: each sends the same message repeatedly on one thread, and receives the echoes.

use std::future::Future;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::load::handshake;
use crate::peers::{ClientLoad, Outcome};

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

/// Runs each connection in a task, on a runtime with one thread, until the first task ends.
fn each_connection<F>(load: ClientLoad, run: impl Fn(ClientLoad, TcpStream) -> F) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    each_stream(load, |load| handshake::connect(load.address), run)
}

/// Runs each connection after its handshake, for libraries that accept an upgraded stream.
#[cfg(any(
    feature = "fastwebsockets",
    feature = "tokio-tungstenite",
    feature = "tokio-websockets"
))]
fn each_upgraded<F>(load: ClientLoad, run: impl Fn(ClientLoad, TcpStream) -> F) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    each_stream(load, |load| Ok(handshake::upgrade(load.address, false)?.0), run)
}

fn each_stream<F>(
    load: ClientLoad,
    connect: impl Fn(ClientLoad) -> std::io::Result<std::net::TcpStream>,
    run: impl Fn(ClientLoad, TcpStream) -> F,
) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?.block_on(
        async {
            let mut tasks = JoinSet::new();
            for _ in 0..load.connections {
                let stream = connect(load)?;
                stream.set_nonblocking(true)?;
                tasks.spawn(run(load, TcpStream::from_std(stream)?));
            }
            tasks.join_next().await.unwrap_or(Ok(Ok(())))?
        },
    )
}

/// Returns an error if an echo has the wrong size.
#[cfg(any(
    feature = "fastwebsockets",
    feature = "sockeye",
    feature = "tokio-tungstenite",
    feature = "tokio-websockets",
    feature = "yawc"
))]
fn check(load: &ClientLoad, size: usize) -> Result<(), String> {
    if size == load.size { Ok(()) } else { Err(format!("{size} bytes instead of {}", load.size)) }
}
