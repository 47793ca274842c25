//! Runs one scenario on each runtime.

use std::{future::Future, time::Duration};

use sockeye::{
    async_std::AsyncStd,
    connection::{Sockets, WebSocket},
    server::Server,
    smol::Smol,
    tokio::Tokio,
};

/// A test that is generic over the runtime.
pub trait Scenario: Clone {
    /// Runs the scenario on the runtime `R`.
    fn run<R: Sockets>(self) -> impl Future<Output = ()>;
}

/// Runs a scenario on tokio, on async-std and on smol.
pub fn everywhere(scenario: impl Scenario) {
    block_on(scenario.clone().run::<Tokio>());
    async_std::task::block_on(scenario.clone().run::<AsyncStd>());
    smol::block_on(scenario.run::<Smol>());
}

/// Runs a future on tokio.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("tokio starts").block_on(future)
}

/// Returns an echo server.
pub fn echo<R: Sockets>() -> sockeye::server::Serve<R> {
    sockeye::server::serve("127.0.0.1:0", |mut ws: WebSocket<R::Stream, R>| async move {
        while let Some(message) = ws.next().await? {
            ws.send(message).await?;
        }
        Ok(())
    })
}

/// Sends a message, receives its echo, and closes.
pub async fn converse<R: Sockets>(mut ws: WebSocket<R::Stream, R>) {
    for length in [0, 5, 70_000] {
        let sent = vec![b'x'; length];
        ws.send(sent.clone()).await.expect("the connection is open");
        let received = ws.recv().await.expect("the connection is open");
        assert_eq!(received.into_bytes(), sent);
    }
    ws.close().await.expect("the closing is clean");
}

/// Returns the URI of a server.
pub fn uri(scheme: &str, server: &Server) -> String {
    format!("{scheme}://localhost:{}/", server.local_addr().port())
}

/// A time limit that a busy machine keeps and after which a test fails.
pub const SOON: Duration = Duration::from_secs(30);
