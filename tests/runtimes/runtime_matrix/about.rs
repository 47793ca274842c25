//! What a connection knows about itself.

use std::time::Duration;

use http::StatusCode;
use sockeye::{DeflateConfig, Error, connection::State};

use super::{
    block_on, echo_server,
    rt::{self, WebSocket},
    uri,
};

#[test]
fn both_ends_tell_of_the_same_handshake() -> Result<(), Error> {
    block_on(async {
        let tell = |mut ws: WebSocket| async move {
            ws.send(ws.request().as_bytes().to_vec()).await?;
            ws.send(ws.response().as_bytes().to_vec()).await?;
            Ok(ws.close().await?)
        };
        let plain = rt::serve("127.0.0.1:0", tell).await?;
        // All that an answer depends on.
        let rich = rt::serve("127.0.0.1:0", tell)
            .subprotocols(["second", "first"])
            .compression(DeflateConfig::default())
            .header("x-always", "1")
            .await?;
        for server in [plain, rich] {
            let client = rt::connect(uri(&server)).subprotocols(["first", "second"]);
            let mut ws = client.compression(DeflateConfig::default()).await?;
            assert_eq!(ws.recv().await?.as_bytes(), ws.request().as_bytes());
            assert_eq!(ws.recv().await?.as_bytes(), ws.response().as_bytes());
            assert!(ws.next().await?.is_none());
            server.close().await;
        }
        Ok(())
    })
}

#[test]
fn a_connection_tells_about_itself() -> Result<(), Error> {
    block_on(async {
        let server = echo_server().await;
        let mut ws = rt::connect(uri(&server)).await?;
        assert_eq!(ws.latency(), None);
        let pong = ws.ping("").await?;
        let rtt: Duration = pong.await?;
        assert_eq!(ws.latency(), Some(rtt));
        assert_eq!(ws.state(), State::Open);
        assert_eq!(ws.subprotocol(), None);
        assert_eq!(ws.request().path(), "/");
        assert_eq!(ws.response().status(), StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(ws.peer_addr(), Some(server.local_addr()));
        assert_eq!(ws.local_addr(), ws.get_ref().local_addr());
        let tcp = ws.get_ref().as_tcp().expect("it is TCP");
        assert!(tcp.nodelay()?);
        drop(ws.into_inner());
        server.close().await;
        Ok(())
    })
}
