//! The transport as the receiving direction uses it.

use std::task::{Context, Poll};

use sockeye_errors::Error;
use sockeye_protocol::{Event, Receiver};

/// The event that ends receiving.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Until {
    /// The close frame of the peer, or the end of its direction: the application learns of it at once, unless it has closed the
    /// connection itself.
    PeerEnd,
    /// The end of the transport, for an application that waits for the end of the closing handshake.
    TransportEnd,
}

/// The transport and the sending direction, owned by a `WebSocket` or shared by the halves of a split connection.
pub(crate) trait ReceiveIo {
    /// Handles an event that is not a message: replies to pings and close frames, and resolves pongs.
    fn handle_event(&mut self, event: Event);

    /// Records that the close frame of the peer has ended a message that had begun.
    fn handle_incomplete_message(&mut self);

    /// Reads once, and returns the number of bytes. Writes queued bytes and enforces deadlines while it waits. The end of the
    /// connection is an error.
    fn poll_receive(
        &mut self,
        receiver: &mut Receiver,
        until: Until,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Error>>;

    /// Flushes pending output and checks deadlines, and wakes the task after the reactor has run.
    fn flush_and_yield(&mut self, cx: &mut Context<'_>);
}
