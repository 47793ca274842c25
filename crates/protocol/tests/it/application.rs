//! The operations that the application may perform in each state, and the errors of the others.

use std::{cell::Cell, io};

use sockeye_errors::{
    Close, CloseCause, ConnectionClosed, Error, InvalidState, PayloadTooBig, ProtocolError, State,
};
use sockeye_protocol::{Config, Event, Message, MessageKind, Role};

use crate::connection::Connection;
use crate::{
    pair::{End, Pair, ROLES, keys, links},
    wire,
};

/// Everything that an application can send, with the name of it in an error.
fn attempts(pair: &mut Pair, role: Role) -> Vec<(&'static str, Error)> {
    let now = pair.now;
    let connection = &mut pair.end(role).connection;
    let results = [
        ("send", connection.send("x")),
        ("send", connection.begin_message(MessageKind::Text)),
        ("send", connection.write_fragment("x", true)),
        ("ping", connection.ping(now, "x").map(|_| ())),
    ];
    assert!(connection.is_flushed(), "something was queued");
    results.into_iter().map(|(name, result)| (name, result.expect_err("it is over"))).collect()
}

#[test]
fn after_its_own_close_the_application_ought_to_know_better() {
    for role in ROLES {
        let mut pair = Pair::new();
        pair.close(role, 1000, "");
        for state in [State::Closing, State::Closed] {
            pair.end(role).transmit();
            for (operation, error) in attempts(&mut pair, role) {
                let expected = ProtocolError::from(InvalidState::new(operation, state));
                assert!(matches!(error, Error::Protocol(error) if error == expected), "{error:?}");
                assert_eq!(error.to_string(), format!("Cannot {operation} in state {state}"));
            }
            pair.end(role.opposite()).incoming.extend(wire::close(role.opposite(), 1000, b""));
            pair.run();
        }
    }
}

#[test]
fn after_the_close_of_the_peer_errors_contain_the_outcome() {
    for role in ROLES {
        let mut pair = Pair::new();
        pair.close(role.opposite(), 1001, "gone").run();
        for (_, error) in attempts(&mut pair, role) {
            let Error::ConnectionClosed(closed) = error else { panic!("{error:?}") };
            assert!(closed.is_ok());
            assert_eq!(closed.rcvd, Some(Close::new(1001, "gone")));
        }
    }
}

#[test]
fn after_a_failure_errors_contain_its_cause() {
    for role in ROLES {
        let mut pair = Pair::new();
        let now = pair.now;
        let end = pair.end(role);
        end.receive(now, &wire::frame(role, 0x8f, b""));
        end.transmit();
        for (_, error) in attempts(&mut pair, role) {
            let Error::ConnectionClosed(closed) = error else { panic!("{error:?}") };
            let cause = CloseCause::Protocol(ProtocolError::ReservedOpcode { opcode: 15 });
            let ConnectionClosed { rcvd, sent, cause: found, .. } = *closed;
            assert_eq!((rcvd, found), (None, Some(cause)));
            assert_eq!(sent.map(|close| close.code.as_u16()), Some(1002));
        }
    }
}

#[test]
fn messages_do_not_mix_with_a_streamed_one_but_pings_do() {
    for (name, client, server) in links(&Config::default()) {
        let mut pair = Pair::joined(client, server);
        let now = pair.now;
        let connection = &mut pair.client.connection;
        connection.begin_message(MessageKind::Binary).expect("open");
        for part in ["a", "b"] {
            let clash = |result: Result<(), Error>| match result {
                Err(Error::Protocol(ProtocolError::Concurrency(error))) => error.to_string(),
                other => panic!("{other:?}"),
            };
            assert_eq!(clash(connection.send("x")), "Concurrent send operations");
            assert_eq!(
                clash(connection.begin_message(MessageKind::Text)),
                "Concurrent send operations"
            );
            connection.ping(now, part).expect("control frames may come in between");
            connection.write_fragment(part, part == "b").expect("begun");
        }
        connection.send("c").expect("the streamed message ended");
        pair.run();
        assert_eq!(pair.server.messages(), [Message::from(b"ab"), Message::from("c")], "{name}");
    }
}

#[test]
fn a_fragment_needs_a_message_that_has_begun() {
    let mut pair = Pair::new();
    let connection = &mut pair.client.connection;
    let error = connection.write_fragment("x", true).expect_err("nothing has begun");
    assert_eq!(error.to_string(), "Cannot continue in state OPEN");
    connection.begin_message(MessageKind::Text).expect("open");
    connection.write_fragment("x", true).expect("begun");
    assert!(connection.write_fragment("y", true).is_err(), "it has ended");
    pair.run();
    assert_eq!(pair.server.messages(), [Message::from("x")]);
}

#[test]
fn a_streamed_message_that_grows_too_big_may_still_end_within_the_limit() {
    let mut config = Config::default();
    config.max_outgoing_size = Some(5);
    for (name, client, server) in links(&config) {
        let mut pair = Pair::joined(client, server);
        let connection = &mut pair.client.connection;
        connection.begin_message(MessageKind::Text).expect("open");
        connection.write_fragment("123", false).expect("begun");
        let error = connection.write_fragment("456", false).expect_err("one too many");
        let too_big = ProtocolError::from(PayloadTooBig::new(6, 5));
        assert!(matches!(error, Error::Protocol(error) if error == too_big));
        connection.write_fragment("45", true).expect("just right");
        pair.run();
        assert_eq!(pair.server.messages(), [Message::from("12345")], "{name}");
    }
}

#[test]
fn a_text_in_parts_is_checked_as_a_whole_and_goes_on_where_it_was_right() {
    for (name, client, server) in links(&Config::default()) {
        let mut pair = Pair::joined(client, server);
        let connection = &mut pair.client.connection;
        connection.begin_message(MessageKind::Text).expect("open");
        let parts: [(&[u8], bool, bool); 6] = [
            (b"\xff", false, false),
            (b"caf\xc3", false, true),
            (b"x", false, false),
            (b"", true, false),
            (b"\xa9", false, true),
            (b"!", true, true),
        ];
        for (part, last, is_right) in parts {
            let written = connection.write_fragment(part, last);
            match written {
                Ok(()) => assert!(is_right, "{name}: {part:x?}"),
                Err(Error::Protocol(ProtocolError::InvalidUtf8)) => {
                    assert!(!is_right, "{name}: {part:x?}");
                }
                Err(error) => panic!("{name}: {error:?}"),
            }
        }
        connection.begin_message(MessageKind::Binary).expect("open");
        connection.write_fragment(&b"\xff"[..], true).expect("bytes are bytes");
        pair.run();
        assert_eq!(pair.server.failure(), None, "{name}");
        let expected = [Message::from("caf\u{e9}!"), Message::from(&b"\xff"[..])];
        assert_eq!(pair.server.messages(), expected, "{name}");
    }
}

#[test]
fn a_message_that_is_abandoned_before_its_first_frame_has_no_effect() {
    for role in ROLES {
        let (mut sender, _) = End::playing(role).connection.split();
        let now = std::time::Instant::now();
        sender.begin_message(MessageKind::Text).expect("open");
        sender.abandon_message(now);
        assert!(sender.is_flushed() && sender.is_open());
        sender.send("another").expect("nothing is under way");
    }
}

#[test]
fn a_message_that_is_abandoned_halfway_fails_the_connection_with_1011() {
    for role in ROLES {
        let (mut sender, receiver) = End::playing(role).connection.split();
        let now = std::time::Instant::now();
        sender.begin_message(MessageKind::Text).expect("open");
        sender.write_fragment("half", false).expect("begun");
        sender.abandon_message(now);
        let mut peer = End::playing(role.opposite());
        let mut end = End::new(Connection { sender, receiver, now: std::time::Instant::now() });
        let wire = end.transmit();
        peer.receive(now, &wire);
        assert_eq!(peer.events, [Event::Close(Close::new(1011, "message abandoned"))]);
        assert!(end.connection.send("more").is_err());
    }
}

thread_local! {
    static RANDOMNESS: Cell<bool> = const { Cell::new(true) };
}

fn failing() -> io::Result<[u8; 4]> {
    if RANDOMNESS.get() { keys() } else { Err(io::ErrorKind::Other.into()) }
}

#[test]
fn without_randomness_nothing_is_sent_and_nothing_is_lost() {
    for (name, client, server) in crate::compression::links_masked_by(&Config::default(), failing) {
        let mut pair = Pair::joined(client, server);
        let text = "The same words, again and again. ".repeat(40);
        for round in 0..4 {
            let now = pair.now;
            let connection = &mut pair.client.connection;
            RANDOMNESS.set(false);
            let unsent = format!("{round} never sent {text}");
            assert!(matches!(connection.send(unsent), Err(Error::Io(_))), "{name}");
            assert!(matches!(connection.ping(now, "x"), Err(Error::Io(_))), "{name}");
            assert!(connection.is_flushed(), "{name}: a frame without a mask");
            RANDOMNESS.set(true);
            let sent = format!("{round} never sent {text}");
            connection.send(&sent).expect("there is randomness again");
            connection.begin_message(MessageKind::Text).expect("open");
            connection.write_fragment(format!("{round}"), false).expect("begun");
            RANDOMNESS.set(false);
            assert!(connection.write_fragment(text.clone(), true).is_err(), "{name}");
            RANDOMNESS.set(true);
            connection.write_fragment(text.clone(), true).expect("begun");
            pair.run();
            let expected = [Message::from(sent), Message::from(format!("{round}{text}"))];
            assert_eq!(pair.server.failure(), None, "{name}");
            assert_eq!(pair.server.messages(), expected, "{name}");
            pair.server.events.clear();
        }
    }
}
