//! The parts of a connection.

use std::task::{Context, Poll};

use sockeye_errors::Error;
use sockeye_net::{Io, Runtime};
use sockeye_protocol::{Message, Outgoing};

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

    /// Polls an operation that sends. While it waits, and if the application only sends, receives as well: control frames are
    /// answered, keepalive runs, and the close frame of the peer is noticed.
    #[inline]
    pub(crate) fn poll_sending<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut ConnectionIo<S, R>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if self.inbound.is_receive_due() {
            self.inbound.poll_ahead(&mut self.io, cx);
        }
        let result = poll(&mut self.io, cx);
        if result.is_ready() {
            return result;
        }
        self.inbound.poll_ahead(&mut self.io, cx);
        // The connection may have ended.
        poll(&mut self.io, cx)
    }

    /// Queues a message; see [`ConnectionIo::poll_feed`].
    #[inline]
    pub(crate) fn poll_feed(
        &mut self,
        message: &mut Option<Outgoing>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let result = self.io.poll_feed(message, cx);
        if result.is_ready() {
            return result;
        }
        self.poll_sending(cx, |io, cx| io.poll_feed(message, cx))
    }

    pub(crate) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.inbound.poll_closed(&mut self.io, cx)
    }
}
