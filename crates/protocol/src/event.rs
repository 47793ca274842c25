//! Events of the receiving direction.

use bytes::Bytes;
use sockeye_errors::{Close, ProtocolError};

use crate::{Message, MessageKind};

/// An event of the receiving direction, returned by [`Receiver::poll_event`](crate::Receiver::poll_event).
///
/// Events come in the order in which the peer sent the frames. [`Close`](Self::Close) and [`Failed`](Self::Failed) are final:
/// no event follows them. Pass every event that is not a message or a fragment to the [`Sender`](crate::Sender), which
/// answers the peer.
///
/// # Examples
///
/// ```
/// use std::time::Instant;
///
/// use sockeye::Message;
/// use sockeye::protocol::{Event, Sender};
///
/// /// Returns the message of an event, or lets the sender handle the event.
/// fn message(event: Event, sender: &mut Sender) -> Option<Message> {
///     match event {
///         Event::Message(message) => return Some(message),
///         Event::Ping(payload) => sender.handle_ping(&payload),
///         Event::Pong(payload) => drop(sender.handle_pong(Instant::now(), &payload)),
///         Event::Close(close) => sender.handle_close(Instant::now(), close),
///         Event::Failed(error) => sender.handle_failure(Instant::now(), error),
///         _ => {} // `Progress`, and fragments after a call of `Receiver::stream`
///     }
///     None
/// }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A complete message.
    Message(Message),
    /// A part of a message, while [`Receiver::stream`](crate::Receiver::stream) is in effect.
    Fragment(Fragment),
    /// A ping. Pass its payload to [`Sender::handle_ping`](crate::Sender::handle_ping), which answers it.
    Ping(Bytes),
    /// A pong. Pass its payload to [`Sender::handle_pong`](crate::Sender::handle_pong).
    Pong(Bytes),
    /// A close frame, the last event. Pass it to [`Sender::handle_close`](crate::Sender::handle_close), which answers it.
    Close(Close),
    /// Many frames were decoded, or much data was decompressed, without another event.
    ///
    /// Call [`poll_event`](crate::Receiver::poll_event) again, now or later. The event allows a task to yield to other tasks,
    /// however much work the bytes of a peer cause.
    Progress,
    /// A protocol violation by the peer, the last event. Pass it to
    /// [`Sender::handle_failure`](crate::Sender::handle_failure), which sends a close frame.
    Failed(ProtocolError),
}

/// A part of a message that is received in parts.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Fragment {
    /// The type of the message.
    pub kind: MessageKind,
    /// The next bytes of the message. A character of a text may be split between two parts; the message as a whole is
    /// valid UTF-8.
    pub data: Bytes,
    /// Whether this is the last part of the message.
    pub last: bool,
}

impl Fragment {
    /// Creates a part of a message.
    pub const fn new(kind: MessageKind, data: Bytes, last: bool) -> Self {
        Self { kind, data, last }
    }
}
