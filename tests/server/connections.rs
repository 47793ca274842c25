//! The connections that a server counts.

use std::sync::Arc;

use sockeye_tests::{run, sleep, spawn};

use crate::{SECOND, connect, echo, serve};

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
