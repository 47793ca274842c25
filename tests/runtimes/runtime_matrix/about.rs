//! The properties of a connection.

use std::{os::fd::AsFd, time::Duration};

use http::StatusCode;
use socket2::SockRef;
use sockeye::{
    DeflateConfig, Error,
    connection::{Sockets, State},
};

use super::{WebSocket, connect, echo_server, serve, uri};

pub(crate) async fn both_ends_tell_of_the_same_handshake<R: Sockets>() -> Result<(), Error> {
    let tell = |mut ws: WebSocket<R>| async move {
        ws.send(ws.request().as_bytes().unwrap_or_default().to_vec()).await?;
        ws.send(ws.response().as_bytes().unwrap_or_default().to_vec()).await?;
        Ok(ws.close().await?)
    };
    let plain = serve::<R, _, _>("127.0.0.1:0", tell).await?;
    // All that an answer depends on.
    let rich = serve::<R, _, _>("127.0.0.1:0", tell)
        .subprotocols(["second", "first"])
        .compression(DeflateConfig::default())
        .header("x-always", "1")
        .await?;
    for server in [plain, rich] {
        let client = connect::<R, _>(uri(&server)).subprotocols(["first", "second"]);
        let mut ws = client.compression(DeflateConfig::default()).await?;
        assert_eq!(ws.recv().await?.as_bytes(), ws.request().as_bytes().unwrap_or_default());
        assert_eq!(ws.recv().await?.as_bytes(), ws.response().as_bytes().unwrap_or_default());
        assert!(ws.next().await?.is_none());
        server.close().await;
    }
    Ok(())
}

pub(crate) async fn a_connection_tells_about_itself<R>() -> Result<(), Error>
where
    R: Sockets<Tcp: AsFd>,
{
    let server = echo_server::<R>().await;
    let mut ws = connect::<R, _>(uri(&server)).await?;
    assert_eq!(ws.latency(), None);
    let pong = ws.ping("").await?;
    let rtt: Duration = pong.await?;
    assert_eq!(ws.latency(), Some(rtt));
    assert_eq!(ws.state(), State::Open);
    assert_eq!(ws.subprotocol(), None);
    assert_eq!(ws.request().path(), "/");
    assert_eq!(ws.response().status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(ws.peer_addr(), Some(server.local_addr()));
    assert_eq!(ws.local_addr(), ws.get_ref().as_ref().local_addr());
    let tcp = ws.get_ref().as_ref().as_tcp().expect("it is TCP");
    assert!(SockRef::from(tcp).tcp_nodelay()?);
    let local = ws.local_addr();
    let (sender, receiver) = ws.split();
    let peer = Some(server.local_addr());
    assert_eq!((sender.local_addr(), sender.peer_addr()), (local, peer));
    assert_eq!((receiver.local_addr(), receiver.peer_addr()), (local, peer));
    let ws = receiver.reunite(sender).expect("both halves of the connection");
    drop(ws.into_inner());
    server.close().await;
    Ok(())
}
