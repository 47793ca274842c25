//! The bytes that are written, however many the transport accepts at a time.

use std::{cell::RefCell, io::IoSlice, sync::mpsc, thread};

use bytes::Bytes;
use proptest::prelude::*;
use sockeye_protocol::{Config, Message};

use crate::{
    messages::noise,
    pair::{End, Pair, ROLES, connection, links},
};

const SIZES: [usize; 10] = [0, 1, 125, 126, 8191, 8192, 8193, 20_000, 65_535, 65_536];

#[test]
fn the_wire_is_the_same_whatever_is_written_at_a_time() {
    for role in ROLES {
        for step in [1, 2, 3, 7, 100, 8191, 8192, 8200, 100_000, usize::MAX] {
            let mut sizes = SIZES.to_vec();
            if step < 100 {
                sizes.truncate(7);
            }
            let mut pair = Pair::new();
            let sender = &mut pair.end(role).connection;
            for size in &sizes {
                sender.send(noise(*size)).expect("open");
            }
            let mut wire = Vec::new();
            while let Some(bytes) = sender.poll_transmit() {
                let len = bytes.len().min(step);
                assert!(len > 0, "an empty piece");
                wire.extend_from_slice(&bytes[..len]);
                sender.handle_transmitted(std::time::Instant::now, len);
            }
            assert!(sender.is_flushed());
            let now = pair.now;
            let messages = pair.end(role.opposite()).receive(now, &wire).messages();
            let expected: Vec<Message> = sizes.iter().map(|size| noise(*size).into()).collect();
            assert!(messages == expected, "{role:?}, {step} at a time");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn vectored_writes_of_any_length_lose_nothing(
        messages in prop::collection::vec((0_usize..20_000, any::<bool>()), 1..60),
        steps in prop::collection::vec((1_usize..50_000, 1_usize..70), 1..20),
        role in prop::sample::select(ROLES.to_vec()),
    ) {
        let mut pair = Pair::new();
        let now = pair.now;
        let sender = &mut pair.end(role).connection;
        let shared = Bytes::from(noise(20_000));
        let (mut wire, mut expected) = (Vec::new(), Vec::new());
        let mut steps = steps.iter().cycle();
        for (size, is_shared) in messages {
            let payload = if is_shared { shared.slice(..size) } else { noise(size).into() };
            expected.push(Message::from(shared.slice(..size)));
            sender.send(payload).expect("open");
            let (len, slots) = *steps.next().expect("it is a cycle");
            let mut slices = [IoSlice::new(&[]); 70];
            let count = sender.poll_transmit_vectored(&mut slices[..slots]);
            prop_assert!(count <= slots && count > 0);
            let flat: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.iter().copied()).collect();
            let len = len.min(flat.len());
            wire.extend_from_slice(&flat[..len]);
            sender.handle_transmitted(std::time::Instant::now, len);
        }
        wire.extend(pair.end(role).transmit());
        prop_assert!(pair.end(role.opposite()).receive(now, &wire).messages() == expected);
    }
}

#[test]
fn nothing_waits_on_a_new_connection() {
    for role in ROLES {
        let mut connection = connection(role, &Config::default());
        assert!(connection.is_flushed() && connection.poll_transmit().is_none());
        assert_eq!(connection.poll_transmit_vectored(&mut [IoSlice::new(&[])]), 0);
        connection.send("x").expect("open");
        assert_eq!(connection.poll_transmit_vectored(&mut []), 0, "no room");
        assert!(!connection.is_flushed());
    }
}

#[test]
fn big_payloads_of_a_server_are_not_copied() {
    for (name, _, server) in links(&Config::default()).into_iter().take(1) {
        let mut end = End::new(server);
        let payload = Bytes::from(noise(8192));
        end.connection.send(payload.clone()).expect("open");
        let mut slices = [IoSlice::new(&[]); 4];
        assert_eq!(end.connection.poll_transmit_vectored(&mut slices), 2, "{name}");
        assert_eq!(slices[1].as_ptr(), payload.as_ptr(), "a copy of 8 KiB");
    }
}

/// Two connections that send messages when they are dropped.
struct Farewell(Pair, mpsc::Sender<usize>);

impl Farewell {
    /// Sends messages of all sizes in both directions; returns how many arrive.
    fn speak(&mut self) -> usize {
        let Self(pair, _) = self;
        let shared = Bytes::from(noise(65_536));
        for role in ROLES {
            for size in SIZES {
                pair.end(role).connection.send(noise(size)).expect("open");
                pair.end(role).connection.send(shared.slice(..size)).expect("open");
            }
        }
        pair.run();
        ROLES.map(|role| std::mem::take(&mut pair.end(role).events).len()).iter().sum()
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        let arrived = self.speak();
        self.1.send(arrived).expect("awaited");
    }
}

thread_local! {
    static FAREWELLS: RefCell<Vec<Farewell>> = const { RefCell::new(Vec::new()) };
}

#[test]
fn a_connection_works_to_the_very_end_of_its_thread() {
    let (sender, arrived) = mpsc::channel();
    let last = thread::spawn(move || {
        FAREWELLS.with_borrow_mut(|farewells| {
            for (_, client, server) in links(&Config::default()) {
                farewells.push(Farewell(Pair::joined(client, server), sender.clone()));
            }
            // Thread-local storage that is created from now on is dropped before these.
            assert_eq!(farewells[0].speak(), 4 * SIZES.len());
        });
    });
    last.join().expect("no panic");
    let arrived: Vec<usize> = arrived.iter().collect();
    assert_eq!(arrived, vec![4 * SIZES.len(); links(&Config::default()).len()]);
}
