//! How long nothing of what waits to be written may be taken.

use sockeye::{Config, error::Operation};
use sockeye_tests::{Elapsed, Fault, Faults, run, sleep, spawn};

use super::{SECOND, timeout_of};
use crate::pairs::{config, pair, pair_with};

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
