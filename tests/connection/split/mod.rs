//! A connection in two halves, in the hands of several tasks.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use sockeye::{Message, MessageKind, connection::State};
use sockeye_tests::{at_most_polls, run, run_shuffled, spawn};

use crate::pairs::pair;

mod waiting;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn messages_kept_while_a_pong_was_awaited_survive_the_split() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        server.send("one").await.expect("sent");
        server.send("two").await.expect("sent");
        let server = spawn(async move { while server.next().await.expect("normal").is_some() {} });
        client.ping("x").await.expect("sent").await.expect("answered");
        let (sender, mut receiver) = client.split();
        assert_eq!(receiver.recv().await.expect("kept").as_text(), Some("one"));
        let mut client = receiver.reunite(sender).expect("they belong together");
        assert_eq!(client.recv().await.expect("kept").as_text(), Some("two"));
        client.close().await.expect("closed");
        server.await;
    });
}

#[test]
fn both_halves_know_the_handshake_and_the_outcome() {
    run(async {
        let (client, mut server) = pair(4096).await;
        let server = spawn(async move { while server.next().await.expect("normal").is_some() {} });
        let (request, response) = (client.request().clone(), client.response().clone());
        let (sender, mut receiver) = client.split();
        assert_eq!((sender.request(), sender.response()), (request.clone(), response.clone()));
        assert_eq!((receiver.request(), receiver.response()), (request, response));
        assert_eq!((sender.subprotocol(), receiver.subprotocol()), (None, None));
        assert!(!sender.is_compressed() && !receiver.is_compressed());
        assert_eq!((sender.latency(), sender.outcome().code()), (None, None));
        sender.close().await.expect("closing");
        assert!(receiver.next().await.expect("normal").is_none());
        assert!(sender.outcome().is_ok() && receiver.outcome().is_ok());
        assert_eq!((sender.state(), receiver.state()), (State::Closed, State::Closed));
        server.await;
    });
}

#[test]
fn a_stream_of_parts_begins_with_what_was_kept_while_a_pong_was_awaited() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        server.send("one").await.expect("sent");
        let _server = spawn(async move { while server.next().await.expect("normal").is_some() {} });
        client.ping("x").await.expect("sent").await.expect("answered");
        let (sender, mut receiver) = client.split();
        let mut reader = receiver.recv_stream().await.expect("kept");
        assert_eq!(reader.kind(), MessageKind::Text);
        assert_eq!(reader.chunk().await.expect("kept").as_deref(), Some(&b"one"[..]));
        assert_eq!(reader.chunk().await.expect("kept"), None);
        drop(reader);
        sender.close().await.expect("closing");
        assert!(receiver.next().await.expect("normal").is_none());
    });
}

#[test]
fn both_ends_may_send_much_at_once_while_they_receive() {
    for seed in 0..10 {
        run_shuffled(seed, async {
            let (client, server) = pair(100).await;
            let mut tasks = Vec::new();
            for ws in [client, server] {
                let (sender, mut receiver) = ws.split();
                tasks.push(spawn(async move {
                    for n in 0..30_u8 {
                        sender.send(vec![n; 997]).await.expect("open");
                    }
                }));
                tasks.push(spawn(async move {
                    for n in 0..30_u8 {
                        let message = receiver.recv().await.expect("open");
                        assert_eq!(message, Message::from(vec![n; 997]));
                    }
                }));
            }
            for task in tasks {
                task.await;
            }
        });
    }
}

#[test]
fn halves_of_different_connections_do_not_come_together() {
    run(async {
        let (a, b) = pair(4096).await;
        let (a_sender, a_receiver) = a.split();
        let (b_sender, b_receiver) = b.split();
        let (a_receiver, b_sender) = a_receiver.reunite(b_sender).expect_err("strangers");
        let clone = a_sender.clone();
        let (a_receiver, a_sender) = a_receiver.reunite(a_sender).expect_err("a clone is left");
        drop(clone);
        let mut a = a_receiver.reunite(a_sender).expect("they belong together");
        let mut b = b_receiver.reunite(b_sender).expect("they belong together");
        a.send("hello").await.expect("sent");
        assert_eq!(b.recv().await.expect("received").as_text(), Some("hello"));
    });
}

#[test]
fn a_message_cut_by_a_split_and_a_reunion_arrives_whole() {
    run(async {
        let (mut client, mut server) = pair(8).await;
        let send = spawn(async move {
            server.send("a message in many pieces").await.expect("sent");
            server
        });
        for _ in 0..3 {
            assert!(at_most_polls(1, client.recv()).await.is_none());
            let (sender, mut receiver) = client.split();
            assert!(at_most_polls(1, receiver.recv()).await.is_none());
            client = receiver.reunite(sender).expect("they belong together");
        }
        let message = client.recv().await.expect("whole");
        assert_eq!(message.as_text(), Some("a message in many pieces"));
        drop(send.await);
    });
}

#[test]
fn a_sender_outlives_its_receiver() {
    run(async {
        let (client, mut server) = pair(4096).await;
        let (sender, receiver) = client.split();
        drop(receiver);
        sender.send("alone").await.expect("open");
        assert_eq!(server.recv().await.expect("open").as_text(), Some("alone"));
        sender.close().await.expect("closing");
        assert_eq!(sender.state(), State::Closing);
        drop(sender);
        assert!(server.next().await.expect("normal").is_none());
    });
}

#[test]
fn any_order_of_wake_ups_loses_nothing() {
    for seed in 0..60 {
        run_shuffled(seed, async move {
            let (client, server) = pair(1 + usize::try_from(seed % 13).expect("small")).await;
            let received = Arc::new(Mutex::new(Vec::new()));
            let (mut tasks, mut receivers, mut last) = (Vec::new(), Vec::new(), None);
            for ws in [client, server] {
                let (sender, mut receiver) = ws.split();
                for id in 0..3_u8 {
                    let sender = sender.clone();
                    tasks.push(spawn(async move {
                        for n in 0..5_u8 {
                            match n % 3 {
                                0 => sender.feed(vec![id, n]).await.expect("open"),
                                1 => drop(sender.ping(vec![id, n]).await.expect("open")),
                                _ => sender.send(vec![id; 40]).await.expect("open"),
                            }
                        }
                        sender.flush().await.expect("open");
                    }));
                }
                let received = Arc::clone(&received);
                receivers.push(spawn(async move {
                    while let Some(message) = receiver.next().await.expect("a normal end") {
                        received.lock().expect("unpoisoned").push(message.len());
                    }
                }));
                last = Some(sender);
            }
            for task in tasks {
                task.await;
            }
            last.expect("there are two").close().await.expect("closing");
            for receiver in receivers {
                receiver.await;
            }
            let received = received.lock().expect("unpoisoned");
            // Of each of the six senders: two that were fed, one that was sent.
            assert_eq!(received.iter().filter(|len| **len == 2).count(), 12);
            assert_eq!(received.iter().filter(|len| **len == 40).count(), 6);
        });
    }
}
