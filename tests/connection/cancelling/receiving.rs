//! Futures that receive, dropped at every poll.

use sockeye::{Error, Message, MessageKind, connection::Receiver};
use sockeye_tests::{Faulty, Pipe, Sim, at_most_polls, run, spawn, yield_now};

use super::{CAPACITIES, POLLS, id_of, payload};
use crate::pairs::{Ws, pair};

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
                            // A task that waits to write a ping does not read, so it waits for one poll only.
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
