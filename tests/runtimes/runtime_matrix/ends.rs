//! How connections end, and what is said then.

use futures_util::future::join;
use sockeye::{CloseCode, Error, connection::Sockets};

use super::{WebSocket, connect, echo_server, serve, uri};

pub(crate) async fn after_the_end_each_gets_the_right_error<R: Sockets>() -> Result<(), Error> {
    let server = echo_server::<R>().await;
    let mut ws = connect::<R, _>(uri(&server)).await?;
    ws.close().await?;
    let error = ws.send("x").await.expect_err("closed");
    assert_eq!(error.to_string(), "Cannot send in state CLOSED");
    let error = ws.recv().await.expect_err("closed");
    assert_eq!(error.to_string(), "Connection closed: 1000 ");
    ws.close().await?;
    let mut ws = connect::<R, _>(uri(&server)).await?;
    let (next, ()) = join(ws.next(), server.close()).await;
    assert!(next?.is_none());
    let error = ws.send("x").await.expect_err("closed");
    assert!(matches!(&error, Error::ConnectionClosed(closed) if closed.is_ok()), "{error:?}");
    assert_eq!(error.close_code(), Some(CloseCode::GOING_AWAY));
    Ok(())
}

pub(crate) async fn handlers_that_fail_and_panic_close_with_1011<R: Sockets>() -> Result<(), Error>
{
    let server = serve::<R, _, _>("127.0.0.1:0", |mut ws: WebSocket<R>| async move {
        match ws.recv().await?.as_text() {
            Some("fail") => Err("as I was told".into()),
            Some("panic") => panic!("as I was told"),
            _ => Ok(()),
        }
    })
    .await?;
    for (order, code) in [("fail", 1011), ("panic", 1011), ("return", 1000)] {
        let mut ws = connect::<R, _>(uri(&server)).await?;
        ws.send(order).await?;
        let error = ws.recv().await.expect_err("it ends");
        assert_eq!(error.close_code().map(CloseCode::as_u16), Some(code), "{order}");
    }
    server.close().await;
    assert_eq!(server.connections(), 0);
    Ok(())
}
