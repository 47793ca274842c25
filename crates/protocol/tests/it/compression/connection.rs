//! permessage-deflate in a connection: limits, failures, and prepared messages.

use std::time::Instant;

use bytes::Bytes;
use proptest::prelude::*;
use sockeye_deflate::{Compressor, DeflateConfig};
use sockeye_errors::{PayloadTooBig, ProtocolError};
use sockeye_protocol::{Config, Event, Fragment, Message, Prepared, Role};

use super::enabled::{agree, link, settings};
use crate::connection::Connection;
use crate::{
    messages::noise,
    pair::{End, Pair},
    wire::{self, BINARY, CONTINUATION, FIN, RSV1, TEXT},
};

fn limited(max_size: Option<usize>) -> Config {
    let mut config = Config::default();
    config.max_incoming_size = max_size.map(|size| size as u64);
    config
}

fn server(config: &Config) -> End {
    End::new(link(config, &DeflateConfig::default()).1)
}

/// The payload of a compressed message, as a client makes it.
fn compressed(payload: &[u8]) -> Vec<u8> {
    let settings = DeflateConfig::default();
    let mut compressor = Compressor::new(&settings, agree(&settings).0.ours);
    let mut compressed = Vec::new();
    compressor.compress(payload, true, &mut compressed);
    compressed
}

/// A stored block, which is not the last.
fn stored(payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).expect("short");
    [&[0][..], &len.to_le_bytes(), &(!len).to_le_bytes(), payload].concat()
}

#[test]
fn a_message_of_exactly_the_limit_inflates_and_one_byte_more_does_not() {
    for size in [0, 1, 100, 65_536] {
        for excess in 0..=1 {
            let payload = compressed(&vec![b'x'; size + excess]);
            for read in [1, 7, usize::MAX] {
                for frame in [1, 5, usize::MAX] {
                    let mut end = server(&limited(Some(size)));
                    let mut wire = wire::frame(Role::Server, RSV1 | TEXT, b"");
                    for piece in payload.chunks(frame) {
                        wire.extend(wire::frame(Role::Server, CONTINUATION, piece));
                    }
                    wire.extend(wire::frame(Role::Server, FIN | CONTINUATION, b""));
                    for piece in wire.chunks(read) {
                        end.receive(Instant::now(), piece);
                    }
                    let too_big = PayloadTooBig::new(size as u64 + 1, size as u64);
                    let expected = (excess == 1).then_some(ProtocolError::from(too_big));
                    assert_eq!(end.failure(), expected, "{size} {read} {frame}");
                    assert_eq!(end.messages().len(), 1 - excess);
                }
            }
        }
    }
}

#[test]
fn the_first_thing_that_is_wrong_counts_however_the_bytes_come() {
    // Not UTF-8, then not a block; not UTF-8, then too big; and too big before it is not UTF-8.
    let cases = [
        ([stored(b"\xff"), vec![7; 9]].concat(), ProtocolError::InvalidUtf8),
        (stored(&[b"\xff", &[b'x'; 200][..]].concat()), ProtocolError::InvalidUtf8),
        (stored(&[&[b'x'; 101][..], b"\xff"].concat()), PayloadTooBig::new(101, 100).into()),
        ([stored(b"fine"), vec![7; 9]].concat(), ProtocolError::CorruptDeflate),
    ];
    for (payload, error) in cases {
        let wire = wire::frame(Role::Server, FIN | RSV1 | TEXT, &payload);
        for read in 1..=wire.len() {
            let mut end = server(&limited(Some(100)));
            for piece in wire.chunks(read) {
                end.receive(Instant::now(), piece);
            }
            assert_eq!(end.failure(), Some(error), "{read} bytes at a time");
        }
    }
}

#[test]
fn text_is_checked_as_it_inflates() {
    let payload = stored(b"plain \xff and much more to come");
    let wire = wire::frame(Role::Server, FIN | RSV1 | TEXT, &payload);
    let mut end = server(&Config::default());
    // The header, the mask, the head of the block, and up to the wrong byte.
    end.receive(Instant::now(), &wire[..2 + 4 + 5 + 6]);
    assert_eq!(end.failure(), None);
    end.receive(Instant::now(), &wire[2 + 4 + 5 + 6..][..1]);
    assert_eq!(end.failure(), Some(ProtocolError::InvalidUtf8));
}

#[test]
fn a_bomb_that_is_streamed_comes_in_parts_of_bounded_size() {
    let bomb = compressed(&vec![0; 64 << 20]);
    let wire = wire::frame(Role::Server, FIN | RSV1 | BINARY, &bomb);
    let mut end = server(&Config::default());
    end.connection.receiver.stream();
    end.connection.handle_received(&mut wire.clone());
    let (mut total, mut most) = (0, 0);
    while let Some(Event::Fragment(Fragment { data, .. })) =
        end.connection.poll_event(Instant::now())
    {
        total += data.len();
        most = most.max(data.len());
    }
    assert_eq!(total, 64 << 20);
    assert!(most <= 320 << 10, "{most} bytes at once");
}

#[test]
fn a_stream_of_which_nothing_came_out_yet_can_be_taken_back() {
    let payload = compressed(&[b'x'; 200]);
    for cut in 0..payload.len() {
        let mut wire = wire::frame(Role::Server, RSV1 | TEXT, &payload[..cut]);
        let (_, mut receiver) = server(&limited(Some(150))).connection.split();
        receiver.stream();
        receiver.handle_received(&mut wire);
        let begun = receiver.poll_event().is_some();
        receiver.cancel_stream();
        receiver.handle_received(&mut wire::frame(
            Role::Server,
            FIN | CONTINUATION,
            &payload[cut..],
        ));
        match receiver.poll_event() {
            Some(Event::Failed(error)) if !begun => {
                assert_eq!(error, PayloadTooBig::new(151, 150).into());
            }
            Some(Event::Fragment(_)) if begun => {}
            event => panic!("cut at {cut}: {event:?}"),
        }
    }
}

#[test]
fn data_that_goes_on_without_content_is_ended() {
    let empty = stored(b"").repeat(20_000);
    let wire = wire::frame(Role::Server, FIN | RSV1 | BINARY, &empty);
    let mut end = server(&Config::default());
    end.receive(Instant::now(), &wire);
    assert_eq!(end.failure(), Some(ProtocolError::UnproductiveDeflate));
    assert_eq!(end.sent_code(), Some(1008));
}

#[test]
fn prepared_messages_fit_between_others_on_connections_of_every_kind() {
    let text = "the same words on every connection, over and over; ".repeat(50);
    let prepared = [Prepared::new(&text), Prepared::new(noise(20_000)), Prepared::new("short")];
    let mut pairs: Vec<(&str, Pair)> = settings()
        .into_iter()
        .map(|(name, settings)| {
            let (client, server) = link(&Config::default(), &settings);
            (name, Pair::joined(client, server))
        })
        .collect();
    for round in 0..5 {
        for (name, pair) in &mut pairs {
            for role in crate::pair::ROLES {
                let mut expected = Vec::new();
                for prepared in &prepared {
                    let connection = &mut pair.end(role).connection;
                    let before = format!("{round} {text}");
                    connection.send(&before).expect("open");
                    connection.send(prepared).expect("open");
                    connection.send(Message::from(&before).uncompressed()).expect("open");
                    connection.send(&before).expect("open");
                    let before = Message::from(before);
                    let message = prepared.message().clone();
                    expected.extend([before.clone(), message, before.clone(), before]);
                }
                pair.run_in_chunks(1000);
                let peer = pair.end(role.opposite());
                assert_eq!(peer.failure(), None, "{name}");
                assert!(peer.messages() == expected, "{name} {role:?} {round}");
                peer.events.clear();
            }
        }
    }
}

#[test]
fn the_choice_about_compression_is_respected() {
    let marked = |connection: Connection, messages: Vec<sockeye_protocol::Outgoing>| -> Vec<bool> {
        let mut end = End::new(connection);
        for message in messages {
            end.connection.send(message).expect("open");
        }
        wire::frames(&end.transmit()).iter().map(|frame| frame.first & RSV1 != 0).collect()
    };
    let settings = DeflateConfig::default().threshold(100);
    let text = |len| Message::from("x".repeat(len));
    let messages = || {
        vec![
            text(99).into(),
            text(100).into(),
            text(99).compressed(),
            text(100).uncompressed(),
            Prepared::new(text(99)).into(),
            Prepared::new(text(100)).into(),
        ]
    };
    let (client, server) = link(&Config::default(), &settings);
    for connection in [client, server] {
        assert_eq!(marked(connection, messages()), [false, true, true, false, false, true]);
    }
    let plain = crate::pair::connection(Role::Server, &Config::default());
    assert_eq!(marked(plain, messages()), [false; 6], "it was not negotiated");
}

#[test]
fn releasing_memory_between_messages_changes_nothing() {
    for (name, settings) in settings() {
        let (client, server) = link(&Config::default(), &settings);
        let (mut sender, receiver) = client.split();
        let mut peer = End::new(server);
        for round in 0..20 {
            let message = Message::from(format!("{round} {}", "again and again ".repeat(60)));
            sender.send(message.clone()).expect("open");
            let mut wire = Vec::new();
            while let Some(bytes) = sender.poll_transmit() {
                let len = bytes.len();
                wire.extend_from_slice(bytes);
                sender.handle_transmitted(Instant::now, len);
            }
            sender.release_memory();
            peer.receive(Instant::now(), &wire);
            assert_eq!(peer.messages(), [message], "{name} {round}");
            peer.events.clear();
            peer.connection.receiver.release_memory();
        }
        drop(receiver);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_compressed_bytes_have_the_same_end_however_they_are_cut(
        prefix in prop::collection::vec(any::<u8>(), 0..300),
        damage in any::<(prop::sample::Index, u8)>(),
        reads in prop::collection::vec(1_usize..50, 1..10),
        frame in 1_usize..100,
        text: bool,
    ) {
        let mut payload = compressed(&prefix.repeat(3));
        *damage.0.get_mut(&mut payload) ^= damage.1;
        let first = if text { TEXT } else { BINARY };
        let mut wire = wire::frame(Role::Server, RSV1 | first, b"");
        for piece in payload.chunks(frame) {
            wire.extend(wire::frame(Role::Server, CONTINUATION, piece));
        }
        wire.extend(wire::frame(Role::Server, FIN | CONTINUATION, b""));
        let mut whole = server(&limited(Some(500)));
        whole.receive(Instant::now(), &wire);
        let mut cut = server(&limited(Some(500)));
        let (mut rest, mut reads) = (Bytes::from(wire), reads.iter().cycle());
        while !rest.is_empty() {
            let len = reads.next().map_or(1, |len| *len).min(rest.len());
            cut.receive(Instant::now(), &rest.split_to(len));
        }
        prop_assert_eq!(whole.events, cut.events);
    }
}
