//! Every operation, dropped after each number of polls: nothing is lost, nothing is torn, nothing gets out of order.

use std::future::Future;

use sockeye::{
    CloseCode, Error, Message, MessageKind, State,
    driver::{self, Receiver, Sender},
};
use sockeye_tests::{
    Faulty, Join, Pipe, Sim, at_most_polls, both, frames, pipe, run, spawn, yield_now,
};

use crate::pairs::{Ws, compressed_pair, pair};

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

/// Who sends: a whole connection or a half.
enum Hand {
    Whole(Ws),
    Half(Sender<Faulty<Pipe>, Sim>),
}

impl Hand {
    async fn send(&mut self, message: Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Whole(ws) => ws.send(message).await,
            Self::Half(sender) => sender.send(message).await,
        }
    }

    async fn feed(&mut self, message: Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Whole(ws) => ws.feed(message).await,
            Self::Half(sender) => sender.feed(message).await,
        }
    }

    async fn flush(&mut self) -> Result<(), Error> {
        match self {
            Self::Whole(ws) => ws.flush().await,
            Self::Half(sender) => sender.flush().await,
        }
    }

    async fn ping(&mut self, payload: Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Whole(ws) => ws.ping(payload).await?.await.map(drop),
            Self::Half(sender) => sender.ping(payload).await?.await.map(drop),
        }
    }

    async fn pong(&mut self) -> Result<(), Error> {
        match self {
            Self::Whole(ws) => ws.pong("beat").await,
            Self::Half(sender) => sender.pong("beat").await,
        }
    }

    /// A message in parts; returns the ids of those that were surely accepted.
    async fn stream(&mut self, first: u16, polls: usize) -> Option<Vec<u16>> {
        let open = async {
            match self {
                Self::Whole(ws) => ws.send_stream(MessageKind::Binary).await,
                Self::Half(sender) => sender.send_stream(MessageKind::Binary).await,
            }
        };
        let mut writer = at_most_polls(polls, open).await?.expect("open");
        let mut accepted = Vec::new();
        for id in first..first + 4 {
            let written = at_most_polls(polls, writer.write(id.to_be_bytes().to_vec())).await;
            if let Some(result) = written {
                result.expect("open");
                accepted.push(id);
            }
        }
        writer.finish().await.expect("open");
        Some(accepted)
    }
}

/// Sends all that can be sent, and drops each future after so many polls. Returns the ids of the messages that were surely
/// accepted, and for each streamed message those of its parts.
async fn send_everything(hand: &mut Hand, polls: usize) -> (Vec<u16>, Vec<Vec<u16>>) {
    let (mut accepted, mut streamed) = (Vec::new(), Vec::new());
    for round in 0..3 {
        for step in 0..10 {
            let id = round * 10 + step;
            let done = match step {
                2 | 7 => at_most_polls(polls, hand.feed(payload(id))).await,
                _ => at_most_polls(polls, hand.send(payload(id))).await,
            };
            if let Some(result) = done {
                result.expect("open");
                accepted.push(id);
            }
            match step {
                3 => drop(at_most_polls(polls, hand.flush()).await),
                5 => drop(at_most_polls(polls, hand.ping(vec![1])).await),
                8 => drop(at_most_polls(polls, hand.pong()).await),
                _ => {}
            }
        }
        streamed.extend(hand.stream(1000 + round * 10, polls).await);
    }
    (accepted, streamed)
}

/// Receives until the end, and returns the messages.
fn collect(mut ws: Ws) -> Join<(Vec<Message>, Ws)> {
    spawn(async move {
        let mut messages = Vec::new();
        while let Some(message) = ws.next().await.expect("a normal end") {
            messages.push(message);
        }
        (messages, ws)
    })
}

/// Whether `accepted` are all in `received`, and those are in order.
fn check_ids(received: &[u16], accepted: &[u16]) {
    assert!(received.is_sorted_by(|a, b| a < b), "{received:?}");
    for id in accepted {
        assert!(received.contains(id), "{id} was accepted and has not arrived: {received:?}");
    }
}

fn check_sent(messages: &[Message], accepted: &[u16], streamed: &[Vec<u16>]) {
    let (mut whole, mut parts) = (Vec::new(), Vec::new());
    for message in messages {
        let bytes = message.as_bytes();
        if bytes.is_empty() || bytes[0] == 3 {
            let ids = bytes.chunks(2).map(|id| u16::from_be_bytes([id[0], id[1]]));
            parts.push(ids.collect::<Vec<_>>());
        } else {
            whole.push(id_of(bytes));
        }
    }
    check_ids(&whole, accepted);
    assert_eq!(parts.len(), streamed.len(), "a streamed message that was finished is a message");
    for (received, accepted) in parts.iter().zip(streamed) {
        check_ids(received, accepted);
    }
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
fn what_is_sent_arrives_whole_and_in_order_whatever_is_dropped() {
    for capacity in CAPACITIES {
        for polls in POLLS {
            sends(capacity, polls, false);
        }
    }
}

#[test]
fn what_is_compressed_arrives_whole_and_in_order_whatever_is_dropped() {
    for capacity in CAPACITIES {
        for polls in POLLS {
            sends(capacity, polls, true);
        }
    }
}

fn sends(capacity: usize, polls: usize, compressed: bool) {
    run(async move {
        let (client, server) =
            if compressed { compressed_pair(capacity).await } else { pair(capacity).await };
        let tap = client.get_ref().get_ref().written();
        let received = collect(server);
        let mut hand = Hand::Whole(client);
        let (accepted, streamed) = send_everything(&mut hand, polls).await;
        let Hand::Whole(mut client) = hand else { unreachable!("it is whole") };
        close(&mut client, polls).await;
        assert!(client.outcome().is_ok(), "{:?}", client.outcome());
        let (messages, server) = received.await;
        check_sent(&messages, &accepted, &streamed);
        check_wire(&tap.log());
        check_wire(&server.get_ref().get_ref().written().log());
        if polls == usize::MAX {
            assert_eq!((accepted.len(), streamed.len()), (30, 3));
        }
    });
}

#[test]
fn what_a_half_sends_arrives_whole_and_in_order_whatever_is_dropped() {
    for capacity in CAPACITIES {
        for polls in POLLS {
            run(async move {
                let (client, server) = pair(capacity).await;
                let tap = client.get_ref().get_ref().written();
                let received = collect(server);
                let (sender, mut receiver) = client.split();
                let receiver = spawn(async move { receiver.next().await });
                let mut hand = Hand::Half(sender);
                let (accepted, streamed) = send_everything(&mut hand, polls).await;
                let Hand::Half(sender) = hand else { unreachable!("it is a half") };
                let _ = at_most_polls(polls, sender.close()).await;
                assert!(receiver.await.expect("a normal end").is_none());
                let (messages, _) = received.await;
                check_sent(&messages, &accepted, &streamed);
                check_wire(&tap.log());
            });
        }
    }
}

/// Sends messages of all kinds, with pings in between; ends by closing.
async fn send_much(mut ws: Ws) {
    for id in 0..20 {
        let bytes = payload(id);
        if id % 4 == 1 {
            let mut writer = ws.send_stream(MessageKind::Binary).await.expect("open");
            for part in bytes.chunks(bytes.len() / 3 + 1) {
                writer.write(part.to_vec()).await.expect("open");
            }
            writer.finish().await.expect("open");
        } else {
            ws.send(bytes).await.expect("open");
        }
        if id % 3 == 0 {
            drop(ws.ping(vec![7]).await.expect("open"));
        }
    }
    ws.close().await.expect("closed");
    assert!(ws.outcome().is_ok(), "{:?}", ws.outcome());
}

#[test]
fn nothing_that_was_received_is_lost_whatever_is_dropped() {
    for capacity in CAPACITIES {
        for polls in POLLS {
            run(async move {
                let (mut client, server) = pair(capacity).await;
                let server = spawn(send_much(server));
                let mut received = Vec::new();
                for turn in 0_u64.. {
                    let message = match turn % 4 {
                        0 => at_most_polls(polls, client.recv()).await,
                        1 => match at_most_polls(polls, client.next()).await {
                            Some(Ok(None)) => break,
                            other => other.map(|result| result.map(|some| some.expect("checked"))),
                        },
                        2 => match at_most_polls(polls, client.recv_stream()).await {
                            Some(Ok(mut reader)) => {
                                let mut bytes = Vec::new();
                                loop {
                                    match at_most_polls(polls, reader.chunk()).await {
                                        Some(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
                                        Some(Ok(None)) => break,
                                        Some(Err(error)) => panic!("{error:?}"),
                                        None => yield_now().await,
                                    }
                                }
                                Some(Ok(bytes.into()))
                            }
                            Some(Err(error)) => Some(Err(error)),
                            None => None,
                        },
                        _ => {
                            // Who waits to write a ping does not read: so not for long.
                            if let Some(Ok(pong)) = at_most_polls(1, client.ping("")).await {
                                drop(at_most_polls(polls, pong).await);
                            }
                            None
                        }
                    };
                    match message {
                        Some(Ok(message)) => received.push(id_of(message.as_bytes())),
                        Some(Err(Error::ConnectionClosed(closed))) if closed.is_ok() => break,
                        Some(Err(error)) => panic!("{error:?}"),
                        None => yield_now().await,
                    }
                }
                assert!(received.iter().copied().eq(0..20), "{capacity}, {polls}: {received:?}");
                server.await;
            });
        }
    }
}

#[test]
fn a_half_loses_nothing_that_was_received_whatever_is_dropped() {
    for capacity in CAPACITIES {
        for polls in POLLS {
            run(async move {
                let (client, server) = pair(capacity).await;
                let server = spawn(send_much(server));
                let (_sender, mut receiver) = client.split();
                let mut received = Vec::new();
                loop {
                    let message = if received.len() % 3 == 0 {
                        skip_or_read(&mut receiver, polls).await
                    } else {
                        at_most_polls(polls, receiver.recv()).await
                    };
                    match message {
                        Some(Ok(message)) => received.push(id_of(message.as_bytes())),
                        Some(Err(Error::ConnectionClosed(closed))) if closed.is_ok() => break,
                        Some(Err(error)) => panic!("{error:?}"),
                        None => yield_now().await,
                    }
                }
                assert!(received.iter().copied().eq(0..20), "{capacity}, {polls}: {received:?}");
                server.await;
            });
        }
    }
}

async fn skip_or_read(
    receiver: &mut Receiver<Faulty<Pipe>, Sim>,
    polls: usize,
) -> Option<Result<Message, Error>> {
    let mut reader = match at_most_polls(polls, receiver.recv_stream()).await? {
        Ok(reader) => reader,
        Err(error) => return Some(Err(error)),
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.chunk().await.expect("open") {
        bytes.extend_from_slice(&chunk);
    }
    Some(Ok(bytes.into()))
}

#[test]
fn a_reader_that_is_dropped_skips_the_rest_of_its_message_and_no_more() {
    for capacity in CAPACITIES {
        for chunks in 0..4 {
            run(async move {
                let (mut client, server) = pair(capacity).await;
                let server = spawn(send_much(server));
                let mut next = 0;
                loop {
                    match client.recv_stream().await {
                        Ok(mut reader) => {
                            for _ in 0..chunks {
                                drop(reader.chunk().await.expect("open"));
                            }
                        }
                        Err(Error::ConnectionClosed(closed)) if closed.is_ok() => break,
                        Err(error) => panic!("{error:?}"),
                    }
                    match client.next().await.expect("a normal end") {
                        Some(message) => assert_eq!(id_of(message.as_bytes()), next + 1),
                        None => break,
                    }
                    next += 2;
                }
                assert_eq!(next, 20);
                server.await;
            });
        }
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

#[test]
fn a_message_that_is_not_finished_fails_the_connection_and_tears_nothing() {
    for capacity in CAPACITIES {
        for polls in 0..6 {
            run(async move {
                let (mut client, mut server) = pair(capacity).await;
                let tap = client.get_ref().get_ref().written();
                let server = spawn(async move {
                    let first = server.recv().await;
                    while server.recv().await.is_ok() {}
                    first
                });
                let mut writer = client.send_stream(MessageKind::Text).await.expect("open");
                drop(at_most_polls(polls, writer.write("begun")).await);
                let finished = at_most_polls(polls, writer.finish()).await.is_some();
                client.close().await.expect("closed");
                let received = server.await;
                match received {
                    Ok(message) => assert_eq!(message.as_text(), Some("begun")),
                    Err(Error::ConnectionClosed(closed)) => {
                        assert!(!finished);
                        let code = closed.code().map(CloseCode::as_u16);
                        assert!(matches!(code, Some(1000 | 1011)), "{closed:?}");
                    }
                    Err(error) => panic!("{error:?}"),
                }
                check_wire(&tap.log());
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
        let client = driver::client::<_, Sim, _>("ws://localhost/", near).into_future();
        let server = async {
            let handshake = sendable(driver::accept::<_, Sim>(far).open()).await?;
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
            let client = driver::client::<_, Sim, _>("ws://localhost/", near).into_future();
            let server = async { driver::accept::<_, Sim>(far).await?.accept().await };
            let (client, server) = both(at_most_polls(polls, client), server).await;
            if client.is_none() {
                // The server notices, if it has not succeeded.
                drop(server);
            }
        });
        run(async move {
            let (near, far) = pipe(11);
            let client = driver::client::<_, Sim, _>("ws://localhost/", near).into_future();
            let server = async { driver::accept::<_, Sim>(far).await?.accept().await };
            let (client, server) = both(client, at_most_polls(polls, server)).await;
            if server.is_none() {
                client.expect_err("the server has gone");
            }
        });
    }
}
