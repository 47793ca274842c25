#![forbid(unsafe_code)]
//! An echo server in which hyper reads the requests and writes the responses: `hyper_server`.
//!
//! It prints `listening on URL`. The Autobahn suite examines it like the servers of Sockeye.

use std::{convert::Infallible, error::Error};

use http::{Request, Response};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::service_fn,
    upgrade::{OnUpgrade, Parts},
};
use hyper_util::rt::TokioIo;
use sockeye::{
    Config, DeflateConfig, WebSocket,
    connection::Upgrade,
    server::{Rejection, ServerOptions},
};
use tokio::net::{TcpListener, TcpStream};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let service = service_fn(async |request| Ok::<_, Infallible>(respond(request)));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection.with_upgrades());
    }
}

/// Responds to a request. If it asks for a WebSocket, a task serves the connection once hyper has written the response.
fn respond(mut request: Request<Incoming>) -> Response<String> {
    let stream = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    match Upgrade::from_request(&parts, &ServerOptions::default()) {
        Ok(upgrade) => {
            let config = Config::default().max_size(MAX_SIZE);
            let upgrade = upgrade.config(config).compression(DeflateConfig::default());
            let response = upgrade.response();
            tokio::spawn(echo(upgrade, stream));
            response.map(|()| String::new())
        }
        Err(error) => {
            let response: Response<Vec<u8>> = Rejection::from(&error).into();
            response.map(|body| String::from_utf8_lossy(&body).into_owned())
        }
    }
}

async fn echo(upgrade: Upgrade, stream: OnUpgrade) -> Result<()> {
    let stream = stream.await?.downcast::<TokioIo<TcpStream>>();
    // hyper may have read frames of the client together with its request.
    let Parts { io, read_buf, .. } = stream.map_err(|_| "the stream is not a TCP stream")?;
    let mut ws: WebSocket<TcpStream> = upgrade.open(io.into_inner(), read_buf);
    while let Some(message) = ws.next().await? {
        ws.feed(message).await?;
    }
    Ok(())
}

/// Cases 9.1.6 and 9.2.6 of the suite send 16 MiB.
const MAX_SIZE: usize = 32 << 20;
