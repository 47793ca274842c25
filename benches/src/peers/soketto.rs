//! soketto: the echo server of its examples, with the buffers of 8 and 16 KiB around the socket that they have.

use soketto::Data;
use soketto::connection::Error;
use soketto::handshake::Server;
use soketto::handshake::server::Response;
use tokio::io::{BufReader, BufWriter};
use tokio::net::TcpStream;
use tokio_util::compat::TokioAsyncReadCompatExt;

use super::{LIMIT, Outcome, Peer, each_connection};
use crate::scenario::Compression;

pub const PEER: Peer = Peer::serving("soketto", "soketto", |setup| {
    let compression = setup.compression;
    each_connection(setup, move |stream| echo(stream, compression))
})
.compresses(if cfg!(feature = "c-zlib") { &[Compression::Default] } else { &[] });

async fn echo(stream: TcpStream, compression: Compression) -> Outcome {
    let writer = BufWriter::with_capacity(16 * 1024, stream);
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
    let (mut sender, mut receiver) = builder.finish();
    let mut message = Vec::new();
    loop {
        message.clear();
        match receiver.receive_data(&mut message).await {
            Ok(Data::Binary(_)) => sender.send_binary_mut(&mut message).await?,
            Ok(Data::Text(_)) => sender.send_text(std::str::from_utf8(&message)?).await?,
            Err(Error::Closed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        sender.flush().await?;
    }
}
