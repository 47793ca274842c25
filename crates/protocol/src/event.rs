//! What arrives.

use bytes::Bytes;
use sockeye_errors::{Close, ProtocolError};

use crate::{Message, MessageKind};

/// Something that arrived, in the order in which it arrived.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A whole message.
    Message(Message),
    /// A part of a message, while [`Receiver::stream`](crate::Receiver::stream) is in force.
    Fragment(Fragment),
    /// A ping, which wants a pong with the same payload.
    Ping(Bytes),
    /// A pong.
    Pong(Bytes),
    /// A close frame: nothing follows it.
    Close(Close),
    /// The peer broke a rule: nothing follows.
    Failed(ProtocolError),
}

/// A part of a message.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Fragment {
    /// Whether the message is text or binary.
    pub kind: MessageKind,
    /// Its next bytes. A character of a text may be cut in two; the whole is valid UTF-8 all the same.
    pub data: Bytes,
    /// Whether the message ends here.
    pub last: bool,
}

impl Fragment {
    /// A part of a message.
    pub const fn new(kind: MessageKind, data: Bytes, last: bool) -> Self {
        Self { kind, data, last }
    }
}
