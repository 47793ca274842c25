//! The connection, whole: both directions in one hand.

use std::{
    fmt,
    future::{Future, poll_fn},
    mem,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use sockeye_errors::{Close, CloseCode, ConnectionClosed, Error, State};
use sockeye_handshake::{Request, Response};
use sockeye_net::{Io, Runtime, Sockets, Stream};
use sockeye_protocol::{Message, MessageKind, Outgoing};

use crate::{
    MessageReader, MessageWriter, PongFutureMut, Receiver, Sender, commands::CommandQueue,
    established::Established, inner::Inner, message_reader::ReceiverRef, outlined_box::OutlinedBox,
    split::split,
};

/// A WebSocket connection over the stream `S`, on the runtime `R`.
///
/// # Cancel safety
///
/// All progress is kept in the connection, none in a future. [`recv`](Self::recv), [`next`](Self::next) and
/// [`close`](Self::close) may be dropped at any time, and lose nothing. If [`send`](Self::send) is dropped before it
/// completes, the message was either not accepted or will be sent whole. No method can leave half a frame on the wire.
///
/// # Keepalive, deadlines and control frames
///
/// The library spawns no task for a connection. Pings are answered, keepalive pings sent and deadlines kept while some
/// method waits: an application that receives in a loop need not think about it.
///
/// # Dropping
///
/// A dropped connection ends without a close frame, which the peer sees as an abnormal closure (1006). A connection of
/// a [`Server`](crate::Server) is closed in the regular way when its handler returns.
pub struct WebSocket<S, R: Runtime> {
    inner: OutlinedBox<Inner<S, R>>,
}

impl<S, R: Runtime> WebSocket<S, R> {
    pub(crate) fn into_inner_box(mut self) -> Box<Inner<S, R>> {
        self.inner.take().expect(PRESENT)
    }

    pub(crate) fn inner(&self) -> &Inner<S, R> {
        self.inner.as_ref().expect(PRESENT)
    }

    pub(crate) fn inner_mut(&mut self) -> &mut Inner<S, R> {
        self.inner.as_mut().expect(PRESENT)
    }

    /// Attaches a command queue, in place of the one that is attached.
    pub fn set_commands(&mut self, commands: Arc<CommandQueue>) {
        self.inner_mut().io.commands = Some(commands);
    }

    /// The state of the connection.
    pub fn state(&self) -> State {
        self.inner().io.sender.state()
    }

    /// How the connection ended, as far as it has.
    pub fn outcome(&self) -> &ConnectionClosed {
        self.inner().io.sender.outcome()
    }

    /// The time between the last ping that was answered, one of the keepalive included, and its pong.
    pub fn latency(&self) -> Option<Duration> {
        self.inner().io.sender.latency()
    }

    /// Bytes that wait to be written.
    pub fn buffered(&self) -> usize {
        self.inner().io.sender.buffered()
    }

    /// The subprotocol that was agreed on.
    pub fn subprotocol(&self) -> Option<&str> {
        self.inner().io.handshake.subprotocol()
    }

    /// The request of the opening handshake.
    pub fn request(&self) -> &Request {
        self.inner().io.handshake.request()
    }

    /// The response of the opening handshake.
    pub fn response(&self) -> &Response {
        self.inner().io.handshake.response()
    }

    /// Whether messages may be compressed.
    pub fn is_compressed(&self) -> bool {
        self.inner().io.handshake.is_compressed
    }

    /// The stream beneath.
    pub fn get_ref(&self) -> &S {
        &self.inner().io.stream
    }

    /// The stream beneath. Reading from it or writing to it breaks the connection.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner_mut().io.stream
    }

    /// The stream beneath, and the end of the connection above it: without a close frame, unless
    /// [`close`](Self::close) came before.
    pub fn into_inner(self) -> S {
        self.into_inner_box().io.stream
    }
}

impl<S: AsRef<Stream<R>>, R: Sockets> WebSocket<S, R> {
    /// The address of this end, if it has one.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.get_ref().as_ref().local_addr()
    }

    /// The address of the peer, if it has one.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.get_ref().as_ref().peer_addr()
    }
}

impl<S: Unpin, R: Runtime + Io<S>> WebSocket<S, R> {
    /// Opens a connection over a stream on which the opening handshake has been completed, in either role.
    ///
    /// `leftover` contains the bytes that were read past the handshake. A server can use [`Upgrade`](crate::Upgrade),
    /// which also validates the request.
    pub fn from_upgraded(
        stream: S,
        established: Established,
        leftover: impl Into<Vec<u8>>,
    ) -> Self {
        established.open(stream, leftover.into())
    }

    /// Receives the next message.
    ///
    /// # Errors
    ///
    /// [`Error::ConnectionClosed`] once the connection has ended; all that arrived before was handed out.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    #[inline]
    pub fn recv(&mut self) -> impl Future<Output = Result<Message, Error>> {
        let inner = self.inner_mut();
        poll_fn(move |cx| inner.poll_recv(cx))
    }

    /// Receives the next message; `None` once the connection was closed normally.
    ///
    /// # Errors
    ///
    /// [`Error::ConnectionClosed`] once the connection has ended in another way. That is told once; what follows is
    /// `None`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    #[expect(
        clippy::should_implement_trait,
        reason = "it is asynchronous, as is the `next` of streams"
    )]
    #[inline]
    pub fn next(&mut self) -> impl Future<Output = Result<Option<Message>, Error>> {
        poll_fn(|cx| self.poll_next_message(cx))
    }

    /// The poll form of [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// See [`next`](Self::next).
    #[inline]
    pub fn poll_next_message(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message>, Error>> {
        self.inner_mut().poll_next(cx)
    }

    /// Sends a message: queues it, and writes all that is queued.
    ///
    /// Waits while too much is queued. `Ok` means that the message was handed to the operating system.
    ///
    /// While it waits, it does not receive: where both sides send much at once without receiving, both wait until the
    /// write timeout. [`split`](Self::split) the connection to do both at a time.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] with `PayloadTooBig` for a message over the limit, which leaves the connection as it was,
    /// and with `InvalidState` after [`close`](Self::close); [`Error::ConnectionClosed`] after any other end.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the message was either not accepted or will be sent whole.
    #[inline]
    pub fn send(
        &mut self,
        message: impl Into<Outgoing>,
    ) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        let io = &mut self.inner_mut().io;
        poll_fn(move |cx| {
            if message.is_some() {
                ready!(io.poll_feed(&mut message, cx))?;
            }
            io.poll_flushed(cx)
        })
    }

    /// Queues a message. It is written when the connection next waits for something, when much is queued, or by
    /// [`flush`](Self::flush): so messages that are sent one after the other leave in one write.
    ///
    /// Waits while too much is queued.
    ///
    /// # Errors
    ///
    /// See [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the message was not accepted.
    #[inline]
    pub fn feed(
        &mut self,
        message: impl Into<Outgoing>,
    ) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        let io = &mut self.inner_mut().io;
        poll_fn(move |cx| io.poll_feed(&mut message, cx))
    }

    /// Writes all that is queued.
    ///
    /// # Errors
    ///
    /// [`Error::ConnectionClosed`] if the connection ended before all was written.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn flush(&mut self) -> Result<(), Error> {
        let io = &mut self.inner_mut().io;
        poll_fn(|cx| io.poll_flushed(cx)).await
    }

    /// Sends a message in parts, as they become known.
    ///
    /// # Errors
    ///
    /// See [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. A writer that is dropped before [`finish`](MessageWriter::finish) fails the connection: a message
    /// that has begun cannot be taken back.
    pub async fn send_stream(
        &mut self,
        kind: MessageKind,
    ) -> Result<MessageWriter<'_, S, R>, Error> {
        let io = &mut self.inner_mut().io;
        poll_fn(|cx| io.poll_ready(cx)).await;
        io.sender.begin_message(kind)?;
        Ok(MessageWriter::whole(io))
    }

    /// Receives the next message in parts, as they arrive, whatever its size.
    ///
    /// # Errors
    ///
    /// See [`recv`](Self::recv).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. If the reader is dropped before the end, the rest of the message is skipped.
    pub async fn recv_stream(&mut self) -> Result<MessageReader<'_, S, R>, Error> {
        MessageReader::open(ReceiverRef::Whole(self.inner_mut())).await
    }

    /// Sends a ping; what it returns waits for the pong, and receives in the meantime. Messages that come before the
    /// pong are kept for [`recv`](Self::recv).
    ///
    /// # Errors
    ///
    /// See [`send`](Self::send); a payload of more than 125 bytes is
    /// [`ControlTooLong`](sockeye_errors::ProtocolError::ControlTooLong). The second future fails with
    /// [`Error::ConnectionClosed`] if the connection ends first, and with [`Error::Timeout`] if more than 1 MiB of
    /// messages comes first.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn ping(
        &mut self,
        payload: impl Into<Bytes>,
    ) -> Result<PongFutureMut<'_, S, R>, Error> {
        let pong = self.inner_mut().io.ping(payload.into())?;
        self.flush().await?;
        Ok(PongFutureMut::new(self.inner_mut(), pong))
    }

    /// Sends a pong that answers no ping: a heartbeat in one direction.
    ///
    /// # Errors
    ///
    /// See [`ping`](Self::ping).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the pong will be sent whole.
    pub async fn pong(&mut self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.inner_mut().io.sender.pong(payload)?;
        self.flush().await
    }

    /// Closes the connection with 1000, and waits for the end: the peer's close frame and, as a client, the end of the
    /// transport, at most for the close timeout. Messages that still arrive are discarded.
    ///
    /// Closing a connection that has ended does nothing. [`outcome`](Self::outcome) tells how it went.
    ///
    /// # Errors
    ///
    /// None, but for [`close_with`](Self::close_with)'s.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn close(&mut self) -> Result<(), Error> {
        self.close_with(CloseCode::NORMAL, "").await
    }

    /// Closes the connection with a code and a reason; see [`close`](Self::close). [`CloseCode::NO_STATUS`] without a
    /// reason sends the empty close frame.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] for a code that must not be sent, and for a reason of more than 123 bytes; the connection
    /// stays as it was.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn close_with(
        &mut self,
        code: impl Into<CloseCode>,
        reason: impl Into<String>,
    ) -> Result<(), Error> {
        let inner = self.inner_mut();
        inner.io.sender.close(R::now(), &Close::new(code, reason))?;
        poll_fn(|cx| inner.poll_closed(cx)).await;
        Ok(())
    }

    /// Queues a close frame. The poll form of [`close_with`](Self::close_with) is this method followed by
    /// [`poll_closed`](Self::poll_closed).
    ///
    /// # Errors
    ///
    /// See [`close_with`](Self::close_with).
    pub fn start_close(&mut self, close: &Close) -> Result<(), Error> {
        self.inner_mut().io.sender.close(R::now(), close)
    }

    /// Receives until the end of the connection and discards all messages.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.inner_mut().poll_closed(cx)
    }

    /// Splits the connection into its two directions, for two tasks.
    ///
    /// A half that is dropped closes nothing: the connection ends when all of it is dropped.
    pub fn split(self) -> (Sender<S, R>, Receiver<S, R>) {
        split(*self.into_inner_box())
    }
}

impl<S, R: Runtime> Drop for WebSocket<S, R> {
    fn drop(&mut self) {
        if let Some(slot) = self.inner.as_mut().and_then(|inner| inner.io.return_to.take()) {
            slot.send(mem::take(&mut self.inner));
        }
    }
}

impl<S, R: Runtime> From<Box<Inner<S, R>>> for WebSocket<S, R> {
    fn from(inner: Box<Inner<S, R>>) -> Self {
        Self { inner: inner.into() }
    }
}

impl<S, R: Runtime> From<OutlinedBox<Inner<S, R>>> for WebSocket<S, R> {
    fn from(inner: OutlinedBox<Inner<S, R>>) -> Self {
        Self { inner }
    }
}

impl<S: fmt::Debug, R: Runtime> fmt::Debug for WebSocket<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("state", &self.state())
            .field("subprotocol", &self.subprotocol())
            .field("stream", self.get_ref())
            .finish_non_exhaustive()
    }
}

const PRESENT: &str = "the connection is there until it is dropped or taken apart";
