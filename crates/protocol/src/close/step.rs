//! The next action that the end of a connection requires.

/// The next action that the end of a connection requires, returned by [`Sender::step`](crate::Sender::step).
///
/// An open connection is in [`Receive`](Self::Receive). While it ends, the caller performs each action on the transport,
/// reports its result to the [`Sender`](crate::Sender), and asks again, until the step is [`Done`](Self::Done).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CloseStep {
    /// Read, and decode the bytes: the connection is open, or waits for the close frame of the peer.
    Receive,
    /// Write the queued bytes, which end with a close frame.
    Flush,
    /// Shut down the sending direction of the transport, then call
    /// [`handle_shut_down`](crate::Sender::handle_shut_down).
    ShutDown,
    /// Read, and discard the bytes.
    ///
    /// Call [`handle_discarded`](crate::Sender::handle_discarded) with their number,
    /// [`handle_eof`](crate::Sender::handle_eof) at their end, and
    /// [`handle_read_pending`](crate::Sender::handle_read_pending) if no bytes are available: a server does not wait for more.
    Drain,
    /// Drop the transport: the connection is closed, and [`outcome`](crate::Sender::outcome) is final.
    Done,
}
