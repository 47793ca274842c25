//! The server, over a network in memory.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sockeye::{
    CloseCode, ConnectionClosed, Error, Server,
    driver::{self, HandlerError, WebSocket},
};
use sockeye_tests::{Elapsed, Join, Sim, run, sleep, spawn, yield_now};

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
fn a_handler_that_returns_closes_with_1000_and_one_that_fails_with_1011() {
    run(async {
        let server = serve(|mut ws| async move {
            match ws.recv().await?.as_text() {
                Some("fail") => Err("as I was told".into()),
                Some("panic") => panic!("as I was told"),
                _ => Ok(()),
            }
        })
        .await;
        for (order, code) in [("return", 1000), ("fail", 1011), ("panic", 1011), ("return", 1000)] {
            let mut ws = connect(&server).await;
            ws.send(order).await.expect("sent");
            assert_eq!(code_of(ws).await.0, code, "{order}");
        }
        server.close().await;
        assert_eq!(server.connections(), 0);
    });
}

#[test]
fn a_handler_that_panics_at_once_does_not_take_the_server_along() {
    run(async {
        let calls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&calls);
        let server = serve(move |ws| {
            assert!(count.fetch_add(1, Ordering::Relaxed) >= 3, "not yet");
            echo(ws)
        })
        .await;
        for _ in 0..3 {
            assert_eq!(code_of(connect(&server).await).await.0, 1011);
        }
        let mut ws = connect(&server).await;
        ws.send("alive").await.expect("sent");
        assert_eq!(ws.recv().await.expect("echoed").as_text(), Some("alive"));
        ws.close().await.expect("closed");
        server.close().await;
    });
}

#[test]
fn a_connection_that_left_its_handler_is_closed_where_it_is_dropped() {
    run(async {
        let server = serve(|mut ws| async move {
            spawn(async move {
                while ws.recv().await.is_ok_and(|message| message.as_text() != Some("end")) {}
                sleep(SECOND).await;
                drop(ws);
            });
            Ok(())
        })
        .await;
        let mut ws = connect(&server).await;
        ws.send("go on").await.expect("sent");
        assert_eq!(server.connections(), 1);
        ws.send("end").await.expect("sent");
        let clock = Elapsed::start();
        assert_eq!(code_of(ws).await.0, 1000);
        assert_eq!(clock.get(), SECOND);
        server.close().await;
    });
}

#[test]
fn a_connection_that_its_handler_drops_is_closed_while_the_handler_goes_on() {
    run(async {
        let handled = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&handled);
        let server = serve(move |ws| {
            let count = Arc::clone(&count);
            async move {
                drop(ws);
                sleep(SECOND * 3600).await;
                count.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        })
        .await;
        assert_eq!(code_of(connect(&server).await).await.0, 1000);
        assert_eq!(handled.load(Ordering::Relaxed), 0, "the handler was not waited for");
        server.close().await;
        assert_eq!(handled.load(Ordering::Relaxed), 1, "a handler is never interrupted");
    });
}

#[test]
fn a_connection_whose_halves_are_dropped_is_closed() {
    run(async {
        let server = serve(|ws| async move {
            let (sender, mut receiver) = ws.split();
            let task = spawn(async move { sender.send("hello").await });
            receiver.recv().await?;
            task.await?;
            Ok(())
        })
        .await;
        let mut ws = connect(&server).await;
        assert_eq!(ws.recv().await.expect("sent").as_text(), Some("hello"));
        ws.send("end").await.expect("sent");
        assert_eq!(code_of(ws).await.0, 1000);
        server.close().await;
    });
}

#[test]
fn a_handler_may_take_the_stream_and_keep_it() {
    run(async {
        let streams = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&streams);
        let server = serve(move |ws| {
            kept.lock().expect("unpoisoned").push(ws.into_inner());
            async { Ok(()) }
        })
        .await;
        let ws = connect(&server).await;
        let server = spawn(async move {
            server.close().await;
            server.connections()
        });
        assert_eq!(server.await, 0);
        assert_eq!(streams.lock().expect("unpoisoned").len(), 1);
        drop(ws);
    });
}

#[test]
fn a_server_that_closes_sends_1001_to_all() {
    run(async {
        let server = serve(echo).await;
        let mut clients = Vec::new();
        for _ in 0..50 {
            clients.push(connect(&server).await);
        }
        assert_eq!(server.connections(), 50);
        let codes: Vec<Join<_>> =
            clients.into_iter().map(|ws| spawn(async move { code_of(ws).await })).collect();
        server.close().await;
        for code in codes {
            assert_eq!(code.await, (1001, String::new()));
        }
        assert_eq!(server.connections(), 0);
        let error = driver::connect::<Sim, _>(format!("ws://{}", server.local_addr()))
            .await
            .expect_err("nobody listens");
        assert!(matches!(error, Error::Io(_)), "{error:?}");
    });
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
fn a_server_may_say_why_it_closes() {
    run(async {
        let server = serve(echo).await;
        let ws = connect(&server).await;
        let code = spawn(async move { code_of(ws).await });
        server.close_with(1005, "").await.expect_err("not a code to send");
        server.close_with(1012, "x".repeat(124)).await.expect_err("too long");
        assert_eq!(server.connections(), 1);
        server.close_with(CloseCode::SERVICE_RESTART, "back soon").await.expect("closed");
        assert_eq!(code.await, (1012, String::from("back soon")));
        // Once more does no harm.
        server.close().await;
    });
}

#[test]
fn a_handler_that_only_sends_is_closed_with_the_server() {
    run(async {
        let server = serve(|mut ws| async move {
            loop {
                ws.send("tick").await?;
                sleep(SECOND).await;
            }
        })
        .await;
        let mut ws = connect(&server).await;
        ws.recv().await.expect("a tick");
        let code = spawn(async move {
            while ws.next().await.is_ok_and(|message| message.is_some()) {}
            ws.outcome().code()
        });
        sleep(3 * SECOND).await;
        server.close().await;
        assert_eq!(code.await, Some(CloseCode::GOING_AWAY));
    });
}

#[test]
fn a_handler_learns_that_it_was_not_its_own_mistake_that_the_server_closed() {
    run(async {
        let errors = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&errors);
        let server = serve(move |mut ws| {
            let told = Arc::clone(&told);
            async move {
                let error = loop {
                    match ws.send("tick").await {
                        Ok(()) => sleep(SECOND).await,
                        Err(error) => break error,
                    }
                };
                told.lock().expect("unpoisoned").push(error);
                Ok(())
            }
        })
        .await;
        let ws = connect(&server).await;
        let code = spawn(async move {
            let mut ws = ws;
            while ws.next().await.is_ok_and(|message| message.is_some()) {}
            ws.outcome().code()
        });
        sleep(SECOND / 2).await;
        server.close().await;
        assert_eq!(code.await, Some(CloseCode::GOING_AWAY));
        let error = errors.lock().expect("unpoisoned").pop().expect("sending ended");
        let sent = closed(error).sent.map(|close| close.code);
        assert_eq!(sent, Some(CloseCode::GOING_AWAY));
    });
}

#[test]
fn a_handler_that_is_stuck_in_sending_is_closed_with_the_server() {
    run(async {
        let server = serve(|mut ws| async move {
            loop {
                ws.send(vec![0; 1000]).await?;
            }
        })
        .await;
        let ws = connect(&server).await;
        sleep(SECOND).await;
        let clock = Elapsed::start();
        server.close().await;
        assert_eq!(clock.get(), 10 * SECOND);
        drop(ws);
    });
}

#[test]
fn a_server_that_closes_waits_for_its_handlers() {
    run(async {
        let ended = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ended);
        let server = serve(move |ws| {
            let count = Arc::clone(&count);
            async move {
                drop(ws);
                sleep(15 * SECOND).await;
                count.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        })
        .await;
        let ws = connect(&server).await;
        let code = spawn(async move { code_of(ws).await });
        let clock = Elapsed::start();
        server.close().await;
        assert_eq!(clock.get(), 15 * SECOND);
        assert_eq!(ended.load(Ordering::Relaxed), 1);
        code.await;
    });
}

#[test]
fn draining_leaves_the_connections_alone_and_lets_nobody_in() {
    run(async {
        let server = Arc::new(serve(echo).await);
        let mut ws = connect(&server).await;
        let draining = Arc::clone(&server);
        let drained = spawn(async move { draining.drain().await });
        sleep(10 * SECOND).await;
        ws.send("still here").await.expect("open");
        assert_eq!(ws.recv().await.expect("open").as_text(), Some("still here"));
        assert!(!drained.is_finished());
        let uri = format!("ws://{}", server.local_addr());
        driver::connect::<Sim, _>(uri).await.expect_err("nobody listens");
        ws.close().await.expect("closed");
        drained.await;
        assert_eq!(server.connections(), 0);
    });
}

#[test]
fn a_dropped_server_stops_listening_and_leaves_the_connections_alone() {
    run(async {
        let server = serve(echo).await;
        let uri = format!("ws://{}", server.local_addr());
        let mut ws = connect(&server).await;
        drop(server);
        yield_now().await;
        yield_now().await;
        driver::connect::<Sim, _>(uri).await.expect_err("nobody listens");
        ws.send("still here").await.expect("open");
        assert_eq!(ws.recv().await.expect("open").as_text(), Some("still here"));
        ws.close().await.expect("closed");
    });
}

#[test]
fn what_a_handler_holds_stays_as_long_as_a_connection() {
    run(async {
        let held = Arc::new(());
        let look = Arc::downgrade(&held);
        let server = serve(move |ws| {
            let _ = &held;
            echo(ws)
        })
        .await;
        let mut ws = connect(&server).await;
        drop(server);
        sleep(SECOND).await;
        assert!(look.upgrade().is_some(), "connections may live on what the handler holds");
        ws.close().await.expect("closed");
        sleep(SECOND).await;
        assert!(look.upgrade().is_none());
    });
}

#[test]
fn a_server_closes_though_a_client_never_answers() {
    run(async {
        let server = serve(echo).await;
        let ws = connect(&server).await;
        let clock = Elapsed::start();
        server.close().await;
        assert_eq!(clock.get(), 10 * SECOND);
        drop(ws);
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
