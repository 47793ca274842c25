//! Messages in fragments: the frames between them, their number, and the size of the message.

use std::time::Instant;

use sockeye_errors::{PayloadTooBig, ProtocolError};
use sockeye_protocol::{Config, Event, Message, MessageKind, Role};

use crate::{
    pair::{End, Pair, ROLES, links},
    wire::{self, BINARY, CONTINUATION, FIN, PING, PONG, RSV1, TEXT},
};

fn received(role: Role, frames: &[(u8, &[u8])]) -> End {
    let mut end = End::playing(role);
    let wire: Vec<u8> =
        frames.iter().flat_map(|(first, payload)| wire::frame(role, *first, payload)).collect();
    end.receive(Instant::now(), &wire);
    end
}

#[test]
fn control_frames_between_fragments_come_first_and_change_nothing() {
    for role in ROLES {
        let end = received(
            role,
            &[
                (TEXT, "gr\u{fc}".as_bytes().split_at(3).0),
                (PING, b"one"),
                (CONTINUATION, b"\xbc"),
                (PONG, b"two"),
                (CONTINUATION, b""),
                (PING, b"three"),
                (FIN | CONTINUATION, "\u{df}e".as_bytes()),
            ],
        );
        let expected = [
            Event::Ping("one".into()),
            Event::Pong("two".into()),
            Event::Ping("three".into()),
            Event::Message("gr\u{fc}\u{df}e".into()),
        ];
        assert_eq!(end.events, expected, "{role:?}");
    }
}

#[test]
fn a_hundred_empty_fragments_pass_and_one_more_is_a_flood() {
    for role in ROLES {
        for (empty, refused) in [(100, false), (101, true)] {
            let mut frames = vec![(BINARY, &b"x"[..])];
            frames.extend(vec![(CONTINUATION, &b""[..]); empty]);
            frames.push((FIN | CONTINUATION, b"y"));
            let end = received(role, &frames);
            assert_eq!(end.failure() == Some(ProtocolError::TooManyFragments), refused);
            assert_eq!(end.messages().len(), usize::from(!refused));
            assert_eq!(end.sent_code(), refused.then_some(1008));
        }
    }
}

#[test]
fn fragments_are_counted_against_the_size_that_a_message_may_have() {
    for (max_size, allowed) in [(0, 1024), (100, 1024), (65_536, 1024), (128 << 10, 2048)] {
        let mut config = Config::default();
        config.max_incoming_size = Some(max_size);
        for (fragments, refused) in [(allowed, false), (allowed + 1, true)] {
            let payload = if max_size < 1024 { &b""[..] } else { b"x" };
            let mut end = End::configured(Role::Server, &config);
            let mut wire = wire::frame(Role::Server, BINARY, payload);
            for _ in 2..fragments {
                wire.extend(wire::frame(Role::Server, CONTINUATION, payload));
            }
            wire.extend(wire::frame(Role::Server, FIN | CONTINUATION, payload));
            end.receive(Instant::now(), &wire);
            if max_size < 1024 {
                // Empty ones have a limit of their own.
                assert_eq!(end.failure(), Some(ProtocolError::TooManyFragments));
            } else {
                assert_eq!(end.failure().is_some(), refused, "{fragments} of {max_size}");
            }
        }
    }
}

#[test]
fn a_message_that_never_ends_is_ended() {
    for size in [0, 1, 63, 64, 255, 4096] {
        let mut end = End::playing(Role::Server);
        let payload = vec![b'x'; size];
        end.receive(Instant::now(), &wire::frame(Role::Server, TEXT, &payload));
        let frame = wire::frame(Role::Server, CONTINUATION, &payload);
        let rounds = (0..20_000).take_while(|_| {
            end.receive(Instant::now(), &frame);
            end.events.is_empty()
        });
        assert!(rounds.count() < 17_000, "{size}: it goes on and on");
        let code = if size < 64 { 1008 } else { 1009 };
        assert_eq!(end.sent_code(), Some(code), "{size}");
    }
}

#[test]
fn the_size_counts_over_fragments_from_their_headers_on() {
    let mut config = Config::default();
    config.max_incoming_size = Some(10);
    for role in ROLES {
        let mut end = End::configured(role, &config);
        let wire = [
            wire::frame(role, BINARY, b"123456"),
            wire::frame(role, CONTINUATION, b"7890"),
            wire::frame(role, CONTINUATION, b""),
            wire::header(role, CONTINUATION, 1),
        ];
        end.receive(Instant::now(), &wire[..3].concat());
        assert_eq!(end.failure(), None);
        end.receive(Instant::now(), &wire[3]);
        assert_eq!(end.failure(), Some(PayloadTooBig::new(11, 10).into()));
    }
}

#[test]
fn honest_messages_of_many_fragments_pass() {
    let payload = [7; 256];
    let mut end = End::playing(Role::Server);
    for round in 1..=10 {
        end.receive(Instant::now(), &wire::frame(Role::Server, BINARY, &payload));
        for _ in 0..4094 {
            end.receive(Instant::now(), &wire::frame(Role::Server, CONTINUATION, &payload));
        }
        end.receive(Instant::now(), &wire::frame(Role::Server, FIN | CONTINUATION, &payload));
        assert_eq!(end.events.len(), round);
    }
    assert_eq!(end.messages()[9], Message::from(vec![7; 4096 * 256]));
}

#[test]
fn messages_that_are_sent_in_fragments_arrive_whole() {
    for (name, client, server) in links(&Config::default()) {
        let mut pair = Pair::joined(client, server);
        let text = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. ".repeat(9);
        for role in ROLES {
            for size in [1, 3, 64, 1000] {
                let connection = &mut pair.end(role).connection;
                connection.begin_message(MessageKind::Text).expect("open");
                for (at, piece) in text.as_bytes().chunks(size).enumerate() {
                    connection.write_fragment(piece.to_vec(), false).expect("begun");
                    if at == 5 {
                        connection.ping(Instant::now(), "in between").expect("open");
                    }
                }
                connection.write_fragment("", true).expect("begun");
                pair.run_in_chunks(17);
                let peer = pair.end(role.opposite());
                assert_eq!(peer.messages(), [Message::from(&text)], "{name} {role:?} {size}");
                assert_eq!(peer.failure(), None);
                peer.events.clear();
            }
        }
    }
}

#[test]
fn empty_writes_do_not_become_a_flood_of_empty_fragments() {
    for (name, client, server) in links(&Config::default()) {
        let mut pair = Pair::joined(client, server);
        let connection = &mut pair.client.connection;
        connection.begin_message(MessageKind::Binary).expect("open");
        for _ in 0..1000 {
            connection.write_fragment("", false).expect("begun");
        }
        connection.write_fragment("content", true).expect("begun");
        pair.run();
        assert_eq!(pair.server.messages(), [Message::from(b"content")], "{name}");
    }
}

#[test]
fn without_the_extension_rsv1_is_refused_wherever_it_is() {
    for role in ROLES {
        for first in [TEXT, BINARY, FIN | TEXT, FIN | BINARY, CONTINUATION, FIN | CONTINUATION] {
            let end = received(role, &[(RSV1 | first, b"x")]);
            assert_eq!(end.failure(), Some(ProtocolError::ReservedBits), "{first:#x}");
            let end = received(role, &[(TEXT, b"x"), (RSV1 | first, b"x")]);
            assert_eq!(end.failure(), Some(ProtocolError::ReservedBits), "{first:#x}");
        }
    }
}
