//! The server, over a network in memory.

use std::{sync::Arc, time::Duration};

use sockeye::{
    ConnectionClosed, Error, Server,
    driver::{self, HandlerError, WebSocket},
};
use sockeye_tests::{Sim, run, sleep, spawn};

mod handlers;
mod shutdown;

pub(crate) type Ws = WebSocket<driver::Stream<Sim>, Sim>;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) async fn connect(server: &Server) -> Ws {
    driver::connect::<Sim, _>(format!("ws://{}", server.local_addr())).await.expect("connected")
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
    driver::serve::<Sim, _, _>("127.0.0.1:0", handler).await.expect("listening")
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

#[test]
fn a_server_shows_where_it_is_and_how_many_it_serves() {
    run(async {
        let server = serve(echo).await;
        let client = connect(&server).await;
        server.broadcast("secret").await;
        let shown = format!("{server:?}");
        let address = server.local_addr();
        assert_eq!(shown, format!("Server {{ address: {address}, connections: 1, .. }}"));
        drop(client);
        server.close().await;
    });
}

#[test]
fn hundreds_come_and_go_and_nothing_is_left() {
    run(async {
        let server = Arc::new(serve(echo).await);
        let mut tasks = Vec::new();
        for id in 0..300_u32 {
            let server = Arc::clone(&server);
            tasks.push(spawn(async move {
                let mut ws = connect(&server).await;
                ws.send(id.to_string()).await.expect("open");
                match id % 4 {
                    0 => ws.close().await.expect("closed"),
                    1 => drop(ws),
                    2 => drop(ws.recv().await.expect("open")),
                    _ => drop(ws.into_inner()),
                }
            }));
        }
        for task in tasks {
            task.await;
        }
        sleep(60 * SECOND).await;
        assert_eq!(server.connections(), 0);
        server.close().await;
    });
}
