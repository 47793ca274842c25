//! Announced bytes occupy no memory; received bytes occupy as much as they are, up to the limit.

use std::time::Instant;

use sockeye_errors::{PayloadTooBig, ProtocolError};
use sockeye_protocol::{Config, Role};

use crate::{
    pair::{End, ROLES},
    wire::{self, BINARY, CONTINUATION, FIN, TEXT},
};

const LENGTHS: [u64; 10] = [
    (1 << 20) + 1,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 32,
    (1 << 32) + 7,
    (1 << 32) + (1 << 20),
    (1 << 62) + 1,
    (1 << 63) - 2,
    (1 << 63) - 1,
];

#[test]
fn an_announced_length_over_the_limit_is_refused_at_the_header() {
    for role in ROLES {
        for length in LENGTHS {
            for first in [TEXT, BINARY, FIN | TEXT, FIN | BINARY] {
                let mut end = End::playing(role);
                let header = wire::header(role, first, length);
                end.receive(Instant::now(), &header[..header.len() - 1]);
                assert_eq!(end.failure(), None);
                end.receive(Instant::now(), &header[header.len() - 1..]);
                let error = PayloadTooBig::new(length, 1 << 20);
                assert_eq!(end.failure(), Some(ProtocolError::from(error)), "{length}");
                assert_eq!(end.sent_code(), Some(1009));
            }
        }
    }
}

#[test]
fn lengths_that_add_up_to_more_than_can_be_counted_do_not_wrap() {
    for role in ROLES {
        let mut end = End::playing(role);
        end.receive(Instant::now(), &wire::frame(role, BINARY, b"12345678"));
        end.receive(Instant::now(), &wire::header(role, CONTINUATION, (1 << 63) - 1));
        let error = PayloadTooBig::new((1 << 63) + 7, 1 << 20);
        assert_eq!(end.failure(), Some(ProtocolError::from(error)));
    }
}

#[test]
fn the_highest_bit_of_a_length_is_refused() {
    for role in ROLES {
        for length in [1 << 63, (1 << 63) + 1, u64::MAX] {
            let mut end = End::playing(role);
            end.receive(Instant::now(), &wire::header(role, BINARY, length));
            assert_eq!(end.failure(), Some(ProtocolError::LengthTooLarge));
            assert_eq!(end.sent_code(), Some(1002));
        }
    }
}

#[test]
fn without_a_limit_any_announced_length_is_taken_and_costs_nothing() {
    let mut config = Config::default();
    config.max_incoming_size = None;
    for role in ROLES {
        for length in LENGTHS {
            let (_, mut receiver) = End::configured(role, &config).connection.split();
            let header = wire::header(role, FIN | BINARY, length);
            receiver.handle_received(&mut [&header[..], &[7; 1000]].concat());
            assert_eq!(receiver.poll_event(), None, "{length}");
            assert_eq!(receiver.buffered(), 1000, "{length}");
        }
    }
}

#[test]
fn buffered_counts_the_received_bytes() {
    for role in ROLES {
        let (_, mut receiver) = End::playing(role).connection.split();
        let wire = wire::frame(role, FIN | BINARY, &vec![1; 100_000]);
        let header = wire.len() - 100_000;
        for (at, byte) in wire[..wire.len() - 1].iter().enumerate() {
            receiver.handle_received(&mut [*byte]);
            assert_eq!(receiver.poll_event(), None);
            let expected = if at < header { at + 1 } else { at + 1 - header };
            assert!(receiver.buffered() <= expected, "{} > {expected}", receiver.buffered());
        }
        receiver.handle_received(&mut [wire[wire.len() - 1]]);
        assert!(receiver.poll_event().is_some());
        assert_eq!(receiver.buffered(), 0);
    }
}

#[test]
fn a_peer_that_goes_on_after_a_failure_is_not_listened_to() {
    for role in ROLES {
        let mut end = End::playing(role);
        end.receive(Instant::now(), &wire::header(role, BINARY, 1 << 40));
        let events = end.events.len();
        for _ in 0..100 {
            end.receive(Instant::now(), &[0x42; 4096]);
        }
        assert_eq!(end.events.len(), events, "an event after the failure");
        let (_, receiver) = end.connection.split();
        assert_eq!(receiver.buffered(), 0);
        assert!(receiver.is_closed());
    }
}

#[test]
fn control_frames_do_not_count_against_the_size_of_messages() {
    let mut config = Config::default();
    config.max_incoming_size = Some(10);
    let mut end = End::configured(Role::Server, &config);
    let wire = [
        wire::frame(Role::Server, TEXT, b"12345"),
        wire::frame(Role::Server, wire::PING, &[b'p'; 125]),
        wire::frame(Role::Server, FIN | CONTINUATION, b"67890"),
        wire::close(Role::Server, 1000, &[b'r'; 123]),
    ];
    end.receive(Instant::now(), &wire.concat());
    assert_eq!((end.events.len(), end.failure()), (3, None));
}
