//! yawc: its echo server as its own comparison tunes it, with a read buffer of 128 KiB, a write boundary of 64 KiB and
//! answers in batches; with UTF-8 validation, which is off by default there and on in every other library.

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

use super::{LIMIT, Outcome, Peer, Setup, burst, each_connection};
use crate::scenario::Compression;

pub const PEER: Peer = Peer::serving("yawc", "yawc", |setup| {
    let options =
        options(&setup).with_read_buffer_capacity(128 * 1024).with_backpressure_boundary(64 * 1024);
    each_connection(setup, move |stream| connection(stream, options.clone()))
})
.compresses(&[Compression::Default, Compression::Fast]);

/// With the buffers of its defaults.
pub const SMALL: Peer = Peer::serving("yawc-8k", "yawc", |setup| {
    let options = options(&setup);
    each_connection(setup, move |stream| connection(stream, options.clone()))
})
.compresses(&[Compression::Default, Compression::Fast]);

fn options(setup: &Setup) -> Options {
    let options = Options::default().with_utf8().with_limits(LIMIT + 1, 2 * LIMIT);
    match setup.compression {
        Compression::Off => options.without_compression(),
        Compression::Default => options.with_compression_level(CompressionLevel::default()),
        Compression::Fast => options.with_compression_level(CompressionLevel::fast()),
    }
}

async fn connection(stream: TcpStream, options: Options) -> Outcome {
    let service = service_fn(move |request| ready(respond(request, options.clone())));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    Ok(connection.with_upgrades().await?)
}

fn respond(
    mut request: Request<Incoming>,
    options: Options,
) -> Result<Response<Empty<Bytes>>, yawc::WebSocketError> {
    let (response, upgraded) = WebSocket::upgrade_with_options(&mut request, options)?;
    tokio::spawn(echo(upgraded));
    Ok(response)
}

async fn echo(upgraded: UpgradeFut) -> Outcome {
    let is_data = |frame: &Frame| matches!(frame.opcode(), OpCode::Text | OpCode::Binary);
    Ok(burst::echo(upgraded.await?.map(Ok), is_data).await?)
}
