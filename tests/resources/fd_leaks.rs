#![forbid(unsafe_code)]
//! Connections leave no file descriptor open. The test counts the descriptors of its process.

use std::{
    future::{Future, IntoFuture},
    time::Duration,
};

use sockeye::{
    HandlerError,
    connection::{Sockets, WebSocket},
};
use sockeye_tests::at_most_polls;

type Ws<R> = WebSocket<<R as Sockets>::Stream, R>;

async fn echo<R: Sockets>(mut ws: Ws<R>) -> Result<(), HandlerError> {
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

/// Opens connections and ends them in all ways.
async fn come_and_go<R: Sockets>() {
    let server = sockeye::server::serve::<R, _, _>("127.0.0.1:0", echo::<R>)
        .open_timeout(Duration::from_millis(200))
        .await
        .expect("listening");
    let address = server.local_addr();
    for id in 0..60 {
        if id % 6 == 5 {
            // A client that never sends a byte.
            drop(std::net::TcpStream::connect(address).expect("listening"));
            continue;
        }
        let mut ws =
            sockeye::client::connect::<R, _>(format!("ws://{address}")).await.expect("connected");
        ws.send("hello").await.expect("open");
        ws.recv().await.expect("open");
        match id % 6 {
            0 => ws.close().await.expect("closed"),
            1 => drop(ws),
            2 => drop(ws.split()),
            3 => drop(ws.into_inner()),
            _ => drop(ws.ping("x").await.expect("open").await),
        }
    }
    server.close().await;
    assert_eq!(server.connections(), 0);
    come_and_go_by_unix::<R>().await;
}

/// Gives up connecting at every poll, until there is a connection.
async fn come_and_go_by_unix<R: Sockets>() {
    let name = format!("sockeye-{}.sock", std::process::id());
    let path = std::env::temp_dir().join(name);
    let server = sockeye::server::serve_unix::<R, _, _>(&path, echo::<R>).await.expect("listening");
    for polls in 1.. {
        let connect = sockeye::client::connect::<R, _>("ws://localhost/").unix(&path);
        let Some(ws) = at_most_polls(polls, connect.into_future()).await else { continue };
        let mut ws = ws.expect("connected");
        ws.send("hello").await.expect("open");
        ws.recv().await.expect("open");
        break;
    }
    server.close().await;
}

/// Returns the number of open file descriptors. Runtimes open their own in the first round and keep them.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

fn leaves_nothing(name: &str, mut round: impl FnMut()) {
    round();
    let before = descriptors();
    for _ in 0..3 {
        round();
    }
    // Runtimes close what was dropped in their own time.
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while descriptors() > before && std::time::Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert!(descriptors() <= before, "{name}: {before} descriptors became {}", descriptors());
}

fn on_tokio<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("there is a runtime").block_on(test)
}

#[test]
fn connections_of_all_fates_leave_no_descriptor_behind() {
    leaves_nothing("tokio", || on_tokio(come_and_go::<sockeye::tokio::Tokio>()));
    leaves_nothing("async-std", || {
        async_std::task::block_on(come_and_go::<sockeye::async_std::AsyncStd>());
    });
    leaves_nothing("smol", || smol::block_on(come_and_go::<sockeye::smol::Smol>()));
}
