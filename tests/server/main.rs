#![forbid(unsafe_code)]
//! The server, over a network in memory.

use std::time::Duration;

use sockeye::{ConnectionClosed, Error, Server, connection::WebSocket, server::HandlerError};
use sockeye_tests::Sim;

mod broadcast;
mod connections;
mod endings;
mod handlers;
mod handshake;
mod pending_handshakes;
mod requests;
mod response;
mod shutdown;
mod tls_deadlines;

pub(crate) type Ws = WebSocket<sockeye::connection::Stream<Sim>, Sim>;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) async fn connect(server: &Server) -> Ws {
    sockeye::client::connect::<Sim, _>(format!("ws://{}", server.local_addr()))
        .await
        .expect("connected")
}

pub(crate) async fn echo(mut ws: Ws) -> Result<(), HandlerError> {
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

/// A server whose handlers do this.
pub(crate) async fn serve<F>(handler: impl Fn(Ws) -> F + Send + Sync + 'static) -> Server
where
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", handler).await.expect("listening")
}

/// The same without a time limit for the shutdown.
pub(crate) async fn serve_patiently<F>(handler: impl Fn(Ws) -> F + Send + Sync + 'static) -> Server
where
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    let serve = sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", handler);
    serve.shutdown_timeout(None).await.expect("listening")
}

pub(crate) fn closed(error: Error) -> ConnectionClosed {
    match error {
        Error::ConnectionClosed(closed) => *closed,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn code_of(mut ws: Ws) -> (u16, String) {
    let error = ws.recv().await.expect_err("it ends");
    let closed = closed(error);
    let close = closed.rcvd.unwrap_or_else(|| panic!("no close frame: {:?}", closed.cause));
    (close.code.as_u16(), close.reason)
}
