//! How long the end of a connection may take.

use std::time::Duration;

use sockeye::{Config, Error, error::Operation};
use sockeye_tests::{Elapsed, Fault, Faults, Sim, both, masked, pipe, run, spawn};

use super::{SECOND, cause_of};
use crate::pairs::{config, pair, pair_with};

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
fn a_stream_that_never_shuts_down_is_left_alone_after_the_close_timeout() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        server.get_mut().set(Faults { close: Some(Fault::Never), ..Faults::default() });
        let clock = Elapsed::start();
        let client = spawn(async move { client.close().await });
        assert!(server.next().await.expect("a normal close").is_none());
        assert_eq!(clock.get(), Duration::ZERO, "the application learns of it at once");
        server.close().await.expect("closing cannot fail");
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
        assert_eq!(clock.get(), Duration::ZERO, "the application learns of it at once");
        server.close().await.expect("closing cannot fail");
        assert_eq!(clock.get(), 30 * SECOND);
        drop(client);
    });
}

#[test]
fn the_application_learns_of_a_close_at_once_though_the_peer_keeps_the_transport() {
    run(async {
        let (mut client, mut server) = pair(4096).await;
        let _ = sockeye_tests::now_or_never(server.close_with(4000, "moved"));
        let clock = Elapsed::start();
        let error = client.recv().await.expect_err("closed");
        assert_eq!(error.close_code(), Some(4000.into()));
        assert!(client.next().await.is_err());
        assert!(client.next().await.expect("reported once").is_none());
        assert_eq!(clock.get(), Duration::ZERO);
        client.close().await.expect("closing cannot fail");
        assert_eq!(clock.get(), 10 * SECOND, "the end of the transport");
        drop(server);
    });
}

#[test]
fn a_half_learns_of_a_close_at_once_though_the_peer_keeps_the_transport() {
    run(async {
        let (client, mut server) = pair(4096).await;
        let _ = sockeye_tests::now_or_never(server.close_with(4000, "moved"));
        let (sender, mut receiver) = client.split();
        let clock = Elapsed::start();
        let error = receiver.recv().await.expect_err("closed");
        assert_eq!(error.close_code(), Some(4000.into()));
        let error = sender.send("x").await.expect_err("closed");
        assert_eq!(error.close_code(), Some(4000.into()));
        assert_eq!(clock.get(), Duration::ZERO);
        drop(server);
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
            let accept = async {
                sockeye::server::accept::<_, Sim>(far).wait_for_peer_eof(true).await?.accept().await
            };
            let connect =
                sockeye::client::client::<_, Sim, _>("ws://localhost/", near).into_future();
            let (client, server) = both(connect, accept).await;
            let (mut client, mut server) = (client.expect("open"), server.expect("open"));
            let _ = sockeye_tests::now_or_never(client.close());
            if ends {
                client.get_ref().written().end();
            }
            let clock = Elapsed::start();
            assert!(server.next().await.expect("a normal close").is_none());
            assert_eq!(clock.get(), Duration::ZERO, "the application learns of it at once");
            server.close().await.expect("closing cannot fail");
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
