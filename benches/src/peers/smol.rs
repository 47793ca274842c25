//! Sockeye and a raw echo on smol, with an executor of one thread.

use std::future::Future;

use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::TcpStream;
use smol::{Async, LocalExecutor};

use super::{LIMIT, Outcome, Peer, Setup};

pub const RAW: Peer =
    Peer::server("raw-smol", "smol", |setup| each_connection(setup, raw)).relative_to("raw-smol");

pub const SOCKEYE: Peer =
    Peer::server("sockeye-smol", "sockeye", |setup| each_connection(setup, echo))
        .relative_to("raw-smol");

fn each_connection<F: Future<Output = Outcome>>(
    setup: Setup,
    handle: impl Fn(TcpStream) -> F,
) -> Outcome {
    let executor = LocalExecutor::new();
    smol::block_on(executor.run(async {
        let listener = smol::net::TcpListener::from(Async::new(setup.listener)?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            executor.spawn(handle(stream)).detach();
        }
    }))
}

async fn raw(mut stream: TcpStream) -> Outcome {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            size => stream.write_all(&buffer[..size]).await?,
        }
    }
}

async fn echo(stream: TcpStream) -> Outcome {
    let mut socket = sockeye::smol::accept(stream)
        .config(sockeye::Config::default().max_size(LIMIT))
        .await?
        .accept()
        .await?;
    while let Some(message) = socket.next().await? {
        socket.feed(message).await?;
    }
    Ok(())
}
