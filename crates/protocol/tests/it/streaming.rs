//! Messages that are received in parts, returned as a whole after all, or discarded.

use std::time::Instant;

use proptest::prelude::*;
use sockeye_errors::{PayloadTooBig, ProtocolError};
use sockeye_protocol::{Config, Event, Fragment, Message, MessageKind, Receiver, Role};

use crate::{
    messages::noise,
    pair::{End, links},
    wire::{self, BINARY, CONTINUATION, FIN, PING, TEXT},
};

/// A receiver and its events.
struct Reader {
    receiver: Receiver,
    events: Vec<Event>,
}

impl Reader {
    fn new() -> Self {
        Self::configured(&Config::default())
    }

    fn configured(config: &Config) -> Self {
        Self::of(End::configured(Role::Client, config).connection.split().1)
    }

    fn of(receiver: Receiver) -> Self {
        Self { receiver, events: Vec::new() }
    }

    fn receive(&mut self, bytes: &[u8]) -> &mut Self {
        self.receiver.handle_received(&mut bytes.to_vec());
        self.events.extend(std::iter::from_fn(|| self.receiver.poll_event()));
        self
    }

    /// The fragments, joined; and whether the last of them came.
    fn joined(&self) -> (Vec<u8>, bool) {
        let (mut joined, mut ended) = (Vec::new(), false);
        for event in &self.events {
            if let Event::Fragment(Fragment { data, last, .. }) = event {
                assert!(!ended, "a fragment after the last one");
                joined.extend_from_slice(data);
                ended = *last;
            }
        }
        (joined, ended)
    }

    fn failure(&self) -> Option<ProtocolError> {
        match self.events.last() {
            Some(Event::Failed(error)) => Some(*error),
            _ => None,
        }
    }
}

/// A message of three frames with a ping inside, from a server.
fn fragmented(first: u8, parts: [&[u8]; 3]) -> Vec<u8> {
    [
        wire::frame(Role::Client, first, parts[0]),
        wire::frame(Role::Client, PING, b"?"),
        wire::frame(Role::Client, CONTINUATION, parts[1]),
        wire::frame(Role::Client, FIN | CONTINUATION, parts[2]),
    ]
    .concat()
}

#[test]
fn the_parts_make_the_message_wherever_it_is_cut_and_the_next_one_comes_whole() {
    let next = wire::frame(Role::Client, FIN | TEXT, b"next");
    let wire = [fragmented(TEXT, ["gr\u{fc}".as_bytes(), "\u{df}".as_bytes(), b""]), next].concat();
    for first in 0..=wire.len() {
        for second in first..=wire.len() {
            let mut reader = Reader::new();
            reader.receiver.stream();
            reader.receive(&wire[..first]).receive(&wire[first..second]).receive(&wire[second..]);
            assert_eq!(reader.joined(), ("gr\u{fc}\u{df}".into(), true), "{first}, {second}");
            assert_eq!(reader.events.last(), Some(&Event::Message("next".into())));
            assert!(reader.events.contains(&Event::Ping("?".into())));
        }
    }
}

#[test]
fn a_stream_may_be_asked_for_when_part_of_the_message_has_arrived() {
    let wire = fragmented(BINARY, [b"one", b"two", b"three"]);
    let begun = wire.len() - 5 - 3;
    for cut in 0..wire.len() {
        let mut reader = Reader::new();
        reader.receive(&wire[..cut]);
        reader.receiver.stream();
        reader.receive(&wire[cut..]);
        assert_eq!(reader.joined(), (b"onetwothree".to_vec(), true), "{cut} of {begun}");
    }
}

#[test]
fn an_empty_message_is_one_last_part() {
    for first in [FIN | TEXT, FIN | BINARY] {
        let mut reader = Reader::new();
        reader.receiver.stream();
        reader.receive(&wire::frame(Role::Client, first, b""));
        assert_eq!(reader.events.len(), 1);
        assert_eq!(reader.joined(), (Vec::new(), true));
    }
}

#[test]
fn a_streamed_message_has_no_limit_of_size_and_none_of_honest_fragments() {
    let mut reader = Reader::new();
    reader.receiver.stream();
    let payload = noise(1024);
    reader.receive(&wire::frame(Role::Client, BINARY, &payload)).events.clear();
    for count in 0..40_000 {
        reader.receive(&wire::frame(Role::Client, CONTINUATION, &payload));
        let [Event::Fragment(fragment)] = &*reader.events else {
            panic!("after {count} parts: {:?}", reader.events);
        };
        assert_eq!(fragment.data, payload);
        reader.events.clear();
    }
}

#[test]
fn a_streamed_message_of_tiny_fragments_is_ended() {
    for payload in [&b""[..], b"x"] {
        let mut reader = Reader::new();
        reader.receiver.stream();
        reader.receive(&wire::frame(Role::Client, BINARY, payload));
        for _ in 0..20_000 {
            reader.receive(&wire::frame(Role::Client, CONTINUATION, payload));
        }
        assert_eq!(reader.failure(), Some(ProtocolError::TooManyFragments));
    }
}

#[test]
fn parts_are_validated_as_they_arrive() {
    let mut reader = Reader::new();
    reader.receiver.stream();
    reader.receive(&wire::frame(Role::Client, TEXT, b"fine, but"));
    reader.receive(&wire::frame(Role::Client, CONTINUATION, b"\xe2\x82"));
    assert_eq!(reader.joined(), (b"fine, but\xe2\x82".to_vec(), false));
    reader.receive(&wire::frame(Role::Client, FIN | CONTINUATION, b""));
    assert_eq!(reader.failure(), Some(ProtocolError::InvalidUtf8));
}

#[test]
fn a_stream_that_is_taken_back_leaves_the_message_whole() {
    let wire = fragmented(TEXT, [b"one", b"two", b"three"]);
    for (asked, taken_back) in [(0, 0), (0, 1), (3, 3), (4, 4), (5, 5), (wire.len(), wire.len())] {
        let mut reader = Reader::new();
        reader.receive(&wire[..asked]);
        reader.receiver.stream();
        reader.receiver.handle_received(&mut wire[asked..taken_back].to_vec());
        reader.receiver.cancel_stream();
        reader.receive(&wire[taken_back..]);
        let messages: Vec<_> =
            reader.events.iter().filter(|e| **e != Event::Ping("?".into())).collect();
        assert_eq!(messages, [&Event::Message("onetwothree".into())], "{asked} {taken_back}");
    }
}

#[test]
fn a_stream_of_which_a_part_was_handed_out_cannot_be_taken_back() {
    let mut reader = Reader::new();
    reader.receiver.stream();
    reader.receive(&wire::frame(Role::Client, BINARY, b"one"));
    reader.receiver.cancel_stream();
    reader.receive(&wire::frame(Role::Client, FIN | CONTINUATION, b"two"));
    assert_eq!(reader.joined(), (b"onetwo".to_vec(), true));
    reader.receive(&wire::frame(Role::Client, FIN | BINARY, b"three"));
    assert_eq!(reader.events.last(), Some(&Event::Message(Message::from(b"three"))));
}

#[test]
fn a_message_over_the_limit_that_is_to_be_kept_whole_after_all_fails_the_connection() {
    let mut reader = Reader::new();
    reader.receiver.stream();
    reader.receive(&wire::header(Role::Client, FIN | BINARY, 1 << 40));
    assert_eq!(reader.events, []);
    reader.receiver.cancel_stream();
    reader.receive(b"");
    let error = PayloadTooBig::new(1 << 40, 1 << 20);
    assert_eq!(reader.events, [Event::Failed(error.into())]);
    assert_eq!(ProtocolError::from(error).close_code().as_u16(), 1009);
}

#[test]
fn nothing_is_to_be_kept_or_skipped_after_a_failure() {
    let mut reader = Reader::new();
    reader.receiver.stream();
    reader.receive(&wire::frame(Role::Client, TEXT, b"x"));
    reader.receive(&wire::frame(Role::Client, 0x8f, b""));
    assert_eq!(reader.failure(), Some(ProtocolError::ReservedOpcode { opcode: 15 }));
    reader.events.clear();
    reader.receiver.cancel_stream();
    reader.receiver.stream();
    reader.receiver.discard();
    reader.receiver.cancel_stream();
    assert_eq!(reader.receive(b"").events, []);
}

#[test]
fn a_reader_that_goes_skips_exactly_one_message_wherever_it_goes() {
    let next = wire::frame(Role::Client, FIN | TEXT, b"next");
    let wire = fragmented(TEXT, [b"one", b"two", b"three"]);
    // At least a part of the message has arrived, and not all of it.
    for cut in 3..wire.len() {
        for end in cut..=wire.len() {
            let mut reader = Reader::new();
            reader.receiver.stream();
            reader.receive(&wire[..cut]);
            assert!(!reader.joined().1);
            reader.receiver.discard();
            reader.receiver.discard();
            reader.events.clear();
            reader.receive(&wire[cut..end]).receive(&wire[end..]).receive(&next);
            reader.events.retain(|event| *event != Event::Ping("?".into()));
            assert_eq!(reader.events, [Event::Message("next".into())], "{cut} {end}");
        }
    }
}

#[test]
fn the_stream_after_a_skipped_message_is_the_next_message() {
    let next = fragmented(BINARY, [b"n", b"ex", b"t"]);
    let wire = fragmented(TEXT, [b"one", b"two", b"three"]);
    for cut in 3..wire.len() {
        for (taken_back, expected) in [(false, None), (true, Some(Message::from(b"next")))] {
            let mut reader = Reader::new();
            reader.receiver.stream();
            reader.receive(&wire[..cut]);
            reader.receiver.discard();
            reader.events.clear();
            reader.receiver.stream();
            if taken_back {
                reader.receiver.cancel_stream();
            }
            reader.receive(&wire[cut..]).receive(&next);
            reader.events.retain(|event| *event != Event::Ping("?".into()));
            match expected {
                Some(message) => assert_eq!(reader.events, [Event::Message(message)], "{cut}"),
                None => assert_eq!(reader.joined(), (b"next".to_vec(), true), "{cut}"),
            }
        }
    }
}

#[test]
fn a_skipped_message_is_checked_and_costs_nothing() {
    let mut reader = Reader::new();
    reader.receiver.stream();
    reader.receive(&wire::frame(Role::Client, TEXT, b"x"));
    reader.receiver.discard();
    for _ in 0..1000 {
        reader.receive(&wire::frame(Role::Client, CONTINUATION, &[b'x'; 10_000]));
        assert_eq!(reader.receiver.buffered(), 0);
    }
    assert_eq!(reader.failure(), None);
    reader.receive(&wire::frame(Role::Client, CONTINUATION, b"\xff"));
    assert_eq!(reader.failure(), Some(ProtocolError::InvalidUtf8));
}

#[test]
fn without_a_message_there_is_nothing_to_skip() {
    let mut reader = Reader::new();
    reader.receiver.discard();
    reader.receiver.stream();
    reader.receiver.discard();
    reader.receive(&wire::frame(Role::Client, FIN | TEXT, b"hello"));
    assert_eq!(reader.events, [Event::Message("hello".into())]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_parts_make_the_message_in_every_setting_however_it_is_cut(
        size in 0_usize..20_000,
        cuts in prop::collection::vec(1_usize..3000, 1..20),
        fragment in 1_usize..5000,
    ) {
        for (name, client, server) in links(&Config::default()) {
            let mut sender = End::new(client);
            let mut reader = Reader::of(server.split().1);
            let payload = noise(size).iter().map(|byte| byte % 4).collect::<Vec<_>>();
            sender.connection.begin_message(MessageKind::Binary).expect("open");
            for piece in payload.chunks(fragment) {
                sender.connection.write_fragment(piece.to_vec(), false).expect("begun");
            }
            sender.connection.write_fragment("", true).expect("begun");
            sender.connection.send("next").expect("open");
            let wire = sender.transmit();
            reader.receiver.stream();
            let (mut rest, mut cuts) = (&wire[..], cuts.iter().cycle());
            while !rest.is_empty() {
                let len = cuts.next().map_or(1, |cut| *cut).min(rest.len());
                reader.receive(&rest[..len]);
                rest = &rest[len..];
            }
            let (joined, ended) = reader.joined();
            prop_assert!(ended && joined == payload, "{}", name);
            prop_assert_eq!(reader.events.last(), Some(&Event::Message("next".into())));
        }
    }
}

#[test]
fn parts_come_as_soon_as_their_bytes_do() {
    let mut end = End::playing(Role::Server);
    end.connection.receiver.stream();
    let wire = wire::frame(Role::Server, FIN | TEXT, b"hello");
    for (at, byte) in wire.iter().enumerate() {
        end.receive(Instant::now(), &[*byte]);
        assert_eq!(end.events.len(), (at + 1).saturating_sub(6), "{at}");
    }
}
