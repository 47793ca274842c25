//! Sending messages, pings and pongs.

use std::{
    future::{Future, poll_fn},
    task::ready,
};

use bytes::Bytes;
use sockeye_errors::Error;
use sockeye_net::{Io, Runtime};
use sockeye_protocol::{MessageKind, Outgoing};

use crate::{MessageWriter, PongFutureMut, WebSocket, io::ConnectionIo};

impl<S: Unpin, R: Runtime + Io<S>> WebSocket<S, R> {
    /// Sends a message: queues it and writes all queued bytes.
    ///
    /// Accepts text (`&str`, `String`, [`Text`](sockeye_protocol::Text)), binary data (`&[u8]`, `Vec<u8>`, `Bytes`),
    /// [`Message`](sockeye_protocol::Message), and a [`Prepared`](sockeye_protocol::Prepared) message for many connections.
    /// `Ok` means that the operating system has accepted the message, not that the peer has received it.
    ///
    /// The method applies backpressure: it waits while the peer does not read. While it waits, and when an application sends
    /// several times in a row, it also receives: pings are answered, keepalive runs, and the close frame of the peer is
    /// noticed. Messages that arrive are kept for [`recv`](Self::recv), up to 1 MiB or 4096 messages. An application that never
    /// receives can await [`closed`](Self::closed) between messages, which discards them.
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
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// ws.send("text").await?;
    /// ws.send(format!("{} messages", 2)).await?;
    /// ws.send(vec![0x01, 0x02]).await?; // binary
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn send(
        &mut self,
        message: impl Into<Outgoing>,
    ) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        let inner = self.inner_mut();
        poll_fn(move |cx| {
            inner.poll_sending(cx, |io, cx| {
                if message.is_some() {
                    ready!(io.poll_feed(&mut message, cx))?;
                }
                io.poll_flushed(cx)
            })
        })
    }

    /// Queues a message without writing it.
    ///
    /// The connection writes its queue before it waits in another method, when the queue reaches 64 KiB
    /// ([`Config::write_high_water`](sockeye_protocol::Config::write_high_water)), and on [`flush`](Self::flush). Messages
    /// that are fed in a row are coalesced into one write. Waits while the queue is full.
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
    /// An echo server. All replies to messages that arrived together leave in one write, before `next` waits:
    ///
    /// ```
    /// use sockeye::{HandlerError, WebSocket};
    ///
    /// async fn echo(mut ws: WebSocket) -> Result<(), HandlerError> {
    ///     while let Some(message) = ws.next().await? {
    ///         ws.feed(message).await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[inline]
    pub fn feed(
        &mut self,
        message: impl Into<Outgoing>,
    ) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        let inner = self.inner_mut();
        poll_fn(move |cx| inner.poll_feed(&mut message, cx))
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
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// for number in 0..100 {
    ///     ws.feed(number.to_string()).await?;
    /// }
    /// ws.flush().await?; // one write for all of them
    /// # Ok(())
    /// # }
    /// ```
    pub async fn flush(&mut self) -> Result<(), Error> {
        let inner = self.inner_mut();
        poll_fn(|cx| inner.poll_sending(cx, ConnectionIo::poll_flushed)).await
    }

    /// Begins a message that is sent in parts ([RFC 6455 §5.4](https://www.rfc-editor.org/rfc/rfc6455#section-5.4)).
    ///
    /// Each part is sent as a frame. The total size need not be known, and the message can be larger than memory.
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
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sockeye::Error> {
    /// # let (near, far) = tokio::io::duplex(1024);
    /// # let connect = async { sockeye::client("ws://localhost/", near).await };
    /// # let accept = async { sockeye::accept(far).await?.accept().await };
    /// # let (mut ws, mut server) = tokio::try_join!(connect, accept)?;
    /// use sockeye::MessageKind;
    ///
    /// let mut writer = ws.send_stream(MessageKind::Text).await?;
    /// for number in 1..=3 {
    ///     writer.write(format!("{number}\n")).await?;
    /// }
    /// writer.finish().await?;
    /// # assert_eq!(server.recv().await?.as_text(), Some("1\n2\n3\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_stream(
        &mut self,
        kind: MessageKind,
    ) -> Result<MessageWriter<'_, S, R>, Error> {
        let inner = self.inner_mut();
        poll_fn(|cx| inner.poll_sending(cx, ConnectionIo::poll_ready)).await;
        inner.io.sender.begin_message(kind)?;
        Ok(MessageWriter::whole(inner))
    }

    /// Sends a ping ([RFC 6455 §5.5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2)) and returns a future that
    /// awaits the pong.
    ///
    /// The returned future receives until the pong arrives, and resolves with the round-trip time. Messages that arrive
    /// before the pong are kept for [`recv`](Self::recv). The payload has at most 125 bytes and may be empty. An application
    /// need not send pings to keep a connection alive: the keepalive does that (`ping_interval`).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`send`](Self::send), and [`Error::Protocol`] with
    /// [`ControlTooLong`](sockeye_errors::ProtocolError::ControlTooLong) for a payload of more than 125 bytes.
    ///
    /// The returned future fails with [`Error::ConnectionClosed`] if the connection ends before the pong arrives, and with
    /// [`Error::Timeout`] if more than 1 MiB or 4096 messages arrive before it.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the connection stores all progress. Dropping the returned future does not withdraw the ping.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sockeye::Error> {
    /// # let (near, far) = tokio::io::duplex(1024);
    /// # let connect = async { sockeye::client("ws://localhost/", near).await };
    /// # let accept = async { sockeye::accept(far).await?.accept().await };
    /// # let (mut ws, mut server) = tokio::try_join!(connect, accept)?;
    /// # let server = tokio::spawn(async move { server.next().await });
    /// let pong = ws.ping("").await?;
    /// let latency = pong.await?;
    /// println!("{latency:?}");
    /// # assert_eq!(ws.latency(), Some(latency));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ping(
        &mut self,
        payload: impl Into<Bytes>,
    ) -> Result<PongFutureMut<'_, S, R>, Error> {
        let pong = self.inner_mut().io.ping(payload.into())?;
        self.flush().await?;
        Ok(PongFutureMut::new(self.inner_mut(), pong))
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
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// ws.pong("heartbeat").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn pong(&mut self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.inner_mut().io.sender.pong(payload)?;
        self.flush().await
    }
}
