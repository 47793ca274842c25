//! The address of a server after it has been closed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use sockeye_tokio::{WebSocket, connect, serve};

#[test]
fn an_address_is_free_once_its_server_is_closed() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let handler = |ws: WebSocket| async move {
            drop(ws);
            Ok(())
        };
        let mut address = ([127, 0, 0, 1], 0).into();
        for _ in 0..20 {
            let server = serve(address, handler).await.unwrap();
            address = server.local_addr();
            server.close().await;
            assert!(connect(format!("ws://{address}")).await.is_err());
        }
    });
}
