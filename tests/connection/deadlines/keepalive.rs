//! How long a peer may be silent.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sockeye::{Config, Error, MessageKind, error::Operation};
use sockeye_tests::{Elapsed, Fault, Faults, at_most_polls, run, sleep, spawn};

use super::{SECOND, timeout_of};
use crate::pairs::{config, pair, pair_with};

#[test]
fn a_dead_peer_is_given_up_after_the_interval_and_the_timeout() {
    run(async {
        let (mut client, _server) = pair(4096).await;
        let clock = Elapsed::start();
        let error = client.recv().await.expect_err("nobody is there");
        assert_eq!(timeout_of(&error), Some(Operation::Keepalive), "{error:?}");
        let Error::ConnectionClosed(closed) = &error else { panic!("{error:?}") };
        assert_eq!(closed.sent.as_ref().map(|close| close.code.as_u16()), Some(1011));
        // Then a moment for the close frame, and for the peer to take leave.
        assert!(clock.get() >= 40 * SECOND, "{:?}", clock.get());
        assert!(clock.get() <= 50 * SECOND, "{:?}", clock.get());
    });
}

#[test]
fn an_application_that_does_not_receive_for_an_hour_is_not_killed_by_the_keepalive() {
    run(async {
        let silent = config(|config| config.ping_interval = None);
        let (mut client, mut server) = pair_with(4096, silent, Config::default()).await;
        let client = spawn(async move {
            while let Some(message) = client.next().await.expect("a normal end") {
                client.send(message).await.expect("sent");
            }
        });
        for round in 0..3 {
            // A ping is on its way, its pong waits in the stream.
            let _ = at_most_polls(1, server.recv()).await;
            sleep(Duration::from_secs(20 + round)).await;
            let _ = at_most_polls(1, server.recv()).await;
            sleep(Duration::from_hours(1)).await;
        }
        server.send("still there").await.expect("sent");
        let message = server.recv().await.expect("it is alive");
        assert_eq!(message.as_text(), Some("still there"));
        server.close().await.expect("closed");
        client.await;
    });
}

#[test]
fn an_application_that_only_sends_is_not_killed_by_the_keepalive() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        let server = spawn(async move {
            let mut count = 0;
            while server.next().await.expect("a normal end").is_some() {
                count += 1;
            }
            count
        });
        for _ in 0..100 {
            client.send("tick").await.expect("the peer is alive");
            sleep(7 * SECOND).await;
        }
        client.close().await.expect("closed");
        assert!(client.outcome().is_ok(), "{:?}", client.outcome());
        assert_eq!(server.await, 100);
    });
}

#[test]
fn a_big_message_that_arrives_slowly_is_a_sign_of_life() {
    run(async {
        let (mut client, server) = pair(4096).await;
        let tap = server.get_ref().get_ref().written();
        let sender = spawn(async move {
            tap.put(&[0x82, 126, 0, 200]);
            for _ in 0..200 {
                sleep(9 * SECOND).await;
                tap.put(b"x");
            }
            server
        });
        assert_eq!(client.recv().await.expect("it comes at last").len(), 200);
        drop(sender.await);
    });
}

#[test]
fn a_reset_while_a_pong_is_awaited_ends_the_wait() {
    run(async {
        let (mut client, _server) = pair(4096).await;
        let reset = Fault::Error(io::ErrorKind::ConnectionReset);
        client.get_mut().set(Faults { read: Some((0, reset)), ..Faults::default() });
        let pong = client.ping("x").await.expect("it was written");
        let error = pong.await.expect_err("there is no pong");
        assert!(matches!(error, Error::ConnectionClosed(_)), "{error:?}");
    });
}

#[test]
fn an_application_that_only_sends_answers_pings_and_notices_the_close() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        let server = spawn(async move {
            let pong = server.ping("there?").await.expect("open");
            pong.await.expect("the client answers while it sends");
            for _ in 0..10 {
                server.next().await.expect("open").expect("the client sends");
            }
            let clock = Elapsed::start();
            server.close_with(4000, "enough").await.expect("closing cannot fail");
            assert!(clock.get() <= SECOND, "{:?}", clock.get());
            assert_eq!(server.outcome().code(), Some(4000.into()));
        });
        let error = loop {
            if let Err(error) = client.send("tick").await {
                break error;
            }
            sleep(SECOND / 10).await;
        };
        assert_eq!(error.close_code(), Some(4000.into()));
        drop(client);
        server.await;
    });
}

#[test]
fn messages_that_arrive_while_an_application_only_sends_are_kept_in_order() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        for number in 0..10 {
            server.send(number.to_string()).await.expect("open");
            client.send("tick").await.expect("open");
        }
        for number in 0..10 {
            let message = client.recv().await.expect("open");
            assert_eq!(message.as_text(), Some(number.to_string().as_str()));
        }
    });
}

#[test]
fn an_application_that_never_receives_keeps_a_bounded_number_of_messages() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        let sent = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&sent);
        let flood = spawn(async move {
            while server.send(vec![7; 1000]).await.is_ok() {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        for _ in 0..3000 {
            client.send("tick").await.expect("open");
            sockeye_tests::yield_now().await;
        }
        let sent = sent.load(Ordering::Relaxed);
        assert!((1000..1200).contains(&sent), "a MiB and the buffers of the stream: {sent}");
        drop(client);
        flood.await;
    });
}

#[test]
fn a_sender_whose_receiver_was_dropped_answers_pings_and_notices_the_close() {
    run(async {
        let (client, mut server) = pair(4096).await;
        let (sender, receiver) = client.split();
        drop(receiver);
        let server = spawn(async move {
            let pong = server.ping("there?").await.expect("open");
            pong.await.expect("the sender answers");
            server.close_with(4000, "enough").await.expect("closing cannot fail");
            assert_eq!(server.outcome().code(), Some(4000.into()));
        });
        let error = loop {
            if let Err(error) = sender.send("tick").await {
                break error;
            }
            sleep(SECOND / 10).await;
        };
        assert_eq!(error.close_code(), Some(4000.into()));
        drop(sender);
        server.await;
    });
}

#[test]
fn an_aborted_connection_waits_for_nothing() {
    run(async {
        let (mut client, mut server) = pair(16).await;
        client.feed(vec![0; 1000]).await.expect("there is room in the queue");
        let clock = Elapsed::start();
        client.abort();
        let error = server.recv().await.expect_err("the connection is lost");
        assert_eq!(error.close_code(), Some(1006.into()));

        let (client, mut server) = pair(16).await;
        let (sender, mut receiver) = client.split();
        sender.feed(vec![0; 1000]).await.expect("there is room in the queue");
        let receiving = spawn(async move { receiver.recv().await });
        sockeye_tests::yield_now().await;
        sender.abort();
        receiving.await.expect_err("the application aborted it");
        server.recv().await.expect_err("the connection is lost, though a half is kept");
        drop(sender);
        assert_eq!(clock.get(), Duration::ZERO);
    });
}

#[test]
fn a_slow_application_with_many_buffered_messages_is_not_killed_by_the_keepalive() {
    run(async {
        let silent = config(|config| config.ping_interval = None);
        let (mut client, mut server) = pair_with(1 << 20, Config::default(), silent).await;
        for _ in 0..2000 {
            server.feed("work").await.expect("open");
        }
        server.flush().await.expect("open");
        // The server answers each ping at once, but its pongs are behind the messages.
        let server = spawn(async move { while server.recv().await.is_ok() {} });
        for _ in 0..2000 {
            client.recv().await.expect("the peer is alive");
            sleep(SECOND / 10).await;
            client.send("done").await.expect("the peer is alive");
        }
        client.close().await.expect("closed");
        server.await;
    });
}

#[test]
fn an_application_that_streams_a_message_answers_pings_and_notices_the_close() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        let server = spawn(async move {
            let pong = server.ping("there?").await.expect("open");
            pong.await.expect("the client answers while it streams");
            server.close_with(4000, "enough").await.expect("closing cannot fail");
            assert_eq!(server.outcome().code(), Some(4000.into()));
        });
        let mut writer = client.send_stream(MessageKind::Text).await.expect("open");
        let error = loop {
            if let Err(error) = writer.write("tick").await {
                break error;
            }
            sleep(SECOND / 10).await;
        };
        assert_eq!(error.close_code(), Some(4000.into()));
        drop(writer);
        drop(client);
        server.await;
    });
}
