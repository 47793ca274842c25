//! The sending half of a connection.

use std::{
    fmt,
    future::{Future, poll_fn},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use sockeye_errors::{Close, CloseCode, ConcurrencyError, Error, ProtocolError, State};
use sockeye_net::{Io, Runtime};
use sockeye_protocol::{MessageKind, Outgoing};

use crate::{MessageWriter, PongFuture, io::ConnectionIo, split::Shared};

/// The sending half of a connection: any number of clones, in any number of tasks.
///
/// Messages of several senders never mix: each is sent whole, in the order in which they were accepted.
///
/// A payload that has been written is let go while the connection is locked. What owns one ([`Bytes::from_owner`]) must not
/// use the same connection when it is dropped.
pub struct Sender<S, R: Runtime> {
    pub(crate) shared: Arc<Shared<S, R>>,
}

impl<S, R: Runtime> Sender<S, R> {
    /// The state of the connection.
    pub fn state(&self) -> State {
        self.shared.with_io(|io| io.sender.state())
    }

    /// The time between the last ping that was answered and its pong.
    pub fn latency(&self) -> Option<Duration> {
        self.shared.with_io(|io| io.sender.latency())
    }

    /// Bytes that wait to be written.
    pub fn buffered(&self) -> usize {
        self.shared.with_io(|io| io.sender.buffered())
    }

    /// The subprotocol that was agreed on.
    pub fn subprotocol(&self) -> Option<String> {
        self.shared.with_io(|io| io.handshake.subprotocol().map(str::to_owned))
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Sender<S, R> {
    /// Sends a message; see [`WebSocket::send`](crate::WebSocket::send). Waits its turn while another sender streams a
    /// message.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::send`](crate::WebSocket::send).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the message was either not accepted or will be sent whole.
    pub fn send(&self, message: impl Into<Outgoing>) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        poll_fn(move |cx| {
            if message.is_some() {
                ready!(self.poll_feed(&mut message, cx))?;
            }
            self.shared.poll_sender(cx, ConnectionIo::poll_flushed)
        })
    }

    /// Queues a message; see [`WebSocket::feed`](crate::WebSocket::feed). Waits its turn while another sender streams a
    /// message.
    ///
    /// A [`Receiver`](crate::Receiver) that waits already does not hear of it: [`flush`](Self::flush) behind the last
    /// message, or send that one.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::send`](crate::WebSocket::send).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the message was not accepted.
    pub fn feed(&self, message: impl Into<Outgoing>) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        poll_fn(move |cx| self.poll_feed(&mut message, cx))
    }

    fn poll_feed(
        &self,
        message: &mut Option<Outgoing>,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        self.shared.poll_sender(cx, |io, cx| {
            ready!(poll_turn(io, cx));
            let message = message.take().expect("a future is not polled after its end");
            Poll::Ready(io.sender.send(message))
        })
    }

    /// Queues a message and writes what can be written without waiting.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::send`](crate::WebSocket::send); `Concurrency` where [`send`](Self::send) would wait: while another
    /// sender streams a message, and while too much is queued. The message was not accepted then.
    pub fn try_send(&self, message: impl Into<Outgoing>) -> Result<(), Error> {
        self.shared.with_io(|io| {
            io.sender.check_open("send")?;
            if io.sender.is_congested() {
                return Err(ProtocolError::from(ConcurrencyError::new("send")).into());
            }
            io.sender.send(message)?;
            let _ = io.poll_flushed(&mut Context::from_waker(&self.shared.waker));
            Ok(())
        })
    }

    /// Writes all that is queued; see [`WebSocket::flush`](crate::WebSocket::flush).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::flush`](crate::WebSocket::flush).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all progress is kept in the connection.
    pub async fn flush(&self) -> Result<(), Error> {
        poll_fn(|cx| self.shared.poll_sender(cx, ConnectionIo::poll_flushed)).await
    }

    /// Sends a message in parts; see [`WebSocket::send_stream`](crate::WebSocket::send_stream). Other senders wait
    /// until it ends.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::send`](crate::WebSocket::send).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. A writer that is dropped before [`finish`](MessageWriter::finish) fails the connection.
    pub async fn send_stream(&self, kind: MessageKind) -> Result<MessageWriter<'_, S, R>, Error> {
        poll_fn(|cx| {
            self.shared.poll_sender(cx, |io, cx| {
                ready!(poll_turn(io, cx));
                Poll::Ready(io.sender.begin_message(kind))
            })
        })
        .await?;
        Ok(MessageWriter::shared(&self.shared))
    }

    /// Sends a ping; what it returns waits for the pong, which comes while somebody receives.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::ping`](crate::WebSocket::ping).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the ping will be sent whole.
    pub async fn ping(&self, payload: impl Into<Bytes>) -> Result<PongFuture, Error> {
        let pong = self.shared.with_io(|io| io.ping(payload.into()))?;
        self.flush().await?;
        Ok(pong)
    }

    /// Sends a pong that answers no ping: a heartbeat in one direction.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::ping`](crate::WebSocket::ping).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the pong will be sent whole.
    pub async fn pong(&self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.shared.with_io(|io| io.sender.pong(payload))?;
        self.flush().await
    }

    /// Begins to close the connection with 1000. The [`Receiver`](crate::Receiver) sees it to its end.
    ///
    /// # Errors
    ///
    /// None, but for [`close_with`](Self::close_with)'s.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the close frame will be sent whole.
    pub async fn close(&self) -> Result<(), Error> {
        self.close_with(CloseCode::NORMAL, "").await
    }

    /// Begins to close the connection with a code and a reason; see [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::close_with`](crate::WebSocket::close_with).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if dropped before it completes, the close frame will be sent whole.
    pub async fn close_with(
        &self,
        code: impl Into<CloseCode>,
        reason: impl Into<String>,
    ) -> Result<(), Error> {
        let close = Close::new(code, reason);
        self.shared.with_io(|io| io.sender.close(R::now(), &close))?;
        let _ = self.flush().await;
        // The receiver has new deadlines to keep.
        self.shared.wake_all();
        Ok(())
    }
}

impl<S, R: Runtime> Clone for Sender<S, R> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S, R: Runtime> fmt::Debug for Sender<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("state", &self.state()).finish_non_exhaustive()
    }
}

/// Waits until no message is being streamed, and until there is room.
fn poll_turn<S: Unpin, R: Runtime + Io<S>>(
    io: &mut ConnectionIo<S, R>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if io.sender.is_streaming() && io.sender.is_open() {
        return Poll::Pending;
    }
    io.poll_ready(cx)
}
