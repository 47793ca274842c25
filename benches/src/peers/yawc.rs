//! yawc: its echo server as its own comparison tunes it, and `send` for each message.
//!
//! The comparison uses a read buffer of 128 KiB, a write boundary of 64 KiB and batches. UTF-8 validation is enabled here: it is
//! off by default, and on in every other library.

use std::future::ready;

use futures_util::StreamExt;
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use yawc::{CompressionLevel, Frame, OpCode, Options, UpgradeFut, WebSocket};

use super::{LIMIT, Outcome, Peer, Setup, batch, each_connection};
use crate::scenario::Compression;

pub const PEER: Peer = Peer::server("yawc", "yawc", |setup| {
    let options = large_buffers(options(&setup));
    each_connection(setup, move |stream| connection(stream, options.clone(), batched))
})
.with_compression(&[Compression::Default, Compression::Fast]);

pub const SEND: Peer = Peer::server("yawc-send", "yawc", |setup| {
    let options = large_buffers(options(&setup));
    each_connection(setup, move |stream| connection(stream, options.clone(), send))
})
.second_mode();

/// The server with its default buffers.
pub const SMALL: Peer = Peer::server("yawc-8k", "yawc", |setup| {
    let options = options(&setup);
    each_connection(setup, move |stream| connection(stream, options.clone(), batched))
})
.with_compression(&[Compression::Default, Compression::Fast]);

fn options(setup: &Setup) -> Options {
    let options = Options::default().with_utf8().with_limits(LIMIT + 1, 2 * LIMIT);
    match setup.compression {
        Compression::Off => options.without_compression(),
        Compression::Default => options.with_compression_level(CompressionLevel::default()),
        Compression::Fast => options.with_compression_level(CompressionLevel::fast()),
    }
}

fn large_buffers(options: Options) -> Options {
    options.with_read_buffer_capacity(128 * 1024).with_backpressure_boundary(64 * 1024)
}

async fn connection<F>(stream: TcpStream, options: Options, handle: fn(UpgradeFut) -> F) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let service = service_fn(move |request| ready(respond(request, options.clone(), handle)));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    Ok(connection.with_upgrades().await?)
}

fn respond<F>(
    mut request: Request<Incoming>,
    options: Options,
    handle: fn(UpgradeFut) -> F,
) -> Result<Response<Empty<Bytes>>, yawc::WebSocketError>
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let (response, upgraded) = WebSocket::upgrade_with_options(&mut request, options)?;
    tokio::spawn(handle(upgraded));
    Ok(response)
}

async fn batched(upgraded: UpgradeFut) -> Outcome {
    Ok(batch::echo(upgraded.await?.map(Ok), is_data).await?)
}

async fn send(upgraded: UpgradeFut) -> Outcome {
    Ok(batch::echo_each(upgraded.await?.map(Ok), is_data).await?)
}

fn is_data(frame: &Frame) -> bool {
    matches!(frame.opcode(), OpCode::Text | OpCode::Binary)
}
