//! How a connection of a server ends: the rows of docs/server-endings.md.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use sockeye::{Close, CloseCode, Message, MessageKind, Server, server::HandlerError};
use sockeye_tests::{Join, Sim, now_or_never, run, sleep, spawn, yield_now};

use crate::{SECOND, Ws, connect, echo, serve};

/// The messages that a client receives, and the code at the end: that of the server's close frame, or 1006.
type Received = (Vec<String>, u16);

/// Receives all messages and the end, after some time.
fn receive_after(seconds: u32, mut ws: Ws) -> Join<Received> {
    spawn(async move {
        sleep(seconds * SECOND).await;
        let mut messages = Vec::new();
        loop {
            match ws.recv().await {
                Ok(message) if message.len() > 100 => messages.push("long".to_owned()),
                Ok(message) => messages.push(message.as_text().unwrap_or_default().to_owned()),
                Err(error) => {
                    let code = ws.outcome().rcvd.as_ref().map_or(CloseCode::ABNORMAL, |c| c.code);
                    drop(error);
                    return (messages, code.as_u16());
                }
            }
        }
    })
}

/// Queues a message that the handler's connection has not seen when the handler continues, because the handler does not await
/// its connection meanwhile.
fn queue_news(server: &Server, text: &str) {
    assert_eq!(now_or_never(server.broadcast(text.to_owned())), Some(1));
}

/// The action of a handler after a second in which it does not await its connection.
#[derive(Clone, Copy, Debug)]
enum Action {
    Return,
    Fail,
    Panic,
    CloseWith4000,
    DropBefore,
    DropHalves,
    Feed,
    Move,
}

async fn act(mut ws: Ws, action: Action) -> Result<(), HandlerError> {
    sleep(SECOND).await;
    match action {
        Action::Return => Ok(()),
        Action::Fail => Err("as requested".into()),
        Action::Panic => panic!("as requested"),
        Action::CloseWith4000 => Ok(ws.close_with(4000, "").await?),
        Action::DropBefore => {
            drop(ws);
            sleep(SECOND).await;
            Ok(())
        }
        Action::DropHalves => {
            let (sender, receiver) = ws.split();
            drop(receiver);
            sleep(SECOND).await;
            drop(sender);
            Ok(())
        }
        Action::Feed => {
            ws.feed("own").await?;
            Ok(())
        }
        Action::Move => {
            spawn(async move {
                sleep(SECOND).await;
                drop(ws);
            });
            Ok(())
        }
    }
}

/// Broadcasts before the action. Returns the messages that the client receives, and the code.
fn broadcast_then(action: Action) -> Received {
    run(async {
        let server = serve(move |ws| act(ws, action)).await;
        let client = receive_after(0, connect(&server).await);
        queue_news(&server, "news");
        let received = client.await;
        server.close().await;
        received
    })
}

/// Broadcasts and closes the server before the action.
fn broadcast_and_close_then(action: Action) -> Received {
    run(async {
        let server = serve(move |ws| act(ws, action)).await;
        let client = receive_after(0, connect(&server).await);
        queue_news(&server, "news");
        server.close().await;
        client.await
    })
}

fn news(code: u16) -> Received {
    (vec!["news".to_owned()], code)
}

#[test]
fn a_handler_that_returns_sends_the_queued_messages_and_1000() {
    assert_eq!(broadcast_then(Action::Return), news(1000));
}

#[test]
fn a_handler_that_fails_sends_the_queued_messages_and_1011() {
    assert_eq!(broadcast_then(Action::Fail), news(1011));
}

#[test]
fn a_handler_that_panics_sends_the_queued_messages_and_1011() {
    assert_eq!(broadcast_then(Action::Panic), news(1011));
}

#[test]
fn a_handler_that_closes_sends_the_queued_messages_and_its_code() {
    assert_eq!(broadcast_then(Action::CloseWith4000), news(4000));
}

#[test]
fn a_connection_that_its_handler_drops_sends_the_queued_messages_and_1000() {
    assert_eq!(broadcast_then(Action::DropBefore), news(1000));
}

#[test]
fn a_connection_whose_halves_are_dropped_sends_the_queued_messages_and_1000() {
    assert_eq!(broadcast_then(Action::DropHalves), news(1000));
}

#[test]
fn a_connection_that_another_task_drops_sends_the_queued_messages_and_1000() {
    assert_eq!(broadcast_then(Action::Move), news(1000));
}

#[test]
fn a_message_that_the_handler_has_fed_is_sent_before_the_close_frame() {
    let (messages, code) = broadcast_then(Action::Feed);
    assert_eq!((messages.join(" "), code), ("own news".to_owned(), 1000));
}

#[test]
fn a_client_receives_the_queued_messages_and_1001_whatever_the_handler_does_during_close() {
    for action in [
        Action::Return,
        Action::Fail,
        Action::Panic,
        Action::CloseWith4000,
        Action::DropBefore,
        Action::DropHalves,
        Action::Move,
    ] {
        assert_eq!(broadcast_and_close_then(action), news(1001), "{action:?}");
    }
}

#[test]
fn a_server_that_closes_sends_the_messages_for_which_there_was_no_room_yet() {
    run(async {
        let server = serve(echo).await;
        let client = receive_after(5, connect(&server).await);
        for _ in 0..10 {
            assert_eq!(server.broadcast(vec![0; 64 << 10]).await, 1);
        }
        server.close().await;
        assert_eq!(client.await, (vec!["long".to_owned(); 10], 1001));
    });
}

#[test]
fn a_server_that_drains_sends_the_queued_messages_before_the_end_of_the_handler() {
    run(async {
        let server = serve(move |ws| act(ws, Action::Return)).await;
        let client = receive_after(0, connect(&server).await);
        queue_news(&server, "news");
        server.drain().await;
        assert_eq!(client.await, news(1000));
    });
}

#[test]
fn messages_that_cannot_be_sent_before_the_close_timeout_end_the_connection_abnormally() {
    run(async {
        let server = serve(move |ws| act(ws, Action::Return)).await;
        let client = receive_after(15, connect(&server).await);
        for _ in 0..10 {
            server.broadcast(vec![0; 64 << 10]).await;
        }
        server.drain().await;
        let (messages, code) = client.await;
        assert!(messages.len() < 10);
        assert_eq!(code, 1006);
    });
}

#[test]
fn a_handler_that_is_cancelled_ends_the_connection_without_a_close_frame() {
    run(async {
        let server = serve(|ws| async move {
            sleep(3600 * SECOND).await;
            drop(ws);
            Ok(())
        })
        .await;
        let client = receive_after(0, connect(&server).await);
        queue_news(&server, "news");
        server.close().await;
        assert_eq!(client.await, (Vec::new(), 1006));
    });
}

#[test]
fn a_message_does_not_count_on_a_connection_that_is_closing() {
    run(async {
        let is_closing = Arc::new(AtomicBool::new(false));
        let closing = Arc::clone(&is_closing);
        let server = serve(move |mut ws| {
            let closing = Arc::clone(&closing);
            async move {
                ws.start_close(&Close::new(4000, ""))?;
                closing.store(true, Ordering::Relaxed);
                sleep(SECOND).await;
                Ok(ws.close().await?)
            }
        })
        .await;
        let client = receive_after(0, connect(&server).await);
        while !is_closing.load(Ordering::Relaxed) {
            yield_now().await;
        }
        assert_eq!(server.connections(), 1);
        assert_eq!(server.broadcast("news").await, 0);
        assert_eq!(client.await, (Vec::new(), 4000));
        server.close().await;
    });
}

#[test]
fn a_message_does_not_count_on_a_connection_that_the_client_has_closed() {
    run(async {
        let server = serve(|mut ws| async move {
            assert!(ws.next().await?.is_none());
            sleep(3600 * SECOND).await;
            Ok(())
        })
        .await;
        let mut ws = connect(&server).await;
        ws.close().await.expect("no mistake");
        assert_eq!(ws.outcome().code(), Some(CloseCode::NORMAL));
        assert_eq!(server.broadcast("news").await, 0);
        server.close().await;
    });
}

#[test]
fn a_message_in_parts_that_a_close_cuts_is_incomplete() {
    run(async {
        let server = serve(|mut ws| async move {
            let mut writer = ws.send_stream(MessageKind::Text).await?;
            loop {
                writer.write("part").await?;
                sleep(SECOND).await;
            }
        })
        .await;
        let mut ws = connect(&server).await;
        let client = spawn(async move {
            ws.next().await.expect("the close is legal").map_or(Ok(()), Err)?;
            Ok::<_, Message>(ws.outcome().clone())
        });
        sleep(SECOND / 2).await;
        assert_eq!(server.broadcast("news").await, 1);
        server.close().await;
        let outcome = client.await.expect("no message");
        assert_eq!(outcome.code(), Some(CloseCode::GOING_AWAY));
        assert!(outcome.is_message_incomplete, "the client can tell that the message is missing");
    });
}

#[test]
fn a_handler_that_abandons_a_message_in_parts_fails_with_1011() {
    run(async {
        let server = serve(|mut ws| async move {
            let mut writer = ws.send_stream(MessageKind::Text).await?;
            writer.write("part").await?;
            drop(writer);
            Ok(())
        })
        .await;
        let client = receive_after(0, connect(&server).await);
        assert_eq!(client.await, (Vec::new(), 1011));
        server.close().await;
    });
}

#[test]
fn a_handler_that_takes_the_stream_ends_without_a_close_frame() {
    run(async {
        let streams = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&streams);
        let server = serve(move |ws| {
            kept.lock().expect("unpoisoned").push(ws.into_inner());
            async { Ok(()) }
        })
        .await;
        let client = receive_after(0, connect(&server).await);
        yield_now().await;
        server.close().await;
        streams.lock().expect("unpoisoned").clear();
        assert_eq!(client.await, (Vec::new(), 1006));
    });
}

#[test]
fn a_connection_of_a_dropped_server_sends_the_queued_messages() {
    run(async {
        let server = serve(move |ws| act(ws, Action::Return)).await;
        let client = receive_after(0, connect(&server).await);
        queue_news(&server, "news");
        drop(server);
        assert_eq!(client.await, news(1000));
    });
}

#[test]
fn a_server_that_is_closing_accepts_no_message() {
    run(async {
        let server = serve(move |ws| act(ws, Action::Return)).await;
        let client = receive_after(0, connect(&server).await);
        queue_news(&server, "news");
        assert_eq!(now_or_never(server.close()), None);
        assert_eq!(server.broadcast("late").await, 0);
        server.close().await;
        assert_eq!(client.await, news(1001));
    });
}

#[test]
fn a_connection_that_was_closing_before_the_server_keeps_its_code() {
    run(async {
        let server = serve(|ws| async move {
            drop(ws);
            Ok(())
        })
        .await;
        let client = receive_after(5, connect(&server).await);
        sleep(SECOND).await;
        server.close().await;
        assert_eq!(client.await, (Vec::new(), 1000));
    });
}

#[test]
fn a_message_that_is_too_big_for_the_connection_is_no_regular_end() {
    run(async {
        let server = sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", echo).max_size(1 << 10);
        let server = server.await.expect("a free port");
        let client = receive_after(0, connect(&server).await);
        assert_eq!(server.broadcast("news").await, 1);
        assert_eq!(server.broadcast(vec![0; 2 << 10]).await, 1);
        assert_eq!(client.await, news(1011));
        server.close().await;
    });
}
