//! fastwebsockets: its echo example, unconstrained as there, on the stream itself instead of hyper's boxed one.
//!
//! Each frame is one write. To batch, its documentation has `flush` for a buffered stream, which needs both halves of the socket
//! (the feature `unstable-split`), since `read_frame` must not be dropped while it waits.

use std::future::ready;

use fastwebsockets::upgrade::{UpgradeFut, upgrade};
use fastwebsockets::{
    FragmentCollector, FragmentCollectorRead, Frame, OpCode, Role, WebSocket, WebSocketError,
    after_handshake_split,
};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::BufWriter;
use tokio::net::TcpStream;
use tokio::task::unconstrained;

use super::flush::{BUFFER, flush_before_waiting};
use super::{LIMIT, Outcome, Peer, each_connection};

pub const PEER: Peer = Peer::server("fastwebsockets", "fastwebsockets", |setup| {
    each_connection(setup, |stream| connection(stream, echo))
});

pub const BATCHED: Peer = Peer::server("fastwebsockets-batched", "fastwebsockets", |setup| {
    each_connection(setup, |stream| connection(stream, batched))
})
.second_mode();

async fn connection<F>(stream: TcpStream, handle: fn(TcpStream) -> F) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let service = service_fn(|request| ready(respond(request, handle)));
    let service = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    Ok(service.with_upgrades().await?)
}

fn respond<F>(
    mut request: Request<Incoming>,
    handle: fn(TcpStream) -> F,
) -> Result<Response<Empty<Bytes>>, WebSocketError>
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let (response, upgraded) = upgrade(&mut request)?;
    tokio::spawn(unconstrained(upgrade_then(upgraded, handle)));
    Ok(response)
}

async fn upgrade_then<F>(upgraded: UpgradeFut, handle: fn(TcpStream) -> F) -> Outcome
where
    F: Future<Output = Outcome>,
{
    let upgraded = upgraded.await?.into_inner().into_inner();
    handle(innermost(upgraded)?).await
}

async fn echo(stream: TcpStream) -> Outcome {
    let mut socket = WebSocket::after_handshake(stream, Role::Server);
    socket.set_max_message_size(LIMIT + 1); // the first size that it refuses
    let mut socket = FragmentCollector::new(socket);
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            _ => {}
        }
    }
}

async fn batched(stream: TcpStream) -> Outcome {
    let (read, write) = stream.into_split();
    let write = BufWriter::with_capacity(BUFFER, write);
    let (mut reader, mut writer) = after_handshake_split(read, write, Role::Server);
    reader.set_max_message_size(LIMIT + 1);
    let mut reader = FragmentCollectorRead::new(reader);
    // The load generator sends no ping, and a close frame ends the loop.
    let mut discard = |_: Frame<'static>| ready(Ok::<(), WebSocketError>(()));
    loop {
        let read = reader.read_frame(&mut discard);
        let frame = flush_before_waiting(read, writer.flush()).await??;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => writer.write_frame(frame).await?,
            _ => {}
        }
    }
}

/// Returns the TCP stream inside of an upgraded connection. This frees the buffer of the handshake.
fn innermost(upgraded: Upgraded) -> Result<TcpStream, &'static str> {
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().map_err(|_| "not the stream")?;
    if parts.read_buf.is_empty() {
        Ok(parts.io.into_inner())
    } else {
        Err("the client did not wait for the response")
    }
}
