//! The rules of [RFC 7692 §6](https://www.rfc-editor.org/rfc/rfc7692#section-6) that a connection keeps and makes others keep.

use std::time::Instant;

use sockeye_deflate::{Compressor, DeflateConfig};
use sockeye_errors::{PayloadTooBig, ProtocolError};
use sockeye_protocol::{Config, Event, Message, MessageKind, Prepared};

use crate::connection::Connection;

const KEY: [u8; 4] = [0; 4];

/// A client and a server that have agreed on compression, of all messages.
fn pair(settings: DeflateConfig, config: &Config) -> (Connection, Connection) {
    let (_, answer, server) = settings.answer_first(&settings.offers()).unwrap();
    let client = settings.accept(&answer).unwrap();
    (
        Connection::client(config.clone(), || Ok(KEY)).compress(&settings, client),
        Connection::server(config.clone()).compress(&settings, server),
    )
}

fn always() -> DeflateConfig {
    DeflateConfig::default().threshold(0)
}

fn receive(connection: &mut Connection, bytes: &[u8]) -> Vec<Event> {
    connection.handle_received(&mut bytes.to_vec());
    std::iter::from_fn(|| connection.poll_event(Instant::now())).collect()
}

fn written(connection: &mut Connection) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = connection.poll_transmit() {
        let len = piece.len();
        all.extend_from_slice(piece);
        connection.handle_transmitted(Instant::now, len);
    }
    all
}

fn text(text: &str) -> Event {
    Event::Message(Message::from(text))
}

/// A frame of a server.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).ok().filter(|length| *length < 126).unwrap();
    [&[first, length], payload].concat()
}

fn deflated(payload: &[u8]) -> Vec<u8> {
    let settings = always();
    let (_, _, agreement) = settings.answer_first(&settings.offers()).unwrap();
    let mut out = Vec::new();
    Compressor::new(&settings, agreement.ours).compress(payload, true, &mut out);
    out
}

#[test]
fn the_first_frame_of_a_compressed_message_is_marked_and_no_other() {
    let (mut client, mut server) = pair(always(), &Config::default());
    server.send("Hello").unwrap();
    let bytes = written(&mut server);
    assert_eq!(bytes[0], 0xc1, "compressed, and still a text");
    assert_eq!(receive(&mut client, &bytes), [text("Hello")]);

    server.begin_message(MessageKind::Binary).unwrap();
    let mut firsts = Vec::new();
    for (part, last) in [("Hel", false), ("lo", false), ("", true)] {
        server.write_fragment(part, last).unwrap();
        let bytes = written(&mut server);
        firsts.push(bytes[0]);
        let events = receive(&mut client, &bytes);
        let whole = Event::Message(Message::from(b"Hello"));
        assert_eq!(events, if last { vec![whole] } else { vec![] });
    }
    assert_eq!(firsts, [0x42, 0x00, 0x80]);
}

#[test]
fn control_frames_are_never_compressed() {
    let (mut client, mut server) = pair(always(), &Config::default());
    server.ping(Instant::now(), "aaaaaaaaaaaaaaaa").unwrap();
    let bytes = written(&mut server);
    assert_eq!(bytes, frame(0x89, b"aaaaaaaaaaaaaaaa"));
    receive(&mut client, &bytes);
    assert_eq!(written(&mut client)[0], 0x8a);
}

#[test]
fn the_bit_on_a_control_frame_or_a_continuation_fails_the_connection() {
    let failed = [Event::Failed(ProtocolError::ReservedBits)];
    for first in [0xc8, 0xc9, 0xca] {
        let (mut client, _) = pair(always(), &Config::default());
        assert_eq!(receive(&mut client, &frame(first, b"")), failed, "{first:x}");
    }
    for first in [0x40, 0xc0] {
        let (mut client, _) = pair(always(), &Config::default());
        let hello = deflated(b"Hello");
        let bytes = [frame(0x41, &hello[..2]), frame(first, &hello[2..])].concat();
        assert_eq!(receive(&mut client, &bytes), failed, "{first:x}");
    }
}

#[test]
fn a_message_without_the_bit_is_as_it_is() {
    let (mut client, mut server) = pair(always(), &Config::default());
    let bytes = [frame(0x81, b"plain"), frame(0xc1, &deflated(b"Hello"))].concat();
    assert_eq!(receive(&mut client, &bytes), [text("plain"), text("Hello")]);
    server.send(Message::from("plain").uncompressed()).unwrap();
    assert_eq!(written(&mut server), frame(0x81, b"plain"));

    let (_, mut server) = pair(DeflateConfig::default().threshold(6), &Config::default());
    server.send("short").unwrap();
    server.send(Message::from("short").compressed()).unwrap();
    let bytes = written(&mut server);
    assert_eq!((&bytes[..7], bytes[7]), (&frame(0x81, b"short")[..], 0xc1));
}

#[test]
fn a_compressed_message_may_come_in_any_fragments() {
    let hello = deflated(b"Hello");
    for cut in 0..=hello.len() {
        let (mut client, _) = pair(always(), &Config::default());
        let (one, two) = hello.split_at(cut);
        let bytes = [frame(0x41, one), frame(0x89, b""), frame(0x80, two)].concat();
        let expected = [Event::Ping("".into()), text("Hello")];
        assert_eq!(receive(&mut client, &bytes), expected, "{cut}");
    }
}

#[test]
fn a_text_is_validated_when_it_is_decompressed() {
    let (mut client, _) = pair(always(), &Config::default());
    let failed = Event::Failed(ProtocolError::InvalidUtf8);
    assert_eq!(receive(&mut client, &frame(0xc1, &deflated(b"\xff"))), [failed]);
}

#[test]
fn a_message_is_measured_as_it_is_decompressed() {
    let mut config = Config::default();
    config.max_incoming_size = Some(1000);
    let (mut client, _) = pair(always(), &config);
    let events = receive(&mut client, &frame(0xc2, &deflated(&[0; 1000])));
    assert_eq!(events, [Event::Message(Message::from(vec![0; 1000]))]);
    let (mut client, _) = pair(always(), &config);
    let failed = Event::Failed(PayloadTooBig::new(1001, 1000).into());
    assert_eq!(receive(&mut client, &frame(0xc2, &deflated(&[0; 1001]))), [failed]);
}

#[test]
fn corrupt_data_fails_the_connection() {
    let (mut client, _) = pair(always(), &Config::default());
    let failed = Event::Failed(ProtocolError::CorruptDeflate);
    assert_eq!(receive(&mut client, &frame(0xc2, &[0xff; 9])), [failed]);
    assert_eq!(written(&mut client)[6..8], 1007_u16.to_be_bytes());
}

#[test]
fn an_idle_connection_releases_the_memory_of_its_compression() {
    let (mut client, mut server) = pair(always(), &Config::default());
    for text in ["a text", "a text that refers to it"] {
        client.send(text).unwrap();
        assert!(receive(&mut server, &written(&mut client)).contains(&self::text(text)));
        server.send(text).unwrap();
        assert!(receive(&mut client, &written(&mut server)).contains(&self::text(text)));
        for connection in [&mut client, &mut server] {
            let is_released = |connection: &Connection| {
                (connection.sender.is_released(), connection.receiver.is_released())
            };
            assert_eq!(is_released(connection), (false, false));
            // A message was sent since the last look, so the connection is not idle.
            connection.sender.release_if_idle();
            connection.receiver.release_if_idle();
            assert_eq!(is_released(connection), (false, false));
            connection.sender.release_if_idle();
            connection.receiver.release_if_idle();
            assert_eq!(is_released(connection), (true, true));
        }
    }
}

#[test]
fn later_messages_refer_to_earlier_ones_and_to_nothing_else() {
    let (mut client, mut server) = pair(always(), &Config::default());
    let long = "no two words of this are the same, and yet it is sent more than once";
    let prepared = Prepared::new("a message for many, which is compressed on its own");
    let mut lengths = Vec::new();
    for _ in 0..3 {
        server.send(long).unwrap();
        let bytes = written(&mut server);
        lengths.push(bytes.len());
        assert_eq!(receive(&mut client, &bytes), [text(long)]);
        server.send(&prepared).unwrap();
        server.send(&prepared).unwrap();
        let expected = Event::Message(prepared.message().clone());
        let bytes = written(&mut server);
        assert_eq!(receive(&mut client, &bytes), [expected.clone(), expected]);
    }
    server.send(long).unwrap();
    written(&mut server);
    server.send(long).unwrap();
    assert!(written(&mut server).len() < lengths[0] / 2, "the window was taken over");
}
