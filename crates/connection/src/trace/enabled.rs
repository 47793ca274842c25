//! Events for `tracing`, with the target `sockeye`. None contains a query, a payload or a URI.

use std::error::Error as _;

use sockeye_errors::ConnectionClosed;
use sockeye_handshake::Request;
use sockeye_net::Truncated;
use sockeye_protocol::Role;
use tracing::{debug, field::display, info, trace};

/// Records that a connection is open.
pub(crate) fn opened(role: Role, request: &Request) {
    debug!(target: TARGET, ?role, path = %Truncated::new(request.path()), "connection open");
}

/// Records the end of a connection.
pub(crate) fn ended(closed: &ConnectionClosed) {
    let (outcome, is_ok) = (Truncated::new(closed), closed.is_ok());
    let cause = closed.source().map(|cause| display(Truncated::new(cause)));
    if is_ok {
        debug!(target: TARGET, %outcome, "connection closed");
    } else {
        info!(target: TARGET, %outcome, cause, "connection lost");
    }
}

/// Records that a ping has arrived.
pub(crate) fn ping_received(size: usize) {
    trace!(target: TARGET, size, "ping received");
}

/// Records that a pong has arrived.
pub(crate) fn pong_received(size: usize) {
    trace!(target: TARGET, size, "pong received");
}

const TARGET: &str = "sockeye";
