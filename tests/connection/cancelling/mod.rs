//! Every operation, dropped after each number of polls: nothing is lost, nothing is torn, nothing gets out of order.

use std::future::Future;

use sockeye::connection::State;
use sockeye_tests::{Sim, at_most_polls, both, frames, pipe, run, yield_now};

use crate::pairs::{Ws, pair};

mod receiving;
mod sending;

const CAPACITIES: [usize; 4] = [1, 3, 64, 20_000];

/// The most polls that are worth a try: with more, the operations of these tests are never dropped.
const POLLS: [usize; 6] = [1, 2, 3, 5, 17, usize::MAX];

/// The bytes that belong to an id: small, and for some ids so big that they are sent by reference.
fn payload(id: u16) -> Vec<u8> {
    let len = match id % 10 {
        0 => 2,
        1 | 5 => 130,
        2 | 4 | 8 => 20,
        3 if id < 10 => 9000,
        _ => 0,
    };
    let [high, low] = id.to_be_bytes();
    let rest = (0..len).map(|n| u8::try_from(n % 251).unwrap_or(0) ^ low);
    [high, low].into_iter().chain(rest).collect()
}

fn id_of(message: &[u8]) -> u16 {
    let id = u16::from_be_bytes([message[0], message[1]]);
    assert_eq!(message, payload(id), "the message of {id} is torn");
    id
}

/// Whether all that was written behind the opening handshake are whole frames, the last of them a close frame.
fn check_wire(log: &[u8]) {
    let head = log.windows(4).position(|end| end == b"\r\n\r\n").expect("there is a head");
    let (frames, rest) = frames(&log[head + 4..]);
    assert_eq!(rest, 0, "half a frame on the wire");
    assert_eq!(frames.last().map(|frame| frame.opcode), Some(8));
    assert_eq!(frames.iter().filter(|frame| frame.opcode == 8).count(), 1);
}

async fn close(ws: &mut Ws, polls: usize) {
    while at_most_polls(polls, ws.close()).await.is_none() {
        yield_now().await;
    }
}

#[test]
fn two_ends_that_close_at_once_agree_whatever_is_dropped() {
    for capacity in CAPACITIES {
        for polls in POLLS {
            run(async move {
                let (mut client, mut server) = pair(capacity).await;
                both(close(&mut client, polls), close(&mut server, polls)).await;
                assert!(client.outcome().is_ok(), "{:?}", client.outcome());
                assert!(server.outcome().is_ok(), "{:?}", server.outcome());
                assert_eq!(client.state(), State::Closed);
                check_wire(&client.get_ref().get_ref().written().log());
                check_wire(&server.get_ref().get_ref().written().log());
            });
        }
    }
}

/// Says that a future may go from thread to thread.
fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[test]
fn what_was_never_polled_never_was() {
    run(async {
        let (near, far) = pipe(64 << 10);
        let client = sockeye::client::client::<_, Sim, _>("ws://localhost/", near).into_future();
        let server = async {
            let handshake = sendable(sockeye::server::accept::<_, Sim>(far).open()).await?;
            sendable(handshake.accept()).await
        };
        let (client, server) = both(sendable(client), server).await;
        let (mut client, mut server) = (client.expect("open"), server.expect("open"));
        drop(sendable(client.feed("fed")));
        drop(sendable(client.send("sent")));
        drop(sendable(server.recv()));
        drop(sendable(server.next()));
        client.feed("first").await.expect("there is room");
        drop(client.feed("fed"));
        client.send("second").await.expect("open");
        for expected in ["first", "second"] {
            drop(server.recv());
            let message = server.recv().await.expect("open");
            assert_eq!(message.as_text(), Some(expected));
        }
        assert!(at_most_polls(1, server.recv()).await.is_none(), "there was nothing else");
    });
}

#[test]
fn an_opening_handshake_may_be_dropped() {
    for polls in 0..40 {
        run(async move {
            let (near, far) = pipe(11);
            let client =
                sockeye::client::client::<_, Sim, _>("ws://localhost/", near).into_future();
            let server = async { sockeye::server::accept::<_, Sim>(far).await?.accept().await };
            let (client, server) = both(at_most_polls(polls, client), server).await;
            if client.is_none() {
                // The server notices, if it has not succeeded.
                drop(server);
            }
        });
        run(async move {
            let (near, far) = pipe(11);
            let client =
                sockeye::client::client::<_, Sim, _>("ws://localhost/", near).into_future();
            let server = async { sockeye::server::accept::<_, Sim>(far).await?.accept().await };
            let (client, server) = both(client, at_most_polls(polls, server)).await;
            if server.is_none() {
                client.expect_err("the server has gone");
            }
        });
    }
}
