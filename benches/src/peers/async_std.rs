//! Sockeye and a raw echo on async-std, whose executor has one thread.

use std::future::Future;

use async_std::io::{ReadExt, WriteExt};
use async_std::net::{TcpListener, TcpStream};
use async_std::task;

use super::{LIMIT, Outcome, Peer, Setup};

pub const RAW: Peer =
    Peer::server("raw-async-std", "async-std", |setup| each_connection(setup, raw))
        .relative_to("raw-async-std");

pub const SOCKEYE: Peer =
    Peer::server("sockeye-async-std", "sockeye", |setup| each_connection(setup, echo))
        .relative_to("raw-async-std");

fn each_connection<F>(setup: Setup, handle: impl Fn(TcpStream) -> F) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let listener = TcpListener::from(setup.listener);
    task::block_on(async {
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            task::spawn(handle(stream));
        }
    })
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
    let mut socket = sockeye::async_std::accept(stream)
        .config(sockeye::Config::default().max_size(LIMIT))
        .await?
        .accept()
        .await?;
    while let Some(message) = socket.next().await? {
        socket.feed(message).await?;
    }
    Ok(())
}
