//! Tasks of tokio, which have to leave off after a while: what they poll then is not ready, and does not listen either.

use std::{
    future::{Future as _, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use sockeye::{
    Error,
    error::CloseCause,
    tokio::{WebSocket, accept, client},
};
use sockeye_tests::both;
use tokio::{io::DuplexStream, sync::mpsc, time};

/// A client, and a server that is going to be silent.
async fn pair() -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let (near, far) = tokio::io::duplex(4096);
    let client = async { client("ws://localhost/", near).await.expect("it opens") };
    let server = async {
        let handshake = accept(far).await.expect("a request");
        handshake.accept().await.expect("it opens")
    };
    both(client, server).await
}

/// Uses up what the task may do before the others have their turn.
fn exhaust(cx: &mut Context<'_>) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    for _ in 0..1000 {
        sender.send(()).expect("the receiver is there");
    }
    while receiver.poll_recv(cx).is_ready() {}
    assert!(!receiver.is_empty(), "a task may go on and on");
}

fn poll_once(ws: &mut WebSocket<DuplexStream>, cx: &mut Context<'_>) {
    assert!(pin!(ws.recv()).poll(cx).is_pending());
}

async fn expect_timeout(ws: &mut WebSocket<DuplexStream>) {
    let recv = time::timeout(Duration::from_secs(100), ws.recv());
    match recv.await.expect("the keepalive notices that nobody is there") {
        Err(Error::ConnectionClosed(closed)) => {
            assert!(matches!(closed.cause, Some(CloseCause::Timeout(_))), "{closed:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_is_made_after_the_turn_of_the_task_rings() {
    let (mut ws, _silent) = pair().await;
    poll_fn(|cx| {
        exhaust(cx);
        poll_once(&mut ws, cx);
        Poll::Ready(())
    })
    .await;
    expect_timeout(&mut ws).await;
}

#[tokio::test(start_paused = true)]
async fn a_timer_learns_after_the_turn_of_the_task_whom_to_wake() {
    let (mut ws, _silent) = pair().await;
    poll_once(&mut ws, &mut Context::from_waker(Waker::noop()));
    poll_fn(|cx| {
        exhaust(cx);
        poll_once(&mut ws, cx);
        Poll::Ready(())
    })
    .await;
    expect_timeout(&mut ws).await;
}
