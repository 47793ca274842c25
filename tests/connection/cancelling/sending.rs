//! Futures that send, dropped at every poll.

use sockeye::{CloseCode, Error, Message, MessageKind, connection::Sender};
use sockeye_tests::{Faulty, Join, Pipe, Sim, at_most_polls, run, spawn};

use super::{CAPACITIES, POLLS, check_wire, close, id_of, payload};
use crate::pairs::{Ws, compressed_pair, pair};

/// The sending end: a whole connection or a half.
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
