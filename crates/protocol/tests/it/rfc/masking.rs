//! Masking and its keys: [RFC 6455 §5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.1) and [§5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.3).

use std::{cell::Cell, io, time::Instant};

use sockeye_errors::{Close, ProtocolError};
use sockeye_protocol::{Config, MessageKind};

use super::wire::{KEY, assert_fails, bare, client, frames, masked, receive, server, written};
use crate::connection::Connection;

#[test]
fn a_server_refuses_frames_without_a_mask() {
    for first in [0x81, 0x82, 0x01, 0x88, 0x89, 0x8a] {
        assert_fails(server(), &bare(first, b""), ProtocolError::Unmasked, 1002);
    }
}

#[test]
fn a_client_refuses_masked_frames() {
    for first in [0x81, 0x82, 0x01, 0x88, 0x89, 0x8a] {
        assert_fails(client(), &masked(first, b""), ProtocolError::Masked, 1002);
    }
}

#[test]
fn a_client_masks_every_frame_and_a_server_none() {
    let now = Instant::now();
    for (mut connection, mask) in [(client(), Some(KEY)), (server(), None)] {
        connection.send("text").unwrap();
        connection.send(b"binary").unwrap();
        connection.begin_message(MessageKind::Text).unwrap();
        connection.write_fragment("a", false).unwrap();
        connection.write_fragment("b", true).unwrap();
        connection.ping(now, "ping").unwrap();
        let ping = if mask.is_some() { bare(0x89, b"1") } else { masked(0x89, b"1") };
        receive(&mut connection, &ping);
        connection.close(now, &Close::new(1000, "bye")).unwrap();
        let expected: [(u8, &[u8]); 7] = [
            // Pings and pongs overtake messages.
            (0x89, b"ping"),
            (0x8a, b"1"),
            (0x81, b"text"),
            (0x82, b"binary"),
            (0x01, b"a"),
            (0x80, b"b"),
            (0x88, b"\x03\xe8bye"),
        ];
        let expected = expected.map(|(first, payload)| (first, mask, payload.to_vec()));
        assert_eq!(frames(&written(&mut connection)), expected);
    }
}

thread_local! {
    static KEYS: Cell<u32> = const { Cell::new(0) };
}

#[expect(clippy::unnecessary_wraps, reason = "a source of masks may fail")]
fn next_key() -> io::Result<[u8; 4]> {
    KEYS.set(KEYS.get() + 1);
    Ok(KEYS.get().to_be_bytes())
}

#[test]
fn every_frame_has_a_key_of_its_own() {
    let mut client = Connection::client(Config::default(), next_key);
    for _ in 0..3 {
        client.send("x").unwrap();
        client.ping(Instant::now(), "y").unwrap();
    }
    let mut keys: Vec<_> = frames(&written(&mut client)).into_iter().map(|frame| frame.1).collect();
    keys.sort_unstable();
    let expected: Vec<_> = (1..=6_u32).map(|key| Some(key.to_be_bytes())).collect();
    assert_eq!(keys, expected);
}
