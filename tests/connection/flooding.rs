//! Peers that send faster than anybody can read: the neighbours have their turn, and deadlines are kept.

use std::time::Duration;

use sockeye::{Config, DeflateConfig, connection::WebSocket, error::Operation};
use sockeye_deflate::Compressor;
use sockeye_tests::{
    Elapsed, Endless, Pipe, Sim, at_most_polls, both, frame, now_or_never, pipe, run, spawn,
};

use crate::{deadlines::timeout_of, pairs::config};

const SECOND: Duration = Duration::from_secs(1);

/// Reads in one poll.
const MAX_READS: u32 = 130;

/// Frames in one poll, and some that a poll begins.
const MAX_FRAMES: usize = 260;

/// Bytes of a read.
const BUFFER: usize = 256 << 10;

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

/// The same, with compression.
async fn flooded_compressed(pattern: Vec<u8>) -> WebSocket<Endless<Pipe>, Sim> {
    let (near, far) = pipe(64 << 10);
    let client = sockeye::client::client::<_, Sim, _>("ws://localhost/", Endless::new(near))
        .compression(DeflateConfig::default());
    let accept = async {
        let accept = sockeye::server::accept::<_, Sim>(far).compression(DeflateConfig::default());
        accept.await?.accept().await
    };
    let (client, server) = both(client.into_future(), accept).await;
    let mut client = client.expect("open");
    assert!(client.is_compressed());
    client.get_mut().repeat(pattern);
    drop(server);
    client
}

/// Receives until the task would yield; returns the number of messages.
async fn turn(ws: &mut WebSocket<Endless<Pipe>, Sim>) -> usize {
    let mut messages = 0;
    while let Some(message) = at_most_polls(1, ws.recv()).await {
        message.expect("the flood has no end");
        messages += 1;
    }
    messages
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
fn a_turn_ends_after_256_frames_of_any_kind() {
    let in_fragments = [frame(0x02, b"x"), frame(0x00, b"x").repeat(100_000), frame(0x80, b"x")];
    // Each pattern with the length of a frame.
    let patterns = [
        (frame(0x89, b""), 2),
        (frame(0x8a, b""), 2),
        (frame(0x81, b"x"), 3),
        (in_fragments.concat(), 3),
    ];
    for (pattern, frame_len) in patterns {
        for is_closing in [false, true] {
            let pattern = pattern.clone();
            run(async move {
                let config = config(|config| config.max_incoming_size = None);
                let mut ws = flooded_with(pattern, config).await;
                ws.get_mut().set_chunk(BUFFER);
                let polls = 2000;
                for _ in 0..polls {
                    if is_closing {
                        let _ = at_most_polls(1, ws.closed()).await;
                    } else {
                        turn(&mut ws).await;
                    }
                }
                let bytes = ws.get_mut().take_bytes();
                let most = polls * MAX_FRAMES * frame_len + 2 * BUFFER;
                assert!(bytes <= most, "{bytes} bytes in {polls} polls, at most {most}");
            });
        }
    }
}

#[test]
fn a_turn_ends_after_256_kib_of_input() {
    for chunk in [512, BUFFER] {
        run(async move {
            let config = config(|config| config.max_incoming_size = None);
            let mut ws = flooded_with(frame(0x82, &vec![7; 1 << 20]), config).await;
            ws.get_mut().set_chunk(chunk);
            for _ in 0..50 {
                let _ = at_most_polls(1, ws.closed()).await;
                let bytes = ws.get_mut().take_bytes();
                assert!(bytes <= 2 * BUFFER, "{bytes} bytes in one poll");
            }
        });
    }
}

#[test]
fn a_turn_ends_after_256_kib_of_decompressed_data() {
    run(async {
        let mut compressed = Vec::new();
        let settings = DeflateConfig::default();
        let offer = [Vec::<(&str, Option<&str>)>::new()];
        let (_, _, agreement) = settings.answer_first(&offer).expect("an acceptable offer");
        Compressor::new(&settings, agreement.ours).compress(
            &vec![0; 1 << 20],
            true,
            &mut compressed,
        );
        assert!(compressed.len() < 2000, "a bomb of {} bytes", compressed.len());
        let mut ws = flooded_compressed(frame(0xc2, &compressed)).await;
        ws.get_mut().set_chunk(BUFFER);
        let (mut messages, polls) = (0, 200);
        for _ in 0..polls {
            messages += turn(&mut ws).await;
        }
        assert!((10..=polls / 3).contains(&messages), "{messages} MiB in {polls} polls");
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
