//! Whole messages of every length at which the encoding changes, in both directions.

use bytes::Bytes;
use sockeye_errors::{PayloadTooBig, ProtocolError};
use sockeye_protocol::{Config, Message, Role};

use crate::pair::{Pair, ROLES, links};

const LIMIT: usize = 1 << 20;

const SIZES: [usize; 12] = [0, 1, 2, 125, 126, 127, 8191, 8192, 65_535, 65_536, 65_537, LIMIT];

fn text(size: usize) -> Message {
    let mut text = "a grüße 🐟 of €".repeat(size / 20 + 1);
    text.truncate(text.floor_char_boundary(size));
    text.extend(std::iter::repeat_n('x', size - text.len()));
    text.into()
}

/// Bytes without much of a pattern.
pub(crate) fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let byte = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    (0..size).map(byte).collect()
}

#[test]
fn messages_of_every_size_arrive_both_ways_whatever_is_read_at_a_time() {
    for chunk in [usize::MAX, 4096, 127, 1] {
        for (name, client, server) in links(&Config::default()) {
            let mut pair = Pair::joined(client, server);
            for role in ROLES {
                // The big ones take their time, and are not cut otherwise than the smaller ones.
                let big =
                    chunk == usize::MAX && ["plain", "everything compressed"].contains(&&*name);
                let most = if big { LIMIT } else { 8192 };
                let sizes = SIZES.into_iter().filter(|size| *size <= most);
                for message in sizes.flat_map(|size| [text(size), noise(size).into()]) {
                    pair.end(role).connection.send(message.clone()).expect("open");
                    pair.run_in_chunks(chunk);
                    let peer = pair.end(role.opposite());
                    assert!(
                        peer.messages() == [message.clone()],
                        "{name} {role:?} {}",
                        message.len()
                    );
                    peer.events.clear();
                }
            }
        }
    }
}

#[test]
fn a_short_text_needs_no_memory_whether_or_not_more_stands_behind_it() {
    for role in ROLES {
        for len in 0..=32 {
            let mut pair = Pair::new();
            for _ in 0..2 {
                pair.end(role).connection.send("x".repeat(len)).expect("open");
            }
            let messages = pair.run().end(role.opposite()).messages();
            assert_eq!(messages, ["x".repeat(len), "x".repeat(len)]);
            for message in &messages {
                let place = message.as_bytes().as_ptr().addr();
                let offset = place.wrapping_sub(std::ptr::from_ref(message).addr());
                assert!(offset < size_of::<Message>(), "{role:?}, {len} bytes");
            }
        }
    }
}

#[test]
fn many_messages_in_one_read_arrive_one_after_the_other() {
    for (name, client, server) in links(&Config::default()) {
        let mut pair = Pair::joined(client, server);
        let messages: Vec<Message> =
            (0..300).flat_map(|size| [text(size), noise(size * 41).into()]).collect();
        for role in ROLES {
            for message in &messages {
                pair.end(role).connection.send(message.clone()).expect("open");
            }
        }
        pair.run();
        for role in ROLES {
            assert!(pair.end(role).messages() == messages, "{name} {role:?}");
        }
    }
}

#[test]
fn one_byte_over_the_limit_fails_the_connection_with_1009() {
    for (message, role) in
        [(text(LIMIT + 1), Role::Client), (noise(LIMIT + 1).into(), Role::Server)]
    {
        for (name, client, server) in links(&Config::default()).into_iter().take(3) {
            let mut pair = Pair::joined(client, server);
            pair.end(role.opposite()).connection.send(message.clone()).expect("no limit here");
            pair.run();
            let error = PayloadTooBig::new(LIMIT as u64 + 1, LIMIT as u64);
            assert_eq!(pair.end(role).failure(), Some(ProtocolError::from(error)), "{name}");
            assert_eq!(pair.end(role).sent_code(), Some(1009), "{name}");
        }
    }
}

#[test]
fn a_limit_of_nothing_takes_empty_messages_only() {
    let config = || {
        let mut config = Config::default();
        config.max_incoming_size = Some(0);
        config
    };
    for (name, client, server) in links(&config()) {
        let mut pair = Pair::joined(client, server);
        pair.client.connection.send("").expect("open");
        pair.client.connection.send(Message::from("").compressed()).expect("open");
        pair.run();
        assert_eq!(pair.server.messages(), [Message::from(""), Message::from("")], "{name}");
        pair.client.connection.send("x").expect("open");
        pair.run();
        let error = PayloadTooBig::new(1, 0);
        assert_eq!(pair.server.failure(), Some(ProtocolError::from(error)), "{name}");
    }
}

#[test]
fn a_message_over_the_outgoing_limit_is_refused_and_the_connection_goes_on() {
    let mut config = Config::default();
    config.max_outgoing_size = Some(10);
    for (name, client, server) in links(&config) {
        let mut pair = Pair::joined(client, server);
        let refused = ProtocolError::from(PayloadTooBig::new(11, 10));
        for _ in 0..3 {
            let connection = &mut pair.client.connection;
            let error = connection.send("hello worlds").map(|()| "sent");
            assert_eq!(
                error.map_err(|e| e.to_string()),
                Err("Payload too big: 12 > 10".to_owned())
            );
            let error = connection.send(Message::from(vec![0; 11]).compressed()).err();
            assert_eq!(error.map(|e| e.to_string()), Some(refused.to_string()), "{name}");
            assert!(connection.is_flushed(), "{name}: something was queued");
            connection.send("just right").expect("as much as is allowed");
            pair.run();
        }
        assert_eq!(pair.server.messages(), ["just right"; 3].map(Message::from), "{name}");
    }
}

#[test]
fn a_payload_of_the_application_is_left_as_it_was() {
    for size in [0, 1, 8191, 8192, 100_000] {
        let ours = Bytes::from(noise(size));
        let mut pair = Pair::new();
        for role in ROLES {
            pair.end(role).connection.send(ours.clone()).expect("open");
            // A payload without other owners may be masked in place, and must arrive unchanged.
            pair.end(role).connection.send(noise(size)).expect("open");
        }
        pair.run();
        for role in ROLES {
            let expected = Message::from(noise(size));
            assert!(pair.end(role).messages() == [expected.clone(), expected], "{role:?} {size}");
        }
        assert!(ours == noise(size), "the bytes of the application were changed");
    }
}
