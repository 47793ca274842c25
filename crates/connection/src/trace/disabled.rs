//! Events without the feature `tracing`: none.

use sockeye_errors::ConnectionClosed;
use sockeye_handshake::Request;
use sockeye_protocol::Role;

pub(crate) const fn opened(_: Role, _: &Request) {}

pub(crate) const fn ended(_: &ConnectionClosed) {}

pub(crate) const fn ping_received(_: usize) {}

pub(crate) const fn pong_received(_: usize) {}
