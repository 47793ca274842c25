//! The raw echo: TCP on tokio without WebSocket, which returns the bytes that it reads.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Outcome, Peer, each_connection};
use crate::report::RAW;

pub const PEER: Peer = Peer::server(RAW, "tokio", |setup| each_connection(setup, echo));

async fn echo(mut stream: TcpStream) -> Outcome {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            size => stream.write_all(&buffer[..size]).await?,
        }
    }
}
