//! The parts of a connection.

use std::task::{Context, Poll};

use sockeye_errors::Error;
use sockeye_net::{Io, Runtime};
use sockeye_protocol::Message;

use crate::{inbound::Inbound, io::ConnectionIo, return_handle::ReturnHandle};

/// The parts of a connection, in one allocation: moving a connection moves a pointer.
pub(crate) struct Inner<S, R: Runtime> {
    pub(crate) inbound: Inbound,
    pub(crate) io: ConnectionIo<S, R>,
    /// The slot that receives the connection when it is dropped.
    pub(crate) return_to: Option<ReturnHandle<S, R>>,
}

impl<S: Unpin, R: Runtime + Io<S>> Inner<S, R> {
    #[inline]
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message>, Error>> {
        self.inbound.poll_next(&mut self.io, cx)
    }

    #[inline]
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        self.inbound.poll_recv(&mut self.io, cx)
    }

    pub(crate) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.inbound.poll_closed(&mut self.io, cx)
    }
}
