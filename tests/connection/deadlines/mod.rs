//! Deadlines, on a clock that only moves when everybody waits.

use std::time::Duration;

use sockeye::{
    Config, ConnectionClosed, Error,
    connection::Runtime as _,
    error::{CloseCause, Operation, Timeout},
};
use sockeye_tests::{Elapsed, Sim, at_most_polls, both, run, sleep, spawn};

use crate::pairs::{compressed_pair, config, pair, pair_with};

mod closing;
mod keepalive;
mod opening;
mod writing;

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
