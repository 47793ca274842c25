//! How a server ends, and its connections with it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use sockeye::{CloseCode, Error};
use sockeye_tests::{Elapsed, Join, Sim, at_most_polls, run, sleep, spawn, yield_now};

use crate::{SECOND, closed, code_of, connect, echo, serve};

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
        let error = sockeye::client::connect::<Sim, _>(format!("ws://{}", server.local_addr()))
            .await
            .expect_err("nobody listens");
        assert!(matches!(error, Error::Io(_)), "{error:?}");
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
        sockeye::client::connect::<Sim, _>(uri).await.expect_err("nobody listens");
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
        sockeye::client::connect::<Sim, _>(uri).await.expect_err("nobody listens");
        ws.send("still here").await.expect("open");
        assert_eq!(ws.recv().await.expect("open").as_text(), Some("still here"));
        ws.close().await.expect("closed");
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
fn handlers_that_never_return_are_cancelled_at_the_deadline() {
    run(async {
        let held = Arc::new(());
        let look = Arc::downgrade(&held);
        let server = serve(move |ws| {
            let held = Arc::clone(&held);
            async move {
                // Never awaits a method of the connection.
                sleep(SECOND * 3600).await;
                drop((ws, held));
                Ok(())
            }
        })
        .await;
        let mut ws = connect(&server).await;
        let clock = Elapsed::start();
        server.close().await;
        assert_eq!(clock.get(), 20 * SECOND);
        assert_eq!(server.connections(), 0);
        assert!(look.upgrade().is_none(), "the handler has been dropped");
        let end = closed(ws.recv().await.expect_err("the connection has ended"));
        assert_eq!((end.rcvd, end.sent), (None, None));
    });
}

#[test]
fn a_handler_that_outlives_its_connection_is_cancelled_at_the_deadline() {
    run(async {
        let server = serve(|ws| async move {
            drop(ws);
            sleep(SECOND * 3600).await;
            Ok(())
        })
        .await;
        let ws = connect(&server).await;
        assert_eq!(code_of(ws).await.0, 1000);
        let clock = Elapsed::start();
        server.close().await;
        assert_eq!(clock.get(), 20 * SECOND);
    });
}

#[test]
fn a_connection_in_another_task_is_aborted_at_the_deadline() {
    run(async {
        let ends = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&ends);
        let server = serve(move |mut ws| {
            let told = Arc::clone(&told);
            async move {
                spawn(async move {
                    // Receives only after the deadline.
                    sleep(SECOND * 60).await;
                    let error = ws.recv().await.expect_err("the server has aborted the connection");
                    told.lock().expect("unpoisoned").push(error);
                });
                Ok(())
            }
        })
        .await;
        let ws = connect(&server).await;
        let clock = Elapsed::start();
        server.close().await;
        assert_eq!(clock.get(), 20 * SECOND);
        sleep(SECOND * 60).await;
        drop(ws);
        let error = ends.lock().expect("unpoisoned").pop().expect("the task has ended");
        let text = format!("{:#}", closed(error));
        assert!(text.contains("aborted"), "{text}");
    });
}

#[test]
fn a_shutdown_that_is_not_awaited_has_a_deadline_too() {
    run(async {
        let server = serve_with_dropped_close().await;
        let clock = Elapsed::start();
        server.drain().await;
        assert_eq!(clock.get(), 20 * SECOND);
    });
}

/// A server with a stuck handler, on which `close` was polled once and dropped.
async fn serve_with_dropped_close() -> sockeye::Server {
    let server = serve(|ws| async move {
        sleep(SECOND * 3600).await;
        drop(ws);
        Ok(())
    })
    .await;
    drop(connect(&server).await);
    assert!(at_most_polls(1, server.close()).await.is_none());
    server
}

#[test]
fn draining_has_no_deadline() {
    run(async {
        let server = serve(|ws| async move {
            sleep(SECOND * 3600).await;
            drop(ws);
            Ok(())
        })
        .await;
        drop(connect(&server).await);
        let clock = Elapsed::start();
        server.drain().await;
        assert_eq!(clock.get(), 3600 * SECOND);
    });
}
