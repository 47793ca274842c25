//! The transport as the receiving direction uses it.

use std::task::{Context, Poll};

use sockeye_errors::Error;
use sockeye_protocol::{Event, Receiver};

/// The transport and the sending direction, owned by a `WebSocket` or shared by the halves of a split connection.
pub(crate) trait ReceiveIo {
    /// Handles an event that is not a message: replies to pings and close frames, and resolves pongs.
    fn handle_event(&mut self, event: Event);

    /// Reads once. Writes queued bytes and enforces deadlines while it waits. The end of the connection is an error.
    fn poll_receive(
        &mut self,
        receiver: &mut Receiver,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>>;

    /// Flushes pending output and checks deadlines before the task yields.
    fn flush_and_yield(&mut self, cx: &mut Context<'_>);
}
