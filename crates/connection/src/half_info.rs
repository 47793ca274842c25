//! Information about a split connection that both halves offer.

use std::{net::SocketAddr, time::Duration};

use sockeye_errors::{ConnectionClosed, State};
use sockeye_handshake::{Request, Response};
use sockeye_net::{Runtime, Sockets, Stream};

use crate::shared::Shared;

/// Each method returns a copy, because the original is behind a lock.
impl<S, R: Runtime> Shared<S, R> {
    pub(crate) fn state(&self) -> State {
        self.with_io(|io| io.sender.state())
    }

    pub(crate) fn outcome(&self) -> ConnectionClosed {
        self.with_io(|io| io.sender.outcome().clone())
    }

    pub(crate) fn latency(&self) -> Option<Duration> {
        self.with_io(|io| io.sender.latency())
    }

    pub(crate) fn subprotocol(&self) -> Option<String> {
        self.with_io(|io| io.handshake.subprotocol().map(str::to_owned))
    }

    pub(crate) fn request(&self) -> Request {
        self.with_io(|io| io.handshake.request().clone())
    }

    pub(crate) fn response(&self) -> Response {
        self.with_io(|io| io.handshake.response().clone())
    }

    pub(crate) fn is_compressed(&self) -> bool {
        self.with_io(|io| io.is_compressed)
    }
}

impl<S: AsRef<Stream<R>>, R: Sockets> Shared<S, R> {
    pub(crate) fn local_addr(&self) -> Option<SocketAddr> {
        self.with_io(|io| io.stream.as_ref().local_addr())
    }

    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        self.with_io(|io| io.stream.as_ref().peer_addr())
    }
}
