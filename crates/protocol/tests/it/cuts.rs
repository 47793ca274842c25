//! Bytes have the same meaning however they are split.

use std::time::Instant;

use bytes::Bytes;
use proptest::prelude::*;
use sockeye_errors::{Close, ConnectionClosed, PayloadTooBig, ProtocolError};
use sockeye_protocol::{Config, Event, Message, MessageKind, Role};

use crate::connection::Connection;
use crate::{
    compression,
    pair::{End, ROLES, connection, links},
    wire::{self, BINARY, CONTINUATION, FIN, PING, PONG, RSV1, TEXT},
};

/// Small enough for the scripts to reach.
fn config() -> Config {
    let mut config = Config::default();
    config.max_incoming_size = Some(300);
    config
}

/// Something that an application does.
#[derive(Clone, Debug)]
enum Act {
    Send(Message),
    Begin(MessageKind),
    Write(&'static str, bool),
    Ping(&'static str),
    Close(u16, &'static str),
}

fn play(mut end: End, acts: &[Act]) -> Vec<u8> {
    let now = Instant::now();
    let connection = &mut end.connection;
    for act in acts {
        match act.clone() {
            Act::Send(message) => connection.send(message),
            Act::Begin(kind) => connection.begin_message(kind),
            Act::Write(part, last) => connection.write_fragment(part, last),
            Act::Ping(payload) => connection.ping(now, payload).map(|_| ()),
            Act::Close(code, reason) => connection.close(now, &Close::new(code, reason)),
        }
        .expect("the script is sound");
    }
    end.transmit()
}

/// All that a receiver says, does and remembers.
type Meaning = (Vec<Event>, Vec<u8>, ConnectionClosed);

/// The result of the bytes at an endpoint that receives them in these pieces.
fn meaning<'a>(connection: Connection, pieces: impl Iterator<Item = &'a [u8]>) -> Meaning {
    let mut end = End::new(connection);
    let mut answers = Vec::new();
    for piece in pieces {
        end.receive(Instant::now(), piece);
        answers.extend(
            wire::frames(&end.transmit())
                .into_iter()
                .flat_map(|frame| [&[frame.first][..], &frame.payload].concat()),
        );
    }
    let outcome = end.connection.outcome().clone();
    (end.events, answers, outcome)
}

/// Cuts the bytes in two everywhere, and into single ones.
fn compare(context: &str, wire: &[u8], make: impl Fn() -> Connection) -> Meaning {
    let whole = meaning(make(), std::iter::once(wire));
    for cut in 0..=wire.len() {
        let (before, after) = wire.split_at(cut);
        let pieces = [before, after].into_iter();
        assert_eq!(meaning(make(), pieces), whole, "{context}, cut at {cut}");
    }
    assert_eq!(meaning(make(), wire.chunks(1)), whole, "{context}, byte by byte");
    whole
}

#[test]
fn messages_arrive_however_their_bytes_are_split() {
    let script = [
        Act::Send("grüße".into()),
        Act::Ping("one"),
        Act::Send(vec![7; 126].into()),
        Act::Begin(MessageKind::Text),
        Act::Write("first €", false),
        Act::Ping("two"),
        Act::Write("", false),
        Act::Write(" and last", true),
        Act::Send("".into()),
        Act::Send("the same, the same, the same, the same, the same".into()),
        Act::Close(3001, "enough €"),
    ];
    let names: Vec<String> = links(&config()).into_iter().map(|link| link.0).collect();
    for (index, name) in names.iter().enumerate() {
        let link = || links(&config()).swap_remove(index);
        for role in ROLES {
            let sender = if role == Role::Server { link().1 } else { link().2 };
            let wire = play(End::new(sender), &script);
            let receiver = || if role == Role::Server { link().2 } else { link().1 };
            let (events, _, outcome) = compare(name, &wire, receiver);
            assert_eq!(events.len(), 8, "{name}: {events:?}");
            assert_eq!(outcome.rcvd, Some(Close::new(3001, "enough €")));
        }
    }
}

#[test]
fn a_violation_has_the_same_result_however_the_bytes_are_split() {
    for role in ROLES {
        let frame = |first, payload: &[u8]| wire::frame(role, first, payload);
        let begun = frame(TEXT, b"begun");
        let scripts: Vec<Vec<u8>> = vec![
            [frame(FIN | TEXT, b"ok"), frame(FIN | TEXT, b"not \xff ok"), frame(PING, b"x")]
                .concat(),
            [begun.clone(), frame(FIN | CONTINUATION, b"\xe2\x82")].concat(),
            [begun.clone(), frame(PING, b"x"), frame(FIN | TEXT, b"again")].concat(),
            [begun.clone(), frame(FIN | CONTINUATION, &[b'x'; 296])].concat(),
            [frame(PONG, b""), frame(FIN | CONTINUATION, b"x"), begun.clone()].concat(),
            [frame(FIN | BINARY, &[1; 300]), frame(FIN | BINARY, &[1; 301])].concat(),
            [frame(FIN | TEXT, &[b"x".repeat(299), vec![0xff]].concat()), begun.clone()].concat(),
            [frame(PING, b"x"), wire::close(role, 1005, b""), begun.clone()].concat(),
            [wire::close(role, 1000, b"\xff"), begun.clone()].concat(),
            [begun.clone(), wire::close(role, 1000, b""), frame(0x8f, b"")].concat(),
            [frame(PING, b"x"), vec![0x89, 0xfe, 0, 126]].concat(),
            [frame(PING, b"x"), wire::frame(role.opposite(), FIN | TEXT, b"wrong side")].concat(),
            [frame(PING, b"x"), frame(FIN | RSV1 | TEXT, b"\x02\x00\xff")].concat(),
            frame(BINARY, b"").into_iter().chain(frame(CONTINUATION, b"").repeat(101)).collect(),
        ];
        for (deflate, finish) in compression::alternatives() {
            for (index, wire) in scripts.iter().enumerate() {
                let make = || finish(connection(role, &config()));
                compare(&format!("script {index}, {role:?}, deflate: {deflate}"), wire, make);
            }
        }
    }
}

/// Lengths around which frames take another way.
const LENGTHS: [usize; 17] =
    [0, 1, 2, 31, 32, 33, 125, 126, 127, 8_181, 8_184, 8_191, 8_192, 8_193, 65_535, 65_536, 65_537];

/// Bytes that come at a time, with which the frames end, and begin, at all kinds of places.
const PIECES: [usize; 9] = [1, 2, 37, 1000, 8_191, 8_192, 65_535, 65_543, 256 << 10];

/// The payload of a message of `len` bytes: a text, which may be spoiled by its last byte.
fn text(len: usize, spoiled: bool) -> Vec<u8> {
    let mut text = b"grass ".repeat(len / 6 + 1);
    text.truncate(len);
    if let Some(last) = text.last_mut().filter(|_| spoiled) {
        *last = 0xc3;
    }
    text
}

/// The expected result of whole messages.
fn expected(messages: &[(u8, Vec<u8>)], max_size: Option<u64>) -> Vec<Event> {
    let mut events = Vec::new();
    for (opcode, payload) in messages {
        let size = payload.len() as u64;
        let event = match (max_size, std::str::from_utf8(payload)) {
            (Some(max), _) if size > max => Event::Failed(PayloadTooBig::new(size, max).into()),
            _ if *opcode == BINARY => Event::Message(payload.clone().into()),
            (_, Ok(text)) => Event::Message(text.into()),
            (_, Err(_)) => Event::Failed(ProtocolError::InvalidUtf8),
        };
        let failed = matches!(event, Event::Failed(_));
        events.push(event);
        if failed {
            break;
        }
    }
    events
}

/// A frame that is sound by itself, or nearly.
fn any_frame() -> impl Strategy<Value = (u8, Bytes)> {
    let first = prop_oneof![
        20 => prop::sample::select(vec![
            TEXT, FIN | TEXT, BINARY, FIN | BINARY, CONTINUATION, FIN | CONTINUATION,
            CONTINUATION, FIN | CONTINUATION, FIN | CONTINUATION, PING, PONG,
        ]),
        2 => prop::sample::select(vec![RSV1 | TEXT, FIN | RSV1 | BINARY, wire::CLOSE]),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        4 => "\\PC{0,20}".prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 0..20),
        1 => prop::collection::vec(Just(b'x'), 100..200),
        1 => Just(b"\x03\xe8".to_vec()),
    ];
    (first, payload.prop_map(Bytes::from))
}

proptest! {
    #[test]
    fn messages_of_all_lengths_arrive_in_bursts_of_all_lengths(
        messages in prop::collection::vec(
            (
                prop::sample::select(vec![TEXT, TEXT, BINARY]),
                prop_oneof![3 => 0..7_usize, 1 => 0..LENGTHS.len()],
                prop::sample::select(vec![true, false, false, false, false, false, false, false]),
            ),
            1..20,
        ),
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 1..5),
        max_size in prop_oneof![
            Just(None),
            prop::sample::select(vec![0, 1, 31, 32, 33, 125, 8_192, 65_535]).prop_map(Some),
        ],
        role in prop::sample::select(ROLES.to_vec()),
    ) {
        let messages: Vec<_> = messages
            .into_iter()
            .map(|(opcode, index, spoiled)| (opcode, text(LENGTHS[index], spoiled)))
            .collect();
        let wire: Vec<u8> = messages
            .iter()
            .flat_map(|(opcode, payload)| wire::frame(role, FIN | opcode, payload))
            .collect();
        let mut config = Config::default();
        config.max_incoming_size = max_size;
        let (mut receiver, mut rest) = (connection(role, &config).split().1, &wire[..]);
        let (mut events, mut pieces) = (Vec::new(), pieces.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*pieces.next().expect("a cycle")));
            receiver.handle_received(&mut piece.to_vec());
            events.extend(std::iter::from_fn(|| receiver.poll_event()));
            rest = after;
        }
        prop_assert_eq!(events, expected(&messages, max_size));
        prop_assert_eq!(receiver.buffered(), 0);
    }

    #[test]
    fn any_frames_mean_the_same_however_they_are_cut(
        frames in prop::collection::vec(any_frame(), 1..20),
        sizes in prop::collection::vec(1_usize..40, 1..20),
        role in prop::sample::select(ROLES.to_vec()),
    ) {
        let wire: Vec<u8> =
            frames.iter().flat_map(|(first, payload)| wire::frame(role, *first, payload)).collect();
        for (_, finish) in compression::alternatives() {
            let make = || finish(connection(role, &config()));
            let whole = meaning(make(), std::iter::once(&wire[..]));
            let (mut pieces, mut rest, mut sizes) = (Vec::new(), &wire[..], sizes.iter().cycle());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(rest.len().min(*sizes.next().expect("a cycle")));
                pieces.push(piece);
                rest = after;
            }
            prop_assert_eq!(meaning(make(), pieces.into_iter()), whole);
        }
    }
}
