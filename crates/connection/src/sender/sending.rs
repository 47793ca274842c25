//! Sending messages, pings and pongs with one half of a connection.

use std::{
    future::{Future, poll_fn},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use sockeye_errors::{Error, QueueFull};
use sockeye_net::{Io, Runtime};
use sockeye_protocol::{MessageKind, Outgoing};

use crate::{MessageWriter, PongFuture, Sender, io::ConnectionIo};

impl<S: Unpin, R: Runtime + Io<S>> Sender<S, R> {
    /// Sends a message: queues it and writes all queued bytes.
    ///
    /// Accepts the same types as [`WebSocket::send`](crate::WebSocket::send). Waits while the peer does not read, and while
    /// another sender streams a message.
    ///
    /// # Errors
    ///
    /// - [`Error::Protocol`] with [`PayloadTooBig`](sockeye_errors::ProtocolError::PayloadTooBig) if the message exceeds
    ///   `max_outgoing_size`. The connection stays usable.
    /// - [`Error::Protocol`] with [`InvalidState`](sockeye_errors::ProtocolError::InvalidState) after
    ///   [`close`](Self::close).
    /// - [`Error::ConnectionClosed`] after any other end of the connection.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped before it completes, the message was either not accepted or will be sent
    /// completely.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(sender: sockeye::Sender) -> Result<(), sockeye::Error> {
    /// sender.send("text").await?;
    /// sender.send(vec![0x01, 0x02]).await?; // binary
    /// # Ok(())
    /// # }
    /// ```
    pub fn send(&self, message: impl Into<Outgoing>) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        poll_fn(move |cx| {
            if message.is_some() {
                ready!(self.poll_feed(&mut message, cx))?;
            }
            self.shared.poll_sender(cx, ConnectionIo::poll_flushed)
        })
    }

    /// Queues a message without writing it.
    ///
    /// Waits while the queue is full, and while another sender streams a message. A [`Receiver`](crate::Receiver) that
    /// already waits does not write the queue. Call [`flush`](Self::flush) after the last message, or use
    /// [`send`](Self::send) for that one.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped before it completes, the message was not accepted.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(sender: sockeye::Sender) -> Result<(), sockeye::Error> {
    /// for row in ["first row", "second row", "third row"] {
    ///     sender.feed(row).await?;
    /// }
    /// sender.flush().await?; // one write for all of them
    /// # Ok(())
    /// # }
    /// ```
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

    /// Queues a message without waiting, and writes as many queued bytes as the stream accepts at once.
    ///
    /// The method is not asynchronous, so that it can be called from a callback or under a lock.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send), and two where `send` would wait. The message was not accepted then:
    ///
    /// - [`Error::QueueFull`] while 64 KiB or more are queued
    ///   ([`Config::write_high_water`](sockeye_protocol::Config::write_high_water)).
    /// - [`Error::Protocol`] with [`Concurrency`](sockeye_errors::ProtocolError::Concurrency) while another sender streams a
    ///   message.
    ///
    /// # Examples
    ///
    /// Dropping updates for a slow consumer:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sockeye::Error> {
    /// # let (near, far) = tokio::io::duplex(1024);
    /// # let connect = async { sockeye::client("ws://localhost/", near).await };
    /// # let accept = async { sockeye::accept(far).await?.accept().await };
    /// # let (ws, mut server) = tokio::try_join!(connect, accept)?;
    /// # let (sender, receiver) = ws.split();
    /// use sockeye::Error;
    ///
    /// match sender.try_send("price 101.5") {
    ///     Ok(()) => {}
    ///     Err(Error::QueueFull(_)) => println!("too slow, update skipped"),
    ///     Err(error) => return Err(error),
    /// }
    /// # assert_eq!(server.recv().await?.as_text(), Some("price 101.5"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_send(&self, message: impl Into<Outgoing>) -> Result<(), Error> {
        self.shared.with_io(|io| {
            io.sender.check_open("send")?;
            if io.sender.is_congested() {
                return Err(QueueFull::new(io.sender.buffered()).into());
            }
            io.sender.send(message)?;
            let _ = io.poll_flushed(&mut Context::from_waker(&self.shared.waker));
            Ok(())
        })
    }

    /// Writes all queued bytes.
    ///
    /// # Errors
    ///
    /// Returns [`Error::ConnectionClosed`] if the connection ended before all bytes were written.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the connection stores all progress.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(sender: sockeye::Sender) -> Result<(), sockeye::Error> {
    /// sender.feed("first").await?;
    /// sender.feed("second").await?;
    /// sender.flush().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn flush(&self) -> Result<(), Error> {
        poll_fn(|cx| self.shared.poll_sender(cx, ConnectionIo::poll_flushed)).await
    }

    /// Begins a message that is sent in parts ([RFC 6455 §5.4](https://www.rfc-editor.org/rfc/rfc6455#section-5.4)).
    ///
    /// Other senders wait until the message ends, because frames of two messages must not interleave.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. However, dropping the writer after the first part and before [`finish`](MessageWriter::finish) fails the
    /// connection with 1011, because a message cannot be withdrawn after its first frame.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(sender: sockeye::Sender) -> Result<(), sockeye::Error> {
    /// use sockeye::MessageKind;
    ///
    /// let mut writer = sender.send_stream(MessageKind::Binary).await?;
    /// writer.write(vec![0; 4096]).await?;
    /// writer.finish_with(vec![1; 4096]).await?;
    /// # Ok(())
    /// # }
    /// ```
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

    /// Sends a ping ([RFC 6455 §5.5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2)) and returns a future that
    /// awaits the pong.
    ///
    /// The returned future resolves with the round-trip time. The pong arrives while a task awaits a method of the
    /// [`Receiver`](crate::Receiver). The payload has at most 125 bytes and may be empty.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send), and [`Error::Protocol`] with
    /// [`ControlTooLong`](sockeye_errors::ProtocolError::ControlTooLong) for a payload of more than 125 bytes. The returned
    /// future fails with [`Error::ConnectionClosed`] if the connection ends before the pong arrives.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped before it completes, the ping will be sent completely.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sockeye::Error> {
    /// # let (near, far) = tokio::io::duplex(1024);
    /// # let connect = async { sockeye::client("ws://localhost/", near).await };
    /// # let accept = async { sockeye::accept(far).await?.accept().await };
    /// # let (ws, mut server) = tokio::try_join!(connect, accept)?;
    /// # let server = tokio::spawn(async move { server.next().await });
    /// let (sender, mut receiver) = ws.split();
    /// let receiving = tokio::spawn(async move { receiver.next().await });
    ///
    /// let pong = sender.ping("").await?;
    /// println!("{:?}", pong.await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ping(&self, payload: impl Into<Bytes>) -> Result<PongFuture, Error> {
        let pong = self.shared.with_io(|io| io.ping(payload.into()))?;
        self.flush().await?;
        Ok(pong)
    }

    /// Sends an unsolicited pong, which serves as a heartbeat in one direction
    /// ([RFC 6455 §5.5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3)).
    ///
    /// Pings of the peer are answered automatically. The payload has at most 125 bytes.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`ping`](Self::ping).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped before it completes, the pong will be sent completely.
    pub async fn pong(&self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.shared.with_io(|io| io.sender.pong(payload))?;
        self.flush().await
    }
}

/// Waits until no message is being streamed and the queue has room.
fn poll_turn<S: Unpin, R: Runtime + Io<S>>(
    io: &mut ConnectionIo<S, R>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if io.sender.is_streaming() && io.sender.is_open() {
        return Poll::Pending;
    }
    io.poll_ready(cx)
}
