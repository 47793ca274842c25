//! fastwebsockets: its echo example, unconstrained as there, on the stream itself instead of hyper's boxed one.

use std::future::ready;

use fastwebsockets::upgrade::{UpgradeFut, upgrade};
use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::unconstrained;

use super::{LIMIT, Outcome, Peer, each_connection};

pub const PEER: Peer =
    Peer::serving("fastwebsockets", "fastwebsockets", |setup| each_connection(setup, connection));

async fn connection(stream: TcpStream) -> Outcome {
    let service = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service_fn(|request| ready(respond(request))));
    Ok(service.with_upgrades().await?)
}

fn respond(
    mut request: Request<Incoming>,
) -> Result<Response<Empty<Bytes>>, fastwebsockets::WebSocketError> {
    let (response, upgraded) = upgrade(&mut request)?;
    tokio::spawn(unconstrained(echo(upgraded)));
    Ok(response)
}

async fn echo(upgraded: UpgradeFut) -> Outcome {
    let upgraded = upgraded.await?.into_inner().into_inner();
    let mut socket = WebSocket::after_handshake(stream(upgraded)?, Role::Server);
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

/// The stream beneath; the buffer of the handshake is freed.
fn stream(upgraded: Upgraded) -> Result<TcpStream, &'static str> {
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().map_err(|_| "not the stream")?;
    if parts.read_buf.is_empty() {
        Ok(parts.io.into_inner())
    } else {
        Err("the client did not wait for the response")
    }
}
