//! The state of the closing handshake.

use sockeye_frames::Role;

use crate::CloseStep;

/// The state of the closing handshake.
///
/// ```text
///                                Open
///                                 |
///         .-----------------------+----------------------.
///         |                       |                      |
///         | send close frame      | receive close frame, | violation, keepalive timeout,
///         v                       | send the answer      | end of the transport
///   AwaitingClose ----------------+----------------------|
///         |     | receive         v                      v
///         |     | close frame  Exchanged ------------> Failed
///   write |     `-------------->  |       violation      |
///   error v                       |                      |
///     WriteFailed                 | both directions of the transport ended,
///         |                       | transport error, or close timeout
///         | receive close frame,  |                      |
///         | end, or violation     v                      |
///         `-------------------> Closed <-----------------'
/// ```
///
/// A transport error or a timeout leads from every state to `Closed`, a write error from `Open` to `WriteFailed`.
///
/// RFC 6455 has three states (§7.1.3, §7.1.4). `Open` is OPEN, `Closed` is CLOSED, and the others are CLOSING.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum CloseState {
    /// No close frame was sent or received.
    #[default]
    Open,
    /// A close frame was sent. The close frame of the peer is awaited.
    AwaitingClose,
    /// Writing failed before the close frame of the peer arrived. It can still be received, but not answered.
    WriteFailed,
    /// Both close frames were exchanged.
    Exchanged(Directions),
    /// The connection failed (§7.1.7). A close frame was sent if possible, and none is awaited.
    Failed(Directions),
    /// The transport is not used any more.
    Closed,
}

/// The directions of the transport that are open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Directions {
    Both,
    /// The sending direction was shut down.
    Incoming,
    /// The peer has ended its direction.
    Outgoing,
}

impl CloseState {
    /// Enters `state` with the directions that are open now.
    pub(super) fn enter(&mut self, state: fn(Directions) -> Self) {
        *self = match *self {
            Self::Open | Self::AwaitingClose => state(Directions::Both),
            Self::Exchanged(directions) | Self::Failed(directions) => state(directions),
            Self::WriteFailed | Self::Closed => Self::Closed,
        };
    }

    /// Records that one direction of the transport ended and `open` is left.
    pub(super) fn end_direction(&mut self, open: Directions) {
        let left = |directions| match directions {
            Directions::Both => Some(open),
            directions if directions == open => Some(open),
            _ => None,
        };
        *self = match *self {
            Self::Exchanged(directions) => left(directions).map_or(Self::Closed, Self::Exchanged),
            Self::Failed(directions) => left(directions).map_or(Self::Closed, Self::Failed),
            state => state,
        };
    }

    /// Returns the next step of the endpoint that has `role`; `flushed` says whether no bytes are queued.
    #[inline]
    pub(super) fn step(self, role: Role, flushed: bool) -> CloseStep {
        match self {
            Self::Open | Self::AwaitingClose | Self::WriteFailed => CloseStep::Receive,
            Self::Closed => CloseStep::Done,
            Self::Exchanged(_) | Self::Failed(_) if !flushed => CloseStep::Flush,
            // §7.1.1: the server closes the transport first, so that TIME_WAIT is held by the server.
            Self::Exchanged(Directions::Both) if role == Role::Client => CloseStep::Drain,
            Self::Exchanged(Directions::Incoming) | Self::Failed(Directions::Incoming) => {
                CloseStep::Drain
            }
            Self::Exchanged(_) | Self::Failed(_) => CloseStep::ShutDown,
        }
    }
}
