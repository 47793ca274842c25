//! web-socket: its loop of `recv` and `send` over a buffered reader, and the same over a buffered writer that is flushed when
//! nothing more is buffered.
//!
//! The library leaves the handshake, the joining of fragments and the validation of text to its user.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use web_socket::{DataType, Event, MessageType, Stream, WebSocket};

use super::{LIMIT, Outcome, Peer, each_connection};

pub const PEER: Peer =
    Peer::server("web-socket", "web-socket", |setup| each_connection(setup, echo));

pub const BATCHED: Peer =
    Peer::server("web-socket-batched", "web-socket", |setup| each_connection(setup, batched))
        .second_mode();

async fn echo(mut stream: TcpStream) -> Outcome {
    upgrade(&mut stream).await?;
    let mut socket = WebSocket::server(BufReader::new(stream));
    socket.max_payload_len = LIMIT;
    let mut joined = Vec::new();
    while reply(&mut socket, &mut joined).await? {}
    Ok(socket.close(()).await?)
}

async fn batched(mut stream: TcpStream) -> Outcome {
    upgrade(&mut stream).await?;
    let writer = BufWriter::with_capacity(64 * 1024, stream);
    let mut socket = WebSocket::server(BufReader::new(writer));
    socket.max_payload_len = LIMIT;
    let mut joined = Vec::new();
    while reply(&mut socket, &mut joined).await? {
        if socket.stream.buffer().is_empty() {
            socket.flash().await?; // its name for flush
        }
    }
    Ok(socket.close(()).await?)
}

/// Receives one event and answers it. Returns false when the client closes the connection.
async fn reply<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocket<S>,
    joined: &mut Vec<u8>,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    match socket.recv().await? {
        Event::Data { ty: DataType::Complete(kind), data } => match kind {
            MessageType::Text => socket.send(std::str::from_utf8(&data)?).await?,
            MessageType::Binary => socket.send(&*data).await?,
        },
        Event::Data { ty: DataType::Stream(part), data } => {
            joined.extend_from_slice(&data);
            if let Stream::End(kind) = part {
                match kind {
                    MessageType::Text => socket.send(std::str::from_utf8(joined)?).await?,
                    MessageType::Binary => socket.send(&joined[..]).await?,
                }
                joined.clear();
            }
        }
        Event::Ping(data) => socket.send_pong(data).await?,
        Event::Pong(_) => {}
        Event::Error(problem) => return Err(problem.into()),
        Event::Close { .. } => return Ok(false),
    }
    Ok(true)
}

/// Answers the request, which the load generator writes in one piece.
async fn upgrade(stream: &mut TcpStream) -> Outcome {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let mut piece = [0; 1024];
        let size = stream.read(&mut piece).await?;
        if size == 0 {
            return Err("closed during the handshake".into());
        }
        head.push_str(std::str::from_utf8(&piece[..size])?);
    }
    let field = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
    let accept = derive_accept_key(field.ok_or("no key")?.as_bytes());
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    Ok(stream.write_all(response.as_bytes()).await?)
}
