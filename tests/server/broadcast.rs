//! Messages of a server to all of its connections, over a network in memory.

use std::time::Duration;

use sockeye::{CloseCode, Error, MessageKind};
use sockeye_tests::{Elapsed, run, sleep, spawn};

use crate::{SECOND, connect, echo, serve};

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
fn a_connection_that_does_not_keep_up_may_connect_again() {
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
                break error;
            }
        };
        assert!(end.is_retryable(), "{end:?}");
        assert_eq!(end.close_code(), Some(CloseCode::TRY_AGAIN_LATER));
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
