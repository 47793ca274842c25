//! Pings and pongs: answered in order, bounded, measured.

use std::time::{Duration, Instant};

use sockeye_errors::{Close, Error, ProtocolError};
use sockeye_protocol::{Config, Event, Role};

use crate::{
    pair::{End, Pair, ROLES},
    wire::{self, FIN, PING, PONG},
};

#[test]
fn pings_of_every_size_are_answered_in_order() {
    for role in ROLES {
        let mut end = End::playing(role);
        let payloads: Vec<Vec<u8>> = (0..=125_u8).map(|size| vec![size; size.into()]).collect();
        for payload in &payloads {
            end.receive(Instant::now(), &wire::frame(role, PING, payload));
        }
        let pongs = wire::frames(&end.transmit());
        assert!(pongs.iter().all(|frame| frame.first == PONG));
        let answered: Vec<Vec<u8>> = pongs.into_iter().map(|frame| frame.payload).collect();
        assert_eq!(answered, payloads, "{role:?}");
    }
}

#[test]
fn control_frames_of_126_bytes_are_refused_whatever_they_are() {
    for role in ROLES {
        for first in [wire::CLOSE, PING, PONG] {
            for length in [126, 127, 65_535, 65_536, 1 << 40] {
                let mut end = End::playing(role);
                // The second byte determines it.
                end.receive(Instant::now(), &wire::header(role, first, length)[..2]);
                let refused = matches!(end.failure(), Some(ProtocolError::ControlTooLong { .. }));
                assert!(refused, "{first:#x} {length}");
                assert_eq!(end.sent_code(), Some(1002));
            }
        }
    }
}

#[test]
fn a_ping_of_the_application_that_is_too_long_is_refused_and_nothing_is_queued() {
    for role in ROLES {
        let mut pair = Pair::new();
        let (mut sender, receiver) = {
            let end = std::mem::replace(pair.end(role), End::playing(role));
            end.connection.split()
        };
        let too_long = |error: Error| {
            matches!(error, Error::Protocol(ProtocolError::ControlTooLong { length: 126 }))
        };
        assert!(sender.ping(pair.now, vec![0; 126]).is_err_and(too_long));
        assert!(sender.pong(vec![0; 126]).is_err_and(too_long));
        assert!(sender.is_flushed(), "half a control frame was queued");
        sender.ping(pair.now, vec![0; 125]).expect("the most that fits");
        drop(receiver);
    }
}

#[test]
fn a_peer_that_sends_pings_and_does_not_read_does_not_fill_the_memory() {
    for role in ROLES {
        let config = Config::default();
        let (mut sender, _) = End::configured(role, &config).connection.split();
        for count in 0..1_000_000_u32 {
            sender.handle_ping(&count.to_be_bytes());
        }
        assert!(sender.buffered() <= config.write_high_water + 139, "{}", sender.buffered());
        // Queued pongs are sent first and in order, and the most recent ping is answered in the end.
        let mut wire = Vec::new();
        while let Some(bytes) = sender.poll_transmit() {
            let len = bytes.len().min(1000);
            wire.extend_from_slice(&bytes[..len]);
            sender.handle_transmitted(Instant::now, len);
        }
        let count =
            |payload: &[u8]| u32::from_be_bytes(payload.try_into().expect("what was pinged"));
        let answered: Vec<u32> =
            wire::frames(&wire).iter().map(|frame| count(&frame.payload)).collect();
        assert!(answered.is_sorted() && answered.len() < 20_000, "{role:?}");
        assert_eq!(answered.last(), Some(&999_999), "{role:?}");
    }
}

#[test]
fn a_pong_that_waits_is_not_written_after_the_close_frame() {
    for role in ROLES {
        let mut end = End::playing(role);
        let now = Instant::now();
        while end.connection.poll_transmit().is_none_or(|bytes| bytes.len() < 70_000) {
            end.connection.send(vec![0; 1000]).expect("open");
        }
        end.receive(now, &wire::frame(role, PING, b"overtakes"));
        end.receive(now, &wire::frame(role, PING, b"too late"));
        end.connection.close(now, &Close::new(1000, "")).expect("valid");
        end.receive(now, &wire::frame(role, PING, b"much too late"));
        let frames = wire::frames(&end.transmit());
        assert_eq!(frames.last().map(|frame| frame.first), Some(wire::CLOSE));
        let pongs = frames.iter().filter(|frame| frame.first == PONG);
        assert!(pongs.map(|frame| &frame.payload[..]).eq([b"overtakes"]), "{role:?}");
    }
}

#[test]
fn pings_and_pongs_overtake_messages_at_the_next_boundary_of_frames() {
    for role in ROLES {
        let mut end = End::configured(role, &Config::default().fragment_size(8 << 10));
        let now = Instant::now();
        end.connection.send(vec![7; 100_000]).expect("open");
        let mut wire = end.connection.poll_transmit().expect("a header")[..1].to_vec();
        end.connection.handle_transmitted(Instant::now, 1);
        end.receive(now, &wire::frame(role, PING, b"1"));
        end.connection.ping(now, "2").expect("open");
        wire.extend(end.transmit());
        let frames = wire::frames(&wire);
        let firsts: Vec<u8> = frames.iter().map(|frame| frame.first).collect();
        assert_eq!(firsts[..4], [wire::BINARY, PONG, PING, wire::CONTINUATION], "{role:?}");
        assert_eq!(firsts[4..], [[wire::CONTINUATION; 10].as_slice(), &[FIN]].concat());
        let messages = {
            let mut peer = End::playing(role.opposite());
            peer.receive(now, &wire).messages()
        };
        assert_eq!(messages, [sockeye_protocol::Message::from(vec![7; 100_000])]);
    }
}

#[test]
fn a_flood_of_pings_moves_queued_data_a_bounded_number_of_times() {
    let mut end = End::playing(Role::Server);
    end.connection.send(vec![7; 8000]).expect("open");
    for _ in 0..10_000 {
        end.receive(Instant::now(), &wire::frame(Role::Server, PING, b"12345678"));
    }
    let pongs =
        wire::frames(&end.transmit()).iter().take_while(|frame| frame.first == PONG).count();
    assert!((100..120).contains(&pongs), "{pongs} pongs overtake, then the newest one");
}

#[test]
fn without_any_room_to_wait_pings_are_answered_one_at_a_time() {
    for high_water in [0, 1] {
        let mut config = Config::default();
        config.write_high_water = high_water;
        let mut end = End::configured(Role::Server, &config);
        for payload in [b"1", b"2", b"3"] {
            end.receive(Instant::now(), &wire::frame(Role::Server, PING, payload));
        }
        let answered: Vec<_> =
            wire::frames(&end.transmit()).into_iter().map(|frame| frame.payload).collect();
        assert_eq!(answered, [b"1", b"3"], "the first, and the newest that had to wait");
    }
}

#[test]
fn unsolicited_pongs_are_events_and_answer_no_ping() {
    for role in ROLES {
        let mut end = End::playing(role);
        for size in 0..=125 {
            end.receive(Instant::now(), &wire::frame(role, PONG, &vec![1; size]));
        }
        assert_eq!(end.events.len(), 126);
        assert!(end.events.iter().all(|event| matches!(event, Event::Pong(_))));
        assert!(end.connection.is_flushed() && end.connection.latency().is_none());
    }
}

#[test]
fn a_pong_answers_its_ping_and_measures_the_way_there_and_back() {
    for role in ROLES {
        let (mut sender, _) = End::playing(role).connection.split();
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let first = sender.ping(at(0), "a").expect("open");
        let second = sender.ping(at(10), "b").expect("open");
        let third = sender.ping(at(20), "c").expect("open");
        assert!(first < second && second < third, "later pings are greater");
        let pong = sender.handle_pong(at(100), b"b").expect("a ping was sent");
        assert_eq!((pong.id, pong.latency), (second, Duration::from_millis(90)));
        assert_eq!(sender.handle_pong(at(100), b"a"), None, "answered with the one after it");
        assert_eq!(sender.handle_pong(at(100), b"never sent"), None);
        assert_eq!(sender.latency(), Some(Duration::from_millis(90)));
        // A clock that goes back must not cause an overflow.
        let pong = sender.handle_pong(at(0), b"c").expect("a ping was sent");
        assert_eq!((pong.id, pong.latency), (third, Duration::ZERO));
    }
}

#[test]
fn unanswered_pings_do_not_fill_the_memory() {
    let (mut sender, _) = End::playing(Role::Server).connection.split();
    for _ in 0..100_000 {
        sender.ping(Instant::now(), "x").expect("open");
        let len = sender.buffered();
        sender.handle_transmitted(Instant::now, len);
    }
    // The oldest were forgotten, the newer are answered one by one.
    let answered = (0..100_000).take_while(|_| sender.handle_pong(Instant::now(), b"x").is_some());
    assert_eq!(answered.count(), 1024);
}

#[test]
fn a_ping_waits_for_its_last_byte() {
    for role in ROLES {
        let mut end = End::playing(role);
        let wire = wire::frame(role, PING, b"payload");
        for (at, byte) in wire.iter().enumerate() {
            assert_eq!(end.events.len(), 0, "{at} bytes");
            end.receive(Instant::now(), &[*byte]);
        }
        assert_eq!(end.events, [Event::Ping("payload".into())]);
        assert_eq!(wire::frames(&end.transmit()).len(), 1);
    }
}

#[test]
fn control_frames_are_not_compressed_and_always_final() {
    for (name, client, server) in crate::pair::links(&Config::default()) {
        let mut pair = Pair::joined(client, server);
        for role in ROLES {
            let now = pair.now;
            let end = pair.end(role);
            end.connection.ping(now, vec![b'x'; 125]).expect("open");
            let frames = wire::frames(&end.transmit());
            assert_eq!(frames.len(), 1);
            assert_eq!((frames[0].first, frames[0].payload.len()), (FIN | 9, 125), "{name}");
        }
    }
}
