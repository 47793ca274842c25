//! Deadlines, on a clock that only moves when everybody waits.

use std::{io, time::Duration};

use sockeye::{
    CloseCause, Config, ConnectionClosed, Error, Operation, Timeout,
    driver::{self, Runtime as _},
};
use sockeye_tests::{
    Elapsed, Fault, Faults, Sim, at_most_polls, both, masked, pipe, run, sleep, spawn,
};

use crate::pairs::{compressed_pair, config, pair, pair_with};

const SECOND: Duration = Duration::from_secs(1);

/// The durations that users set without a thought.
const ODD: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_nanos(1),
    Duration::from_millis(1),
    Duration::from_secs(u64::MAX),
    Duration::MAX,
];

pub(crate) fn timeout_of(error: &Error) -> Option<Operation> {
    match error {
        Error::Timeout(timeout) => Some(timeout.operation),
        Error::ConnectionClosed(closed) => cause_of(closed),
        _ => None,
    }
}

fn cause_of(closed: &ConnectionClosed) -> Option<Operation> {
    match closed.cause {
        Some(CloseCause::Timeout(Timeout { operation, .. })) => Some(operation),
        _ => None,
    }
}

#[test]
fn a_client_gives_up_on_a_silent_server_after_the_open_timeout() {
    for timeout in [Duration::ZERO, SECOND, 10 * SECOND] {
        run(async move {
            let (near, _far) = pipe(4096);
            let client = driver::client::<_, Sim, _>("ws://localhost/", near).open_timeout(timeout);
            let clock = Elapsed::start();
            let error = client.await.expect_err("nobody answers");
            assert_eq!(timeout_of(&error), Some(Operation::Handshake));
            assert!(error.is_retryable());
            assert_eq!(clock.get(), timeout);
        });
    }
}

#[test]
fn a_server_gives_up_on_a_silent_client_and_on_half_a_head() {
    let head = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    for sent in [0, 1, 17, head.len()] {
        run(async move {
            let (near, far) = pipe(4096);
            near.written().put(&head.as_bytes()[..sent]);
            let clock = Elapsed::start();
            let server = driver::accept::<_, Sim>(far).open_timeout(3 * SECOND);
            let error = server.await.expect_err("there is no request");
            assert_eq!(timeout_of(&error), Some(Operation::Handshake), "{error:?}");
            assert_eq!(clock.get(), 3 * SECOND);
        });
    }
}

#[test]
fn a_client_that_sends_its_head_drop_by_drop_does_not_move_the_deadline() {
    run(async {
        let (near, far) = pipe(4096);
        let tap = near.written();
        spawn(async move {
            for byte in b"GET / HTTP/1.1\r\nHost: localhost\r\n".iter().cycle().take(1000) {
                tap.put(&[*byte]);
                sleep(Duration::from_millis(100)).await;
            }
            drop(near);
        });
        let clock = Elapsed::start();
        let error = driver::accept::<_, Sim>(far).await.expect_err("there is no request");
        assert_eq!(timeout_of(&error), Some(Operation::Handshake), "{error:?}");
        assert_eq!(clock.get(), 10 * SECOND);
    });
}

#[test]
fn odd_durations_are_no_reason_to_panic_or_to_spin() {
    for timeout in ODD {
        run(async move {
            let odd = |config: &mut Config| {
                config.close_timeout = Some(timeout);
                config.ping_interval = Some(timeout.max(Duration::from_millis(1)));
                config.ping_timeout = Some(timeout);
                config.write_timeout = Some(timeout);
            };
            let (mut client, mut server) = pair_with(4096, config(odd), config(odd)).await;
            let _ = client.send("hello").await;
            let _ = server.recv().await;
            let server = spawn(async move { while server.recv().await.is_ok() {} });
            let _ = client.close().await;
            server.await;
        });
    }
}

#[test]
fn a_close_that_nobody_answers_ends_after_the_close_timeout() {
    for timeout in [Duration::ZERO, SECOND, 10 * SECOND] {
        run(async move {
            let config = config(|config| config.close_timeout = Some(timeout));
            let (mut client, server) = pair_with(4096, config, Config::default()).await;
            let clock = Elapsed::start();
            client.close().await.expect("closing cannot fail");
            assert_eq!(clock.get(), timeout);
            assert_eq!(cause_of(client.outcome()), Some(Operation::Close));
            assert!(!client.outcome().is_ok());
            drop(server);
        });
    }
}

#[test]
fn a_close_on_a_blocked_transport_ends_after_the_close_timeout() {
    run(async {
        let (mut client, _server) = pair(16).await;
        client.feed(vec![0; 1000]).await.expect("there is room in the queue");
        let clock = Elapsed::start();
        client.close().await.expect("closing cannot fail");
        assert_eq!(clock.get(), 10 * SECOND);
        assert_eq!(cause_of(client.outcome()), Some(Operation::Close));
    });
}

#[test]
fn a_sender_that_closes_on_a_blocked_transport_does_not_wait_for_ever() {
    run(async {
        let (client, _server) = pair(16).await;
        let (sender, _receiver) = client.split();
        sender.feed(vec![0; 1000]).await.expect("there is room in the queue");
        let clock = Elapsed::start();
        sender.close().await.expect("closing cannot fail");
        assert!(clock.get() <= 10 * SECOND, "{:?}", clock.get());
    });
}

#[test]
fn a_flush_outlives_no_close_timeout() {
    run(async {
        let (mut client, mut server) = pair(16).await;
        client.feed(vec![0; 1000]).await.expect("there is room in the queue");
        let _ = sockeye_tests::now_or_never(server.close());
        // The close frame is met, and the answer to it cannot be written.
        let _ = sockeye_tests::now_or_never(client.recv());
        let clock = Elapsed::start();
        let error = client.flush().await.expect_err("not all was written");
        assert!(matches!(error, Error::ConnectionClosed(_)), "{error:?}");
        assert_eq!(clock.get(), 10 * SECOND);
    });
}

#[test]
fn a_peer_that_takes_nothing_stalls_the_writer_for_the_write_timeout() {
    run(async {
        let (mut client, _server) = pair(16).await;
        let clock = Elapsed::start();
        let error = client.send(vec![0; 1000]).await.expect_err("nobody reads");
        assert_eq!(timeout_of(&error), Some(Operation::Write), "{error:?}");
        assert_eq!(clock.get(), 30 * SECOND);
        let error = client.recv().await.expect_err("the connection has ended");
        assert_eq!(timeout_of(&error), Some(Operation::Write), "{error:?}");
    });
}

#[test]
fn a_peer_that_takes_a_byte_now_and_then_does_not_stall_the_writer() {
    run(async {
        let quiet = config(|config| config.ping_interval = None);
        let (mut client, server) = pair_with(16, quiet, Config::default()).await;
        let tap = server.get_ref().get_ref().read();
        let end = tap.log().len() + 198;
        let reader = spawn(async move {
            while tap.log().len() < end {
                sleep(20 * SECOND).await;
                tap.take();
            }
            server
        });
        client.send(vec![0; 190]).await.expect("it goes slowly, but it goes");
        drop(reader.await);
    });
}

#[test]
fn a_stream_that_never_flushes_stalls_the_writer_too() {
    run(async {
        let config = config(|config| config.ping_interval = None);
        let (mut client, _server) = pair_with(4096, config, Config::default()).await;
        client.get_mut().set(Faults { flush: Some((0, Fault::Never)), ..Faults::default() });
        let clock = Elapsed::start();
        let error = client.send("hello").await.expect_err("it is never flushed");
        assert_eq!(timeout_of(&error), Some(Operation::Write), "{error:?}");
        assert_eq!(clock.get(), 30 * SECOND);
    });
}

#[test]
fn a_stream_that_never_shuts_down_is_left_alone_after_the_close_timeout() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        server.get_mut().set(Faults { close: Some(Fault::Never), ..Faults::default() });
        let clock = Elapsed::start();
        let client = spawn(async move { client.close().await });
        assert!(server.next().await.expect("a normal close").is_none());
        assert_eq!(clock.get(), 10 * SECOND);
        let _ = client.await;
    });
}

#[test]
fn a_stream_that_never_shuts_down_after_a_surprising_end_is_left_alone_after_the_write_timeout() {
    run(async {
        let (client, mut server) = pair(4096).await;
        server.get_mut().set(Faults { close: Some(Fault::Never), ..Faults::default() });
        client.get_ref().get_ref().written().end();
        let clock = Elapsed::start();
        assert!(server.next().await.is_err());
        assert_eq!(clock.get(), 30 * SECOND);
        drop(client);
    });
}

#[test]
fn a_server_lets_go_at_once_of_a_client_that_said_goodbye() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        let _ = sockeye_tests::now_or_never(client.close());
        let clock = Elapsed::start();
        assert!(server.next().await.expect("a normal close").is_none());
        assert_eq!(clock.get(), Duration::ZERO);
        drop(client);
    });
}

#[test]
fn a_server_that_lingers_waits_for_the_end_of_the_stream_and_two_seconds_at_most() {
    run(async {
        for (ends, waited) in [(true, Duration::ZERO), (false, 2 * SECOND)] {
            let (near, far) = pipe(4096);
            let accept =
                async { driver::accept::<_, Sim>(far).lingering(true).await?.accept().await };
            let connect = driver::client::<_, Sim, _>("ws://localhost/", near).into_future();
            let (client, server) = both(connect, accept).await;
            let (mut client, mut server) = (client.expect("open"), server.expect("open"));
            let _ = sockeye_tests::now_or_never(client.close());
            if ends {
                client.get_ref().written().end();
            }
            let clock = Elapsed::start();
            assert!(server.next().await.expect("a normal close").is_none());
            assert_eq!(clock.get(), waited);
        }
    });
}

#[test]
fn a_server_lets_go_only_when_all_is_read_however_little_comes_at_a_time() {
    run(async {
        let (client, mut server) = pair(4096).await;
        // Such as TLS, which hands out one record at a time.
        server.get_mut().set(Faults { read_at_most: 8, ..Faults::default() });
        let tap = client.get_ref().get_ref().written();
        let mut goodbye = masked(0x88, &1000_u16.to_be_bytes());
        assert_eq!(goodbye.len(), 8, "it is all of one read");
        goodbye.extend([0; 1000]);
        tap.put(&goodbye);
        let clock = Elapsed::start();
        assert!(server.next().await.expect("a normal close").is_none());
        assert_eq!(tap.waiting(), 0, "what is not read resets the connection");
        assert_eq!(clock.get(), Duration::ZERO);
    });
}

#[test]
fn a_server_lingers_for_two_seconds_for_a_client_that_broke_a_rule_and_does_not_leave() {
    run(async {
        let (client, mut server) = pair(4096).await;
        // A server's frame: not masked.
        client.get_ref().get_ref().written().put(&[0x81, 1, b'x']);
        let clock = Elapsed::start();
        assert!(server.next().await.is_err());
        assert_eq!(clock.get(), 2 * SECOND);
        drop(client);
    });
}

#[test]
fn a_client_waits_for_the_end_of_the_transport_no_longer_than_the_close_timeout() {
    run(async {
        let (mut client, server) = pair(4096).await;
        // An answer to the close frame, but no end.
        server.get_ref().get_ref().written().put(&[0x88, 2, 3, 0xe8]);
        let clock = Elapsed::start();
        client.close().await.expect("closing cannot fail");
        assert_eq!(clock.get(), 10 * SECOND);
        assert!(client.outcome().is_ok(), "{:?}", client.outcome());
    });
}

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
fn a_deadline_never_outlives_its_connection() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        let server = spawn(async move { server.recv().await.map(drop) });
        client.close().await.expect("closed");
        let _ = server.await;
        let before = Sim::now();
        for _ in 0..3 {
            let error = client.recv().await.expect_err("it is over");
            assert!(matches!(error, Error::ConnectionClosed(_)));
        }
        assert_eq!(Sim::now(), before);
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
fn a_rest_that_is_due_neither_stops_who_only_sends_nor_keeps_it_awake() {
    run(async {
        let (mut client, mut server) = compressed_pair(64).await;
        let (sent, received) = both(client.send("a".repeat(1000)), server.recv()).await;
        sent.and(received.map(drop)).expect("open");
        assert!(at_most_polls(1, client.recv()).await.is_none());
        sleep(5 * SECOND).await;
        let clock = Elapsed::start();
        let noise: Vec<u8> =
            (0..1_u32 << 16).flat_map(|n| n.wrapping_mul(n).to_le_bytes()).collect();
        let error = client.send(noise).await.expect_err("nobody reads");
        assert_eq!(timeout_of(&error), Some(Operation::Write));
        assert_eq!(clock.get(), Config::default().write_timeout.expect("there is one"));
        drop(server);
    });
}
