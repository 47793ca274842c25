//! Handlers that return, fail, panic or drop their connection, and how the connection ends.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use sockeye_tests::{Elapsed, run, sleep, spawn};

use crate::{SECOND, code_of, connect, echo, serve, serve_patiently};

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
        let server = serve_patiently(move |ws| {
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
        assert_eq!(
            handled.load(Ordering::Relaxed),
            1,
            "without a time limit, no handler is interrupted"
        );
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
