//! Short frames as bytes, and the two roles.

use std::time::Instant;

use sockeye_errors::{CloseCause, ProtocolError};
use sockeye_protocol::{Config, Event, Message};

use crate::connection::Connection;

pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(crate) fn server() -> Connection {
    Connection::server(Config::default())
}

pub(crate) fn client() -> Connection {
    Connection::client(Config::default(), || Ok(KEY))
}

/// A frame with a short payload, as a server sends it.
pub(crate) fn bare(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).ok().filter(|length| *length < 126).unwrap();
    [&[first, length], payload].concat()
}

/// The same as a client sends it.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = bare(first, payload);
    frame[1] |= 0x80;
    frame.splice(2..2, KEY);
    frame[6..].iter_mut().zip(KEY.into_iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    frame
}

/// The events of these bytes, received in one piece.
pub(crate) fn receive(connection: &mut Connection, bytes: &[u8]) -> Vec<Event> {
    connection.handle_received(&mut bytes.to_vec());
    let now = Instant::now();
    std::iter::from_fn(|| connection.poll_event(now)).collect()
}

/// All queued bytes.
pub(crate) fn written(connection: &mut Connection) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = connection.poll_transmit() {
        let len = piece.len();
        all.extend_from_slice(piece);
        connection.handle_transmitted(Instant::now, len);
    }
    all
}

/// The first bytes, masks and payloads of short frames.
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<(u8, Option<[u8; 4]>, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        let length = usize::from(second & 0x7f);
        assert!(length < 126);
        let (mask, rest) = match second & 0x80 {
            0 => (None, rest),
            _ => (Some(*rest.first_chunk().unwrap()), &rest[4..]),
        };
        let (payload, rest) = rest.split_at(length);
        let keys = mask.unwrap_or_default().into_iter().cycle();
        frames.push((
            *first,
            mask,
            payload.iter().zip(keys).map(|(byte, key)| byte ^ key).collect(),
        ));
        bytes = rest;
    }
    assert!(bytes.is_empty());
    frames
}

pub(crate) fn text(text: &str) -> Event {
    Event::Message(Message::from(text))
}

/// Asserts that the connection fails with this error, sends `code`, and accepts no more.
pub(crate) fn assert_fails(
    mut connection: Connection,
    bytes: &[u8],
    error: ProtocolError,
    code: u16,
) {
    assert_eq!(receive(&mut connection, bytes), [Event::Failed(error)], "{bytes:x?}");
    let frames = frames(&written(&mut connection));
    assert_eq!(frames.len(), 1, "{bytes:x?}");
    assert_eq!((frames[0].0, &frames[0].2[..2]), (0x88, &code.to_be_bytes()[..]), "{bytes:x?}");
    assert_eq!(connection.outcome().cause, Some(CloseCause::Protocol(error)));
    // §7.1.7: nothing is processed any more, not even a close frame.
    assert_eq!(receive(&mut connection, &bare(0x88, &[0x03, 0xe8])), []);
    assert_eq!(receive(&mut connection, &masked(0x88, &[0x03, 0xe8])), []);
    assert_eq!(connection.outcome().rcvd, None);
    assert!(connection.send("x").is_err());
}
