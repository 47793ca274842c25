//! Bytes have the same meaning whichever method and buffer receives them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use proptest::prelude::*;
use sockeye_errors::ProtocolError;
use sockeye_protocol::{Config, Event, MessageKind, Receiver, Role, Sender};

use crate::{
    messages::noise,
    pair::{ROLES, connection, links},
    transport::{Transport, read},
    wire::{self, BINARY, FIN, TEXT},
};

/// The received messages, whether in parts or not.
#[derive(Default, PartialEq)]
struct Arrived {
    messages: Vec<(MessageKind, Vec<u8>)>,
    /// The number of other events.
    others: usize,
    failure: Option<ProtocolError>,
    part: Vec<u8>,
}

impl Arrived {
    fn add(&mut self, event: Event) {
        assert_eq!(self.failure, None, "nothing follows a failure");
        match event {
            Event::Message(message) => {
                self.messages.push((message.kind(), message.as_bytes().to_vec()));
            }
            Event::Fragment(fragment) => {
                self.part.extend_from_slice(&fragment.data);
                if fragment.last {
                    self.messages.push((fragment.kind, std::mem::take(&mut self.part)));
                }
            }
            Event::Failed(error) => {
                self.failure = Some(error);
                self.part.clear();
            }
            _ => self.others += 1,
        }
    }

    fn drain(&mut self, receiver: &mut Receiver) {
        while let Some(event) = receiver.poll_event() {
            self.add(event);
        }
    }
}

fn unlimited(role: Role) -> Receiver {
    let mut config = Config::default();
    config.max_incoming_size = None;
    connection(role, &config).split().1
}

/// UTF-8 of `len` bytes with characters of two bytes, wherever they are cut.
fn text(len: usize) -> Vec<u8> {
    let mut text = "ä".repeat(len / 2);
    if text.len() < len {
        text.push('x');
    }
    text.into_bytes()
}

/// Lengths of frames: the rest of a frame is read directly if 64 KiB are left after the first 8 KiB or more.
const LENGTHS: [usize; 9] = [0, 1, 300, 16_379, 65_535, 131_071, 131_086, 200_001, 700_000];

/// Bytes that the transport gives at once.
const STEPS: [usize; 10] =
    [1000, 8_191, 8_206, 16_383, 16_384, 65_536, 65_550, 131_072, 200_000, 1 << 20];

/// A command of the application between two reads.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Nothing,
    Stream,
    KeepWhole,
    Discard,
}

impl Wish {
    fn tell(self, receiver: &mut Receiver) {
        match self {
            Self::Nothing => {}
            Self::Stream => receiver.stream(),
            Self::KeepWhole => receiver.cancel_stream(),
            Self::Discard => receiver.discard(),
        }
    }
}

/// A message of parts of these lengths, behind each of which there is a ping.
fn send(sender: &mut Sender, kind: MessageKind, lengths: &[usize]) -> Vec<u8> {
    let mut wire = Vec::new();
    sender.begin_message(kind).expect("open");
    for (index, length) in lengths.iter().enumerate() {
        let part = match kind {
            MessageKind::Text => text(*length),
            MessageKind::Binary => noise(*length),
        };
        sender.write_fragment(part, index + 1 == lengths.len()).expect("open");
        sender.ping(Instant::now(), "ping").expect("open");
        while let Some(bytes) = sender.poll_transmit() {
            let len = bytes.len();
            wire.extend_from_slice(bytes);
            sender.handle_transmitted(Instant::now, len);
        }
    }
    wire
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn reading_and_passing_bytes_have_the_same_result_whatever_the_delivery(
        (setting, to_server) in (0..links(&Config::default()).len(), any::<bool>()),
        messages in prop::collection::vec(
            (any::<bool>(), prop::collection::vec(prop::sample::select(LENGTHS.to_vec()), 1..4)),
            1..5,
        ),
        // A step, a wish, and whether all is decoded between the two.
        steps in prop::collection::vec(
            (
                prop::sample::select(STEPS.to_vec()),
                prop_oneof![
                    6 => Just(Wish::Nothing),
                    1 => Just(Wish::Stream),
                    1 => Just(Wish::KeepWhole),
                    1 => Just(Wish::Discard),
                ],
                prop::bool::weighted(0.7),
            ),
            1..12,
        ),
        wrong in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut config = Config::default();
        config.max_incoming_size = None;
        let ends = || {
            let (_, client, server) = links(&config).swap_remove(setting);
            if to_server { (client, server) } else { (server, client) }
        };
        let (mut sender, _) = ends().0.split();
        let mut bytes = Vec::new();
        for (is_text, lengths) in &messages {
            let kind = if *is_text { MessageKind::Text } else { MessageKind::Binary };
            bytes.extend(send(&mut sender, kind, lengths));
        }
        if let Some(wrong) = wrong {
            *wrong.get_mut(&mut bytes) ^= 0x90;
        }
        let (mut read, mut reading) = (Arrived::default(), ends().1.split().1);
        let (mut given, mut receiving) = (Arrived::default(), ends().1.split().1);
        let mut transport = Transport { rest: &bytes, direct: 0 };
        for (step, wish, decoded) in steps.into_iter().cycle() {
            let before = transport.rest;
            transport.read(&mut reading, step);
            for piece in before[..before.len() - transport.rest.len()].chunks(step / 3 + 1) {
                receiving.handle_received(&mut piece.to_vec());
            }
            let is_over = transport.rest.is_empty();
            if decoded || is_over {
                read.drain(&mut reading);
                given.drain(&mut receiving);
                prop_assert!(read == given);
            }
            if is_over {
                break;
            }
            wish.tell(&mut reading);
            wish.tell(&mut receiving);
        }
        prop_assert_eq!(reading.buffered(), receiving.buffered());
    }
}

#[test]
fn bytes_of_a_cancelled_stream_precede_those_of_direct_reads() {
    for role in ROLES {
        let mut receiver = unlimited(role);
        let bytes = wire::frame(role, FIN | BINARY, &text(1 << 20));
        let mut transport = Transport { rest: &bytes, direct: 0 };
        transport.read(&mut receiver, 128 << 10);
        receiver.stream();
        transport.read(&mut receiver, 128 << 10);
        receiver.cancel_stream();
        while !transport.rest.is_empty() {
            transport.read(&mut receiver, usize::MAX);
        }
        let mut arrived = Arrived::default();
        arrived.drain(&mut receiver);
        assert!(arrived.messages == [(MessageKind::Binary, text(1 << 20))]);
    }
}

#[test]
fn nothing_is_read_directly_into_an_invalid_text() {
    for role in ROLES {
        let mut receiver = unlimited(role);
        let mut payload = text(1 << 20);
        payload[300_000] = 0xff;
        let bytes = wire::frame(role, FIN | TEXT, &payload);
        let mut transport = Transport { rest: &bytes, direct: 0 };
        while !receiver.is_closed() {
            transport.read(&mut receiver, 128 << 10);
        }
        assert!(transport.direct > 0);
        // The event was not polled yet.
        assert!(!read(&mut receiver, |_| Ok::<_, ()>(0)).0);
    }
}

#[test]
fn invalid_text_is_found_in_every_buffer() {
    for role in ROLES {
        for wrong in [0, 100_000, 300_000, 777_777, (1 << 20) - 1] {
            let mut receiver = unlimited(role);
            let mut payload = text(1 << 20);
            payload[wrong] = 0xff;
            let bytes = wire::frame(role, FIN | TEXT, &payload);
            let mut transport = Transport { rest: &bytes, direct: 0 };
            let mut arrived = Arrived::default();
            while !transport.rest.is_empty() {
                transport.read(&mut receiver, 128 << 10);
                arrived.drain(&mut receiver);
            }
            assert_eq!(arrived.failure, Some(ProtocolError::InvalidUtf8), "{role:?}, {wrong}");
            assert!(arrived.messages.is_empty());
        }
    }
}

#[test]
fn a_big_message_is_read_directly() {
    for role in ROLES {
        let mut receiver = unlimited(role);
        let bytes = wire::frame(role, FIN | BINARY, &text(1 << 20)).repeat(4);
        let mut transport = Transport { rest: &bytes, direct: 0 };
        let mut arrived = Arrived::default();
        while !transport.rest.is_empty() {
            transport.read(&mut receiver, usize::MAX);
            arrived.drain(&mut receiver);
        }
        assert_eq!(arrived.messages.len(), 4);
        // All bytes but those that are read with the first header, 256 KiB, and with the others, 16 KiB.
        assert_eq!(bytes.len() - transport.direct, (256 + 3 * 16) << 10, "{role:?}");
    }
}

#[test]
fn small_messages_behind_a_big_one_are_read_many_at_a_time() {
    for role in ROLES {
        let mut receiver = unlimited(role);
        let mut bytes = wire::frame(role, FIN | BINARY, &text(1 << 20));
        bytes.extend(wire::frame(role, FIN | TEXT, b"small").repeat(20_000));
        let mut transport = Transport { rest: &bytes, direct: 0 };
        let (mut arrived, mut reads) = (Arrived::default(), 0);
        while !transport.rest.is_empty() {
            transport.read(&mut receiver, usize::MAX);
            arrived.drain(&mut receiver);
            reads += 1;
        }
        assert_eq!(arrived.messages.len(), 20_001);
        assert!(reads <= 4 + 1 + bytes.len().div_ceil(256 << 10), "{role:?}: {reads}");
    }
}

#[test]
fn a_complete_message_that_was_not_polled_is_not_extended() {
    for role in ROLES {
        let mut receiver = unlimited(role);
        let message = wire::frame(role, FIN | BINARY, &text(1 << 20));
        let bytes = message.repeat(2);
        let mut transport = Transport { rest: &bytes, direct: 0 };
        // Events are polled after all bytes were received.
        while !transport.rest.is_empty() {
            transport.read(&mut receiver, usize::MAX);
        }
        assert_eq!(transport.direct, message.len() - (256 << 10));
        let mut arrived = Arrived::default();
        arrived.drain(&mut receiver);
        assert!(arrived.messages == vec![(MessageKind::Binary, text(1 << 20)); 2]);
    }
}

#[test]
fn short_direct_reads_clear_no_memory_twice() {
    for role in ROLES {
        let mut receiver = unlimited(role);
        let bytes = wire::frame(role, FIN | BINARY, &text(4 << 20));
        let mut transport = Transport { rest: &bytes, direct: 0 };
        let mut arrived = Arrived::default();
        transport.read(&mut receiver, 128 << 10);
        let (mut cleared, mut reads) = (0, 0);
        while !transport.rest.is_empty() {
            reads += 1;
            let (is_direct, _) = read(&mut receiver, |room| {
                cleared += room.iter().rev().take_while(|&&byte| byte == 0).count();
                room.fill(0xff);
                let taken = transport.take(room.len().min(1448));
                room[..taken.len()].copy_from_slice(taken);
                Ok::<_, ()>(taken.len())
            });
            assert!(is_direct, "{role:?}: {reads}");
        }
        assert!(reads > 2800 && cleared <= 4 << 20, "{role:?}: {cleared} in {reads}");
        arrived.drain(&mut receiver);
        assert!(arrived.messages == [(MessageKind::Binary, text(4 << 20))]);
    }
}

#[test]
fn a_read_that_returns_more_than_the_length_of_the_buffer_panics() {
    let mut receiver = unlimited(Role::Client);
    let bytes = wire::frame(Role::Client, FIN | BINARY, &text(1 << 20));
    let mut transport = Transport { rest: &bytes, direct: 0 };
    while !transport.rest.is_empty() {
        transport.read(&mut receiver, usize::MAX);
    }
    assert!(receiver.poll_event().is_some());
    let read = catch_unwind(AssertUnwindSafe(|| {
        receiver.read_with(|buffer| Ok::<_, ()>(buffer.len() + 1))
    }));
    assert!(read.is_err());
    transport = Transport { rest: &bytes[..128 << 10], direct: 0 };
    transport.read(&mut receiver, usize::MAX);
    let read = catch_unwind(AssertUnwindSafe(|| {
        receiver.read_with(|memory| Ok::<_, ()>(memory.len() + 1))
    }));
    assert!(read.is_err());
}

#[test]
fn a_message_in_tls_records_is_read_directly() {
    for role in ROLES {
        let bytes = wire::frame(role, FIN | BINARY, &text(1 << 20));
        for step in [8 << 10, 16 << 10] {
            let mut receiver = unlimited(role);
            let mut transport = Transport { rest: &bytes, direct: 0 };
            transport.read(&mut receiver, 14 + step);
            while !transport.rest.is_empty() {
                transport.read(&mut receiver, step);
            }
            assert_eq!(transport.direct, bytes.len() - 14 - step, "{role:?}");
        }
    }
}

#[test]
fn a_read_that_fails_changes_nothing() {
    let mut receiver = unlimited(Role::Client);
    let bytes = wire::frame(Role::Client, FIN | BINARY, &text(1 << 20));
    let mut transport = Transport { rest: &bytes, direct: 0 };
    let mut arrived = Arrived::default();
    while !transport.rest.is_empty() {
        assert_eq!(receiver.read_with(|_| Err("not ready")), Err("not ready"));
        transport.read(&mut receiver, 100_000);
        arrived.drain(&mut receiver);
    }
    assert!(arrived.messages == [(MessageKind::Binary, text(1 << 20))]);
}
