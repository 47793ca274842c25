//! Transports that fail after each byte and in each way: the outcome is an error, in time, and no task spins.

use std::{io, time::Duration};

use sockeye::{Error, error::CloseCause};
use sockeye_tests::{Elapsed, Fault, Faults, Faulty, Pipe, Sim, pipe, run, run_shuffled, spawn};

const SECOND: Duration = Duration::from_secs(1);

/// How far a client got.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Opening,
    Talking,
    Done,
}

/// A client's whole life.
async fn talk(stream: Faulty<Pipe>) -> (Stage, Result<(), Error>) {
    let client = sockeye::client::client::<_, Sim, _>("ws://localhost/chat", stream);
    let mut ws = match client.await {
        Ok(ws) => ws,
        Err(error) => return (Stage::Opening, Err(error)),
    };
    let talk = async {
        ws.send("hello").await?;
        assert_eq!(ws.recv().await?.as_text(), Some("hello"));
        ws.ping("are you there?").await?.await?;
        ws.feed(vec![1; 200]).await?;
        ws.send(vec![2; 300]).await?;
        assert_eq!(ws.recv().await?.as_bytes(), [1; 200]);
        assert_eq!(ws.recv().await?.as_bytes(), [2; 300]);
        Ok(())
    };
    if let Err(error) = talk.await {
        // Messages that arrived before can still be read; afterwards every method returns the error.
        let again = loop {
            if let Err(error) = ws.recv().await {
                break error;
            }
        };
        assert_eq!(io_cause(&error), io_cause(&again), "the cause does not change");
        ws.send("x").await.expect_err("it is over");
        ws.close().await.expect("closing what is closed does nothing");
        return (Stage::Talking, Err(error));
    }
    ws.close().await.expect("closing cannot fail");
    (Stage::Done, Ok(()))
}

/// The server's side of it.
async fn echo(stream: Faulty<Pipe>) -> Result<(), Error> {
    let mut ws = sockeye::server::accept::<_, Sim>(stream).await?.accept().await?;
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

/// Lets both talk, over transports with these faults; returns how far the client got, and why no further.
async fn converse(client: Faults, server: Faults) -> (Stage, Result<(), Error>, Result<(), Error>) {
    let (near, far) = pipe(64 << 10);
    let (mut near, mut far) = (Faulty::new(near), Faulty::new(far));
    near.set(client);
    far.set(server);
    let clock = Elapsed::start();
    let server = spawn(echo(far));
    let (stage, client) = talk(near).await;
    let server = server.await;
    assert!(clock.get() <= 100 * SECOND, "{:?}", clock.get());
    (stage, client, server)
}

/// The kind of the I/O error that is behind an error, if one is.
fn io_cause(error: &Error) -> Option<io::ErrorKind> {
    match error {
        Error::ConnectionClosed(closed) => match &closed.cause {
            Some(CloseCause::Io(error)) => Some(error.kind()),
            _ => None,
        },
        Error::Io(error) => Some(error.kind()),
        _ => None,
    }
}

fn check_kind(stage: Stage, error: &Error) {
    match (stage, error) {
        (Stage::Opening, Error::Io(_) | Error::Handshake(_) | Error::Timeout(_))
        | (Stage::Talking, Error::ConnectionClosed(_)) => {}
        other => panic!("{other:?}"),
    }
}

/// Breaks the client's transport at each byte, until it does not break any more before the end.
fn at_each_byte(set: impl Fn(&mut Faults, usize) + Copy, expected: &[io::ErrorKind]) {
    let mut stages = Vec::new();
    for at in 0.. {
        let stage = run(async move {
            let mut faults = Faults::default();
            set(&mut faults, at);
            let (stage, client, _) = converse(faults, Faults::default()).await;
            if let Err(error) = client {
                check_kind(stage, &error);
                assert!(error.is_retryable(), "{at}: {error:?}");
                if stage == Stage::Talking && !expected.is_empty() {
                    let kind = io_cause(&error);
                    assert!(kind.is_some_and(|kind| expected.contains(&kind)), "{at}: {error:?}");
                }
            }
            stage
        });
        if stages.last() != Some(&stage) {
            stages.push(stage);
        }
        if stage == Stage::Done {
            break;
        }
        assert!(at < 5000, "it never gets through");
    }
    assert_eq!(stages, [Stage::Opening, Stage::Talking, Stage::Done]);
}

#[test]
fn the_end_of_the_stream_at_any_byte() {
    let eof = io::ErrorKind::UnexpectedEof;
    at_each_byte(|faults, at| faults.read = Some((at, Fault::Zero)), &[eof]);
}

#[test]
fn a_reset_at_any_byte_that_is_read() {
    let reset = io::ErrorKind::ConnectionReset;
    at_each_byte(move |faults, at| faults.read = Some((at, Fault::Error(reset))), &[reset]);
}

#[test]
fn an_error_at_any_byte_that_is_written() {
    let broken = io::ErrorKind::BrokenPipe;
    at_each_byte(move |faults, at| faults.write = Some((at, Fault::Error(broken))), &[broken]);
}

#[test]
fn a_write_that_takes_nothing_at_any_byte() {
    let zero = io::ErrorKind::WriteZero;
    at_each_byte(|faults, at| faults.write = Some((at, Fault::Zero)), &[zero]);
}

#[test]
fn a_stream_that_falls_silent_at_any_byte() {
    at_each_byte(|faults, at| faults.read = Some((at, Fault::Never)), &[]);
}

#[test]
fn a_stream_that_gets_stuck_at_any_byte() {
    at_each_byte(|faults, at| faults.write = Some((at, Fault::Never)), &[]);
}

#[test]
fn a_flush_that_fails() {
    let broken = io::ErrorKind::BrokenPipe;
    for at in 0..12 {
        run(async move {
            let flush = Some((at, Fault::Error(broken)));
            let faults = Faults { flush, ..Faults::default() };
            let (stage, client, _) = converse(faults, Faults::default()).await;
            if let Err(error) = client {
                check_kind(stage, &error);
                assert_eq!(io_cause(&error), Some(broken), "{error:?}");
            }
        });
    }
}

#[test]
fn a_server_whose_stream_breaks_at_any_byte_ends() {
    let reset = io::ErrorKind::ConnectionReset;
    for fault in [Fault::Zero, Fault::Error(reset), Fault::Never] {
        for at in 0..1200 {
            run(async move {
                let faults = Faults { read: Some((at, fault)), ..Faults::default() };
                let (stage, client, _) = converse(Faults::default(), faults).await;
                if let Err(error) = client {
                    check_kind(stage, &error);
                }
            });
            run(async move {
                let faults = Faults { write: Some((at, fault)), ..Faults::default() };
                let (stage, client, _) = converse(Faults::default(), faults).await;
                if let Err(error) = client {
                    check_kind(stage, &error);
                }
            });
        }
    }
}

#[test]
fn a_shut_down_that_fails_harms_nobody() {
    for fault in [Fault::Error(io::ErrorKind::NotConnected), Fault::Zero] {
        run(async move {
            let faults = Faults { close: Some(fault), ..Faults::default() };
            let (stage, client, server) = converse(faults, faults).await;
            assert_eq!(stage, Stage::Done, "{client:?}");
            server.expect("a normal end");
        });
    }
}

#[test]
fn drops_and_storms_change_nothing() {
    for put_off in 0..4 {
        for at_most in [1, 2, 3, 10, usize::MAX] {
            for seed in 0..5 {
                run_shuffled(seed, async move {
                    let faults = Faults {
                        read_at_most: at_most,
                        write_at_most: at_most,
                        put_off,
                        ..Faults::default()
                    };
                    let (stage, client, server) = converse(faults, faults).await;
                    assert_eq!(stage, Stage::Done, "{client:?}");
                    server.expect("a normal end");
                });
            }
        }
    }
}
