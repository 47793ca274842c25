//! The server, over a network in memory.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use sockeye::{
    CloseCode, ConnectionClosed, Error, HandshakeError, MessageKind, Rejection, Server, Verdict,
    driver::{self, HandlerError, Runtime as _, TcpOptions, WebSocket},
};
use sockeye_tests::{Elapsed, Join, Sim, run, sleep, spawn, yield_now};

type Ws = WebSocket<driver::Stream<Sim>, Sim>;

const SECOND: Duration = Duration::from_secs(1);

async fn connect(server: &Server) -> Ws {
    driver::connect::<Sim, _>(format!("ws://{}", server.local_addr())).await.expect("connected")
}

async fn echo(mut ws: Ws) -> Result<(), HandlerError> {
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

/// A server whose handlers do this.
async fn serve<F>(handler: impl Fn(Ws) -> F + Send + Sync + 'static) -> Server
where
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    driver::serve::<Sim, _, _>("127.0.0.1:0", handler).await.expect("listening")
}

fn closed(error: Error) -> ConnectionClosed {
    match error {
        Error::ConnectionClosed(closed) => *closed,
        other => panic!("{other:?}"),
    }
}

async fn code_of(mut ws: Ws) -> (u16, String) {
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
fn a_handler_that_only_feeds_and_flushes_gets_the_news_out() {
    run(async {
        let server = serve(|mut ws| async move {
            loop {
                ws.feed("tick").await?;
                ws.flush().await?;
                sleep(SECOND).await;
            }
        })
        .await;
        let mut ws = connect(&server).await;
        ws.recv().await.expect("a tick");
        assert_eq!(server.broadcast("news").await, 1);
        while ws.recv().await.expect("open").as_text() != Some("news") {}
        drop(ws);
        server.close().await;
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
fn who_is_in_the_handshake_when_the_server_closes_is_told_503() {
    run(async {
        let server = serve(echo).await;
        let stream =
            Sim::connect_tcp(server.local_addr(), &TcpOptions::default()).await.expect("ok");
        let answer = stream.read();
        stream.written().put(b"GET / HTTP/1.1\r\nHost: local");
        sleep(SECOND).await;
        server.close().await;
        let answer = String::from_utf8(answer.log()).expect("ASCII");
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
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
fn a_broadcast_reaches_the_idle_and_the_busy() {
    run(async {
        let server = serve(|mut ws| async move {
            while let Some(message) = ws.next().await? {
                if message.as_text() == Some("work") {
                    sleep(5 * SECOND).await;
                }
                ws.send(message).await?;
            }
            Ok(())
        })
        .await;
        let mut idle = connect(&server).await;
        let mut busy = connect(&server).await;
        busy.send("work").await.expect("sent");
        sleep(SECOND).await;
        let clock = Elapsed::start();
        assert_eq!(server.broadcast("news").await, 2);
        assert_eq!(idle.recv().await.expect("open").as_text(), Some("news"));
        assert_eq!(clock.get(), Duration::ZERO);
        let mut received = Vec::new();
        for _ in 0..2 {
            received.push(busy.recv().await.expect("open").as_text().map(str::to_owned));
        }
        received.sort();
        assert_eq!(received, [Some("news".to_owned()), Some("work".to_owned())]);
        drop((idle, busy));
        server.close().await;
        assert_eq!(server.broadcast("nobody").await, 0);
    });
}

#[test]
fn a_broadcast_is_in_order_and_complete() {
    run(async {
        let server = serve(echo).await;
        let mut clients = Vec::new();
        for _ in 0..5 {
            clients.push(connect(&server).await);
        }
        for n in 0..500 {
            assert_eq!(server.broadcast(n.to_string()).await, 5);
        }
        for mut ws in clients {
            for n in 0..500 {
                let message = ws.recv().await.expect("open");
                assert_eq!(message.as_text(), Some(&*n.to_string()));
            }
        }
        server.close().await;
    });
}

#[test]
fn a_connection_that_does_not_keep_up_is_closed_with_1008() {
    run(async {
        let server = serve(echo).await;
        let slow = connect(&server).await;
        let mut fast = connect(&server).await;
        let fast = spawn(async move {
            let mut count = 0;
            while fast.next().await.is_ok_and(|message| message.is_some()) {
                count += 1;
            }
            count
        });
        let mut reached = Vec::new();
        for _ in 0..100 {
            reached.push(server.broadcast(vec![0; 64 << 10]).await);
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(reached[0], 2);
        let kept_up = reached.iter().take_while(|count| **count == 2).count();
        assert!((16..40).contains(&kept_up), "{kept_up}");
        assert!(reached[kept_up..].iter().all(|count| *count == 1), "{reached:?}");
        let mut slow = slow;
        let end = loop {
            if let Err(error) = slow.recv().await {
                break closed(error);
            }
        };
        assert_eq!(end.code(), Some(CloseCode::POLICY_VIOLATION), "{end:?}");
        server.close().await;
        assert_eq!(fast.await, 100);
    });
}

#[test]
fn a_broadcast_waits_for_the_end_of_a_streamed_message() {
    run(async {
        let server = serve(|ws| async move {
            let (sender, mut receiver) = ws.split();
            let task = spawn(async move {
                let mut writer = sender.send_stream(MessageKind::Text).await?;
                for _ in 0..5 {
                    writer.write("part").await?;
                    sleep(SECOND).await;
                }
                writer.finish().await?;
                sleep(100 * SECOND).await;
                Ok::<_, Error>(())
            });
            while receiver.next().await?.is_some() {}
            drop(task);
            Ok(())
        })
        .await;
        let mut ws = connect(&server).await;
        sleep(2 * SECOND).await;
        assert_eq!(server.broadcast("news").await, 1);
        assert_eq!(ws.recv().await.expect("open").as_text(), Some("partpartpartpartpart"));
        let clock = Elapsed::start();
        assert_eq!(ws.recv().await.expect("no gaps").as_text(), Some("news"));
        assert_eq!(clock.get(), Duration::ZERO);
        drop(ws);
        server.close().await;
    });
}

#[test]
fn requests_are_judged_before_they_are_checked() {
    run(async {
        let server = driver::serve::<Sim, _, _>("127.0.0.1:0", echo)
            .on_request(|request: &sockeye::Request| match request.path() {
                "/healthz" => Verdict::Reject(Rejection::new(StatusCode::OK, "OK")),
                "/panic" => panic!("as I was told"),
                _ => Verdict::Accept,
            })
            .await
            .expect("listening");
        for (head, answer) in [
            ("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 "),
            ("GET /panic HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 500 "),
            ("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 426 "),
            ("POST /other HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 405 "),
        ] {
            let options = TcpOptions::default();
            let stream = Sim::connect_tcp(server.local_addr(), &options).await.expect("listening");
            let tap = stream.read();
            stream.written().put(head.as_bytes());
            sleep(SECOND).await;
            assert!(tap.is_ended(), "{head}");
            let text = String::from_utf8(tap.log()).expect("ASCII");
            assert!(text.starts_with(answer), "{head} was answered {text}");
        }
        let mut ws = connect(&server).await;
        ws.send("hello").await.expect("open");
        assert_eq!(ws.recv().await.expect("open").as_text(), Some("hello"));
        drop(ws);
        server.close().await;
    });
}

#[test]
fn origins_are_checked() {
    run(async {
        let server = driver::serve::<Sim, _, _>("127.0.0.1:0", echo)
            .origins(["https://myapp.com"])
            .await
            .expect("listening");
        let uri = format!("ws://{}", server.local_addr());
        let connect = || driver::connect::<Sim, _>(uri.as_str());
        connect().origin("https://myapp.com").await.expect("admitted");
        for origin in ["https://evil.com", "null", "https://myapp.com.evil.com"] {
            let error = connect().origin(origin).await.expect_err("refused");
            let Error::Handshake(HandshakeError::InvalidStatus(error)) = error else {
                panic!("{error:?}")
            };
            assert_eq!(error.status_code, StatusCode::FORBIDDEN, "{origin}");
        }
        server.close().await;
    });
}

#[test]
fn settings_that_make_no_sense_are_found_before_anybody_listens() {
    run(async {
        let serve = || driver::serve::<Sim, _, _>("127.0.0.1:0", echo);
        serve().subprotocols(["a b"]).await.expect_err("not a token");
        serve().origins(["nonsense"]).await.expect_err("not an origin");
        serve().header("x", "a\r\nb").await.expect_err("not a value");
        driver::serve::<Sim, _, _>("256.0.0.1:0", echo).await.expect_err("not an address");
    });
}

#[test]
fn a_hundred_silent_strangers_do_not_keep_a_client_out() {
    run(async {
        let server = serve(echo).await;
        let mut strangers = Vec::new();
        for _ in 0..100 {
            let options = TcpOptions::default();
            let stream = Sim::connect_tcp(server.local_addr(), &options).await.expect("listening");
            strangers.push(stream);
        }
        let clock = Elapsed::start();
        let mut ws = connect(&server).await;
        assert_eq!(clock.get(), Duration::ZERO);
        assert_eq!(server.connections(), 1);
        sleep(11 * SECOND).await;
        for stranger in &strangers {
            assert!(stranger.read().is_ended(), "a stranger is still there after the open timeout");
        }
        ws.close().await.expect("closed");
        server.close().await;
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
