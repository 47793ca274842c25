//! A half that waits answers pings, keeps deadlines, and wakes the other half.

use std::{collections::HashMap, io};

use sockeye::{Config, Error, MessageKind, connection::State, error::Operation};
use sockeye_tests::{
    Elapsed, Fault, Faults, at_most_polls, both, now_or_never, run, run_shuffled, sleep, spawn,
    yield_now,
};

use super::SECOND;
use crate::{
    deadlines::timeout_of,
    pairs::{config, pair, pair_with},
};

#[test]
fn senders_wait_their_turn_while_one_streams_a_message() {
    for seed in 0..50 {
        run_shuffled(seed, async {
            let (client, mut server) = pair(7).await;
            let (sender, mut receiver) = client.split();
            let mut tasks = Vec::new();
            for id in 0..4_u8 {
                let sender = sender.clone();
                tasks.push(spawn(async move {
                    for round in 0..6_u8 {
                        if (id + round) % 3 == 0 {
                            let mut writer =
                                sender.send_stream(MessageKind::Binary).await.expect("open");
                            for part in 0..5 {
                                writer.write(vec![id, round, part]).await.expect("open");
                                yield_now().await;
                            }
                            writer.finish().await.expect("open");
                        } else {
                            sender.send(vec![id, round]).await.expect("open");
                        }
                    }
                }));
            }
            let count = async {
                let mut next = HashMap::new();
                for _ in 0..24 {
                    let bytes = server.recv().await.expect("open").into_bytes();
                    let round = next.entry(bytes[0]).or_insert(0);
                    assert_eq!(bytes[1], *round, "the messages of one sender keep their order");
                    if (bytes[0] + bytes[1]) % 3 == 0 {
                        let parts = (0..5).flat_map(|part| [bytes[0], bytes[1], part]);
                        assert!(bytes.iter().copied().eq(parts), "{bytes:?}");
                    } else {
                        assert_eq!(bytes.len(), 2);
                    }
                    *round += 1;
                }
            };
            count.await;
            for task in tasks {
                task.await;
            }
            let server = spawn(async move { server.next().await });
            sender.close().await.expect("closing");
            assert!(receiver.next().await.expect("normal").is_none());
            assert!(server.await.expect("normal").is_none());
        });
    }
}

#[test]
fn a_sender_that_waits_its_turn_learns_that_the_connection_ended() {
    for seed in 0..20 {
        run_shuffled(seed, async {
            let (client, mut server) = pair(4096).await;
            let (sender, mut receiver) = client.split();
            let other = sender.clone();
            let mut writer = other.send_stream(MessageKind::Text).await.expect("open");
            writer.write("never").await.expect("open");
            let waits = spawn(async move { sender.send("mine").await });
            let receiver = spawn(async move { receiver.next().await });
            yield_now().await;
            let server = spawn(async move { server.close().await });
            // The writer is still there, and does nothing.
            let error = waits.await.expect_err("it is closed");
            assert!(matches!(error, Error::ConnectionClosed(_)), "{error:?}");
            assert!(receiver.await.expect("normal").is_none());
            server.await.expect("closed");
            drop(writer);
        });
    }
}

#[test]
fn a_sender_whose_transport_is_blocked_learns_that_the_connection_ended() {
    let reset = Fault::Error(io::ErrorKind::ConnectionReset);
    for fault in [Fault::Zero, reset] {
        for seed in 0..20 {
            run_shuffled(seed, async move {
                let (mut client, server) = pair(16).await;
                client.get_mut().set(Faults { read: Some((3, fault)), ..Faults::default() });
                let (sender, mut receiver) = client.split();
                let sender = spawn(async move { sender.send(vec![0; 1000]).await });
                let receiver = spawn(async move { receiver.recv().await });
                sleep(SECOND).await;
                // Half a frame, and then the fault.
                server.get_ref().get_ref().written().put(&[0x82, 5, 1]);
                let clock = Elapsed::start();
                let error = sender.await.expect_err("it is over");
                assert!(matches!(error, Error::ConnectionClosed(_)), "{error:?}");
                assert!(clock.get() <= 10 * SECOND, "{:?}", clock.get());
                let error = receiver.await.expect_err("it is over");
                assert!(matches!(error, Error::ConnectionClosed(_)), "{error:?}");
            });
        }
    }
}

#[test]
fn the_receiver_learns_what_a_blocked_sender_found_out() {
    for seed in 0..20 {
        run_shuffled(seed, async {
            // No pings: the only deadline is that of the writing.
            let config = config(|config| config.ping_interval = None);
            let (client, _server) = pair_with(16, config, Config::default()).await;
            let (sender, mut receiver) = client.split();
            let receiver = spawn(async move { receiver.recv().await });
            // Others keep the sender's task busy.
            let sender = spawn(async move {
                let send = sender.send(vec![0; 1000]);
                let ticks = async {
                    for _ in 0..35 {
                        sleep(SECOND).await;
                    }
                };
                both(send, ticks).await.0
            });
            let error = receiver.await.expect_err("nobody reads");
            assert_eq!(timeout_of(&error), Some(Operation::Write), "{error:?}");
            let error = sender.await.expect_err("nobody reads");
            assert_eq!(timeout_of(&error), Some(Operation::Write), "{error:?}");
        });
    }
}

#[test]
fn the_keepalive_goes_on_whoever_met_its_deadline() {
    for seed in 0..20 {
        run_shuffled(seed, async {
            let (client, _server) = pair(4096).await;
            let (sender, mut receiver) = client.split();
            let receiver = spawn(async move { receiver.recv().await });
            // At each deadline of the keepalive, a sender is at work too; then no more.
            let task = spawn(async move {
                for _ in 0..2 {
                    sleep(20 * SECOND).await;
                    let _ = sender.send("tick").await;
                }
                sender
            });
            let error = receiver.await.expect_err("nobody answers");
            assert_eq!(timeout_of(&error), Some(Operation::Keepalive), "{error:?}");
            drop(task.await);
        });
    }
}

#[test]
fn a_receiver_keeps_the_deadline_of_a_close_that_the_sender_began() {
    run(async {
        let (client, server) = pair(4096).await;
        let (sender, mut receiver) = client.split();
        let receiver = spawn(async move { receiver.recv().await });
        sleep(SECOND).await;
        let clock = Elapsed::start();
        sender.close().await.expect("closing");
        let error = receiver.await.expect_err("nobody answers");
        assert_eq!(timeout_of(&error), Some(Operation::Close), "{error:?}");
        assert_eq!(clock.get(), 10 * SECOND);
        drop(server);
    });
}

#[test]
fn a_receiver_keeps_the_deadline_of_a_close_that_was_dropped() {
    for polls in 1..4 {
        run(async move {
            let (client, server) = pair(16).await;
            let (sender, mut receiver) = client.split();
            let receiver = spawn(async move { receiver.recv().await });
            sleep(SECOND).await;
            sender.feed(vec![0; 100]).await.expect("queued");
            let clock = Elapsed::start();
            let _ = at_most_polls(polls, sender.close()).await;
            let error = receiver.await.expect_err("nobody answers");
            assert_eq!(timeout_of(&error), Some(Operation::Close), "{error:?}");
            assert_eq!(clock.get(), 10 * SECOND);
            drop(server);
        });
    }
}

#[test]
fn pongs_come_to_all_who_wait_while_somebody_receives() {
    for seed in 0..20 {
        run_shuffled(seed, async {
            let (client, mut server) = pair(64).await;
            let server = spawn(async move { server.next().await });
            let (sender, mut receiver) = client.split();
            let receiver = spawn(async move { receiver.next().await });
            let mut pings = Vec::new();
            for id in 0..5_u8 {
                let sender = sender.clone();
                pings.push(spawn(async move {
                    let mut pongs = Vec::new();
                    for n in 0..10 {
                        pongs.push(sender.ping(vec![id, n]).await.expect("open"));
                    }
                    for pong in pongs {
                        pong.await.expect("answered");
                    }
                }));
            }
            for ping in pings {
                ping.await;
            }
            assert!(sender.latency().is_some());
            sender.close().await.expect("closing");
            assert!(receiver.await.expect("normal").is_none());
            assert!(server.await.expect("normal").is_none());
        });
    }
}

#[test]
fn a_pong_that_can_never_come_is_an_error() {
    run(async {
        let (client, server) = pair(4096).await;
        let (sender, mut receiver) = client.split();
        let pong = sender.ping("x").await.expect("written");
        drop(server);
        let receiver = spawn(async move { receiver.recv().await });
        let error = pong.await.expect_err("it is over");
        assert!(matches!(error, Error::ConnectionClosed(_)), "{error:?}");
        receiver.await.expect_err("it is over");
    });
}

#[test]
fn trying_to_send_never_waits() {
    run(async {
        let (client, mut server) = pair(16).await;
        let (sender, _receiver) = client.split();
        let mut sent = 0_u32;
        let error = loop {
            match sender.try_send(vec![7; 1000]) {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::QueueFull(_)) && error.is_retryable(), "{error:?}");
        assert!(sent >= 64, "{sent}");
        let receive = async {
            for _ in 0..sent {
                assert_eq!(server.recv().await.expect("whole").len(), 1000);
            }
        };
        let (flushed, ()) = both(sender.flush(), receive).await;
        flushed.expect("all was written");
    });
}

#[test]
fn trying_to_send_inside_of_a_streamed_message_is_refused() {
    run(async {
        let (client, _server) = pair(4096).await;
        let (sender, _receiver) = client.split();
        let writer = sender.send_stream(MessageKind::Text).await.expect("open");
        let error = sender.try_send("x").expect_err("another has the word");
        assert_eq!(error.to_string(), "Concurrent send operations");
        assert!(now_or_never(sender.send("x")).is_none());
        drop(writer);
        assert_eq!(sender.state(), State::Open, "nothing of the message was out");
        sender.try_send("x").expect("open");
    });
}

#[test]
fn what_is_fed_is_written_while_somebody_receives() {
    run(async {
        let (client, mut server) = pair(4096).await;
        let (sender, mut receiver) = client.split();
        sender.feed("a").await.expect("open");
        sender.feed("b").await.expect("open");
        let _receiver = spawn(async move { receiver.recv().await });
        assert_eq!(server.recv().await.expect("open").as_text(), Some("a"));
        assert_eq!(server.recv().await.expect("open").as_text(), Some("b"));
    });
}
