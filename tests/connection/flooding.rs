//! Peers that send faster than anybody can read: the neighbours have their turn, and deadlines are kept.

use std::time::Duration;

use sockeye::{Config, connection::WebSocket, error::Operation};
use sockeye_tests::{
    Elapsed, Endless, Pipe, Sim, at_most_polls, both, frame, now_or_never, pipe, run, spawn,
};

use crate::{deadlines::timeout_of, pairs::config};

const SECOND: Duration = Duration::from_secs(1);

/// Reads in one poll.
const MAX_READS: u32 = 300;

/// A client whose server sends these bytes over and over.
async fn flooded(pattern: Vec<u8>) -> WebSocket<Endless<Pipe>, Sim> {
    flooded_with(pattern, Config::default()).await
}

async fn flooded_with(pattern: Vec<u8>, config: Config) -> WebSocket<Endless<Pipe>, Sim> {
    let (near, far) = pipe(64 << 10);
    let client =
        sockeye::client::client::<_, Sim, _>("ws://localhost/", Endless::new(near)).config(config);
    let accept = async { sockeye::server::accept::<_, Sim>(far).await?.accept().await };
    let (client, server) = both(client.into_future(), accept).await;
    let mut client = client.expect("open");
    client.get_mut().repeat(pattern);
    // Its end is not seen behind the flood.
    drop(server);
    client
}

fn patterns() -> [Vec<u8>; 5] {
    [
        frame(0x89, b"ping"),
        frame(0x8a, b"pong"),
        frame(0x82, &[7; 100]),
        frame(0x82, &vec![7; 70_000]),
        [frame(0x01, b"begun, "), frame(0x89, b""), frame(0x80, b"ended")].concat(),
    ]
}

#[test]
fn receiving_gives_the_neighbours_their_turn() {
    for pattern in patterns() {
        run(async move {
            let mut ws = flooded(pattern).await;
            for _ in 0..200 {
                let _ = at_most_polls(1, ws.recv()).await;
                let reads = ws.get_mut().take_reads();
                assert!(reads <= MAX_READS, "{reads} reads in one poll");
            }
        });
    }
}

#[test]
fn a_message_without_end_gives_the_neighbours_their_turn() {
    run(async {
        let config = config(|config| config.max_incoming_size = None);
        // One frame that is never over.
        let mut ws = flooded_with(vec![0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0], config).await;
        for _ in 0..20 {
            assert!(at_most_polls(1, ws.recv()).await.is_none());
            let reads = ws.get_mut().take_reads();
            assert!(reads <= MAX_READS, "{reads} reads in one poll");
        }
    });
}

#[test]
fn closing_ends_in_time_though_the_peer_goes_on_and_on() {
    for pattern in patterns() {
        run(async move {
            let mut ws = flooded(pattern).await;
            let clock = Elapsed::start();
            let _ = now_or_never(ws.close());
            let reads = ws.get_mut().take_reads();
            assert!(reads <= MAX_READS, "{reads} reads in one poll");
            ws.close().await.expect("closing cannot fail");
            assert!(clock.get() >= 10 * SECOND, "{:?}", clock.get());
            assert!(clock.get() <= 11 * SECOND, "{:?}", clock.get());
        });
    }
}

#[test]
fn a_half_that_receives_keeps_the_deadline_of_the_closing() {
    for pattern in patterns() {
        run(async move {
            let (sender, mut receiver) = flooded(pattern).await.split();
            sender.close().await.expect("closing");
            let clock = Elapsed::start();
            let error = loop {
                if let Err(error) = receiver.recv().await {
                    break error;
                }
            };
            assert_eq!(timeout_of(&error), Some(Operation::Close), "{error:?}");
            assert!(clock.get() <= 15 * SECOND, "{:?}", clock.get());
        });
    }
}

#[test]
fn a_pong_is_not_awaited_for_ever() {
    for pattern in patterns() {
        run(async move {
            let mut ws = flooded(pattern).await;
            let timer = spawn(sockeye_tests::sleep(5 * SECOND));
            let pong = ws.ping("mine").await.expect("written");
            // Either there is an error, or the neighbours have their turn.
            let ended = std::pin::pin!(pong);
            let _ = futures_util::future::select(ended, std::pin::pin!(timer)).await;
        });
    }
}

#[test]
fn pings_are_answered_within_bounds() {
    run(async {
        let mut ws = flooded(frame(0x89, &[7; 125])).await;
        for _ in 0..100 {
            let _ = at_most_polls(1, ws.recv()).await;
            assert!(ws.buffered() < 128 << 10, "{}", ws.buffered());
        }
    });
}
