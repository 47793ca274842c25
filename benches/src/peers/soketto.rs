//! soketto: the echo server of its examples, with their buffers of 8 and 16 KiB, which flushes each message; and batches.

use soketto::connection::Error;
use soketto::handshake::Server;
use soketto::handshake::server::Response;
use soketto::{Data, Receiver, Sender};
use tokio::io::{BufReader, BufWriter};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

use super::flush::{BUFFER, flush_before_waiting};
use super::{LIMIT, Outcome, Peer, each_connection};
use crate::scenario::Compression;

pub const PEER: Peer = Peer::server("soketto", "soketto", |setup| {
    let compression = setup.compression;
    each_connection(setup, move |stream| echo(stream, compression))
})
.with_compression(if cfg!(feature = "c-zlib") { &[Compression::Default] } else { &[] });

pub const BATCHED: Peer =
    Peer::server("soketto-batched", "soketto", |setup| each_connection(setup, batched))
        .second_mode();

async fn echo(stream: TcpStream, compression: Compression) -> Outcome {
    let (mut sender, mut receiver) = accept(stream, compression, 16 * 1024).await?;
    let mut message = Vec::new();
    loop {
        message.clear();
        let result = receiver.receive_data(&mut message).await;
        if !reply(&mut sender, result, &mut message).await? {
            return Ok(());
        }
        sender.flush().await?;
    }
}

async fn batched(stream: TcpStream) -> Outcome {
    let (mut sender, mut receiver) = accept(stream, Compression::Off, BUFFER).await?;
    let mut message = Vec::new();
    loop {
        message.clear();
        let receive = receiver.receive_data(&mut message);
        let result = flush_before_waiting(receive, sender.flush()).await?;
        if !reply(&mut sender, result, &mut message).await? {
            return Ok(());
        }
    }
}

/// Queues the echo of a message. Returns false at the end of the connection.
async fn reply(
    sender: &mut Sender<Socket>,
    result: Result<Data, Error>,
    message: &mut Vec<u8>,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    match result {
        Ok(Data::Binary(_)) => sender.send_binary_mut(message).await?,
        Ok(Data::Text(_)) => sender.send_text(std::str::from_utf8(message)?).await?,
        Err(Error::Closed) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    Ok(true)
}

async fn accept(
    stream: TcpStream,
    compression: Compression,
    buffer: usize,
) -> Result<(Sender<Socket>, Receiver<Socket>), Box<dyn std::error::Error + Send + Sync>> {
    let writer = BufWriter::with_capacity(buffer, stream);
    let mut server = Server::new(BufReader::with_capacity(8 * 1024, writer).compat());
    if compression != Compression::Off {
        #[cfg(feature = "c-zlib")]
        server.add_extension(Box::new(soketto::extension::deflate::Deflate::new(
            soketto::Mode::Server,
        )));
    }
    let key = server.receive_request().await?.key();
    server.send_response(&Response::Accept { key, protocol: None }).await?;
    let mut builder = server.into_builder();
    builder.set_max_message_size(LIMIT);
    builder.set_max_frame_size(LIMIT);
    Ok(builder.finish())
}

type Socket = Compat<BufReader<BufWriter<TcpStream>>>;
