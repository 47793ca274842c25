//! Frames as bytes, encoded and decoded without the codec of the library.

use sockeye_protocol::Role;

pub(crate) const FIN: u8 = 0x80;
pub(crate) const RSV1: u8 = 0x40;
pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = FIN | 0x8;
pub(crate) const PING: u8 = FIN | 0x9;
pub(crate) const PONG: u8 = FIN | 0xa;

/// The key of the frames that are made here.
pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as it was found on the wire, unmasked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Frame {
    pub(crate) first: u8,
    pub(crate) key: Option<[u8; 4]>,
    pub(crate) payload: Vec<u8>,
}

/// The header of a frame to the endpoint that plays `role`.
pub(crate) fn header(role: Role, first: u8, length: u64) -> Vec<u8> {
    let mask = if role == Role::Server { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match length {
        0..=125 => bytes.push(mask | u8::try_from(length).expect("at most 125")),
        126..=0xffff => {
            bytes.push(mask | 0x7e);
            bytes.extend(&length.to_be_bytes()[6..]);
        }
        _ => {
            bytes.push(mask | 0x7f);
            bytes.extend(length.to_be_bytes());
        }
    }
    if role == Role::Server {
        bytes.extend(KEY);
    }
    bytes
}

/// A frame to the endpoint that plays `role`.
pub(crate) fn frame(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    frame_with(role, first, KEY, payload)
}

/// A frame to the endpoint that plays `role`, masked with `key` if it has to be.
pub(crate) fn frame_with(role: Role, first: u8, key: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(role, first, payload.len() as u64);
    let key = if role == Role::Server {
        let start = bytes.len() - key.len();
        bytes[start..].copy_from_slice(&key);
        key
    } else {
        [0; 4]
    };
    bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// A close frame to the endpoint that plays `role`.
pub(crate) fn close(role: Role, code: u16, reason: &[u8]) -> Vec<u8> {
    frame(role, CLOSE, &[&code.to_be_bytes(), reason].concat())
}

/// The frames that `wire` consists of.
pub(crate) fn frames(mut wire: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = wire {
        let (extended, form) = match second & 0x7f {
            126 => (2, None),
            127 => (8, None),
            length => (0, Some(usize::from(length))),
        };
        let (length, rest) = rest.split_at(extended);
        let length = form
            .unwrap_or_else(|| length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)));
        let (key, rest) = rest.split_at(if second & 0x80 == 0 { 0 } else { 4 });
        let (payload, rest) = rest.split_at(length);
        let key: Option<[u8; 4]> = key.try_into().ok();
        let mask = key.unwrap_or_default();
        let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key);
        frames.push(Frame { first: *first, key, payload: payload.collect() });
        wire = rest;
    }
    frames
}
