//! Messages of a server to all of its connections, over a network in memory.

use std::{sync::Arc, time::Duration};

use sockeye::{
    CloseCode, Config, Error, MessageKind,
    server::{SlowConsumer, SlowPolicy},
};
use sockeye_tests::{Elapsed, Sim, elapsed, run, sleep, spawn};

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

/// Broadcasts in a loop to clients that only read. Returns the number of messages that each has received in order.
async fn burst(count: usize, size: usize) -> Vec<usize> {
    let server = Arc::new(serve(echo).await);
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut ws = connect(&server).await;
        clients.push(spawn(async move {
            let mut received = 0_usize;
            while let Ok(Some(message)) = ws.next().await {
                assert_eq!(message.into_bytes()[..8], received.to_be_bytes());
                received += 1;
            }
            received
        }));
    }
    for n in 0..count {
        let mut message = n.to_be_bytes().to_vec();
        message.resize(size, 0);
        assert_eq!(server.broadcast(message).await, 3);
    }
    server.close().await;
    let mut received = Vec::new();
    for client in clients {
        received.push(client.await);
    }
    received
}

#[test]
fn a_burst_of_broadcasts_reaches_clients_that_keep_up() {
    for (count, size) in [(2_000, 1_000), (40, 64 << 10), (20_000, 100), (20_000, 8)] {
        assert_eq!(run(burst(count, size)), [count; 3], "{count} messages of {size} bytes");
    }
}

#[test]
fn a_broadcast_waits_for_a_client_that_reads_slowly() {
    run(async {
        let server = serve(echo).await;
        let mut slow = connect(&server).await;
        let reader = spawn(async move {
            let mut count = 0;
            while slow.next().await.is_ok_and(|message| message.is_some()) {
                count += 1;
                sleep(5 * SECOND).await;
            }
            count
        });
        for _ in 0..40 {
            assert_eq!(server.broadcast(vec![0; 64 << 10]).await, 1);
        }
        // The close frame is behind the messages, for which the client needs more time than a closing handshake has.
        while !reader.is_finished() {
            if elapsed() > 300 * SECOND {
                server.close().await;
            }
            sleep(SECOND).await;
        }
        assert_eq!(reader.await, 40);
    });
}

#[test]
fn a_client_that_reads_nothing_delays_a_broadcast_once() {
    run(async {
        let server = serve(echo).await;
        let stuck = [connect(&server).await, connect(&server).await, connect(&server).await];
        let mut fast = connect(&server).await;
        let fast = spawn(async move {
            let mut count = 0;
            while fast.next().await.is_ok_and(|message| message.is_some()) {
                count += 1;
            }
            count
        });
        let clock = Elapsed::start();
        for _ in 0..100 {
            server.broadcast(vec![0; 64 << 10]).await;
        }
        let waited = clock.get();
        assert!((10 * SECOND..13 * SECOND).contains(&waited), "{waited:?}");
        drop(stuck);
        server.close().await;
        assert_eq!(fast.await, 100);
    });
}

#[test]
fn a_handler_that_does_not_send_delays_a_broadcast_for_twice_the_timeout() {
    run(async {
        let server = serve(|ws| async move {
            sleep(3600 * SECOND).await;
            drop(ws);
            Ok(())
        })
        .await;
        let ws = connect(&server).await;
        let clock = Elapsed::start();
        let mut reached = Vec::new();
        for _ in 0..100 {
            reached.push(server.broadcast(vec![0; 64 << 10]).await);
        }
        let waited = clock.get();
        assert!((20 * SECOND..23 * SECOND).contains(&waited), "{waited:?}");
        assert_eq!((reached[0], reached[99]), (1, 0));
        drop(ws);
        server.close().await;
    });
}

#[test]
fn the_treatment_of_slow_consumers_is_an_option() {
    run(async {
        let limits = SlowConsumer::default()
            .max_bytes(128 << 10)
            .timeout(SECOND)
            .policy(SlowPolicy::DropNewest);
        let server = sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", echo);
        let server = server.slow_consumers(limits).await.expect("a free port");
        let mut ws = connect(&server).await;
        let mut sent = 0;
        for n in 0..20_u8 {
            sent += server.broadcast(vec![n; 64 << 10]).await;
        }
        assert!((3..8).contains(&sent), "{sent}");
        for n in 0..sent {
            let message = ws.recv().await.expect("the connection is open");
            assert_eq!(usize::from(message.into_bytes()[0]), n);
        }
        assert_eq!(server.broadcast("news").await, 1);
        assert_eq!(ws.recv().await.expect("open").as_text(), Some("news"));
        drop(ws);
        server.close().await;
    });
}

#[test]
fn a_slow_consumer_is_found_without_a_write_timeout() {
    run(async {
        let config = Config::default().write_timeout(None);
        let server = sockeye::server::serve::<Sim, _, _>("127.0.0.1:0", echo).config(config);
        let server = server.await.expect("a free port");
        let ws = connect(&server).await;
        let clock = Elapsed::start();
        let mut reached = 0;
        for _ in 0..100 {
            reached += server.broadcast(vec![0; 64 << 10]).await;
        }
        let waited = clock.get();
        assert!((10 * SECOND..13 * SECOND).contains(&waited), "{waited:?}");
        assert!((16..40).contains(&reached), "{reached}");
        drop(ws);
        server.close().await;
    });
}
