//! Receiving messages.

use std::{
    future::{Future, poll_fn},
    task::{Context, Poll},
};

use sockeye_errors::Error;
use sockeye_net::{Io, Runtime};
use sockeye_protocol::Message;

use crate::{MessageReader, WebSocket, message_reader::ReceiverRef};

impl<S: Unpin, R: Runtime + Io<S>> WebSocket<S, R> {
    /// Receives the next message.
    ///
    /// Every end of the connection is an error, including a normal closure. [`next`](Self::next) returns `None` after a
    /// normal closure.
    ///
    /// Returns as soon as the peer has closed and the reply is written. [`close`](Self::close) waits for the end of the transport
    /// as well, which matters for a peer that has not read all messages yet, in particular with TLS: a socket that is dropped
    /// before the last bytes of the peer arrive is reset. A server does so by itself when its handler returns.
    ///
    /// # Errors
    ///
    /// Returns [`Error::ConnectionClosed`] after the connection has ended and all messages that arrived before have been
    /// received.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the connection stores all progress, so that no message and no part of one is lost.
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
    /// use sockeye::Message;
    ///
    /// # server.send("42").await?;
    /// match ws.recv().await? {
    ///     Message::Text(text) => assert_eq!(text, "42"),
    ///     Message::Binary(bytes) => println!("{} bytes", bytes.len()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn recv(&mut self) -> impl Future<Output = Result<Message, Error>> {
        let inner = self.inner_mut();
        poll_fn(move |cx| inner.poll_recv(cx))
    }

    /// Receives the next message. Returns `None` after the connection was closed normally.
    ///
    /// A closure is normal if both peers sent a close frame, each with 1000, 1001 or no code.
    ///
    /// Like [`recv`](Self::recv), it does not wait for the end of the transport.
    ///
    /// # Errors
    ///
    /// Returns [`Error::ConnectionClosed`] after the connection has ended in another way and all messages that arrived
    /// before have been received. The error is returned once. Further calls return `None`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the connection stores all progress, so that no message and no part of one is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::{Error, WebSocket};
    ///
    /// async fn print_all(mut ws: WebSocket) -> Result<(), Error> {
    ///     while let Some(message) = ws.next().await? {
    ///         println!("{message:?}");
    ///     }
    ///     println!("closed normally");
    ///     Ok(())
    /// }
    /// ```
    ///
    /// A task that also sends can wait for both. Dropping `next` loses nothing:
    ///
    /// ```
    /// # use std::time::Duration;
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// let mut interval = tokio::time::interval(Duration::from_secs(1));
    /// loop {
    ///     tokio::select! {
    ///         message = ws.next() => match message? {
    ///             Some(message) => println!("{message:?}"),
    ///             None => return Ok(()),
    ///         },
    ///         _ = interval.tick() => ws.send("tick").await?,
    ///     }
    /// }
    /// # }
    /// ```
    #[expect(
        clippy::should_implement_trait,
        reason = "it is asynchronous, as is the `next` of streams"
    )]
    #[inline]
    pub fn next(&mut self) -> impl Future<Output = Result<Option<Message>, Error>> {
        poll_fn(|cx| self.poll_next_message(cx))
    }

    /// Polls for the next message. The poll form of [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`next`](Self::next).
    #[inline]
    pub fn poll_next_message(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message>, Error>> {
        self.inner_mut().poll_next(cx)
    }

    /// Receives the next message in parts, as its bytes arrive.
    ///
    /// The limit `max_incoming_size` does not apply, so that a message can be larger than memory. Completes when the first
    /// part of the message has arrived.
    ///
    /// # Errors
    ///
    /// Returns [`Error::ConnectionClosed`] after the connection has ended, in any way.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. If the reader is dropped before the end of the message, the connection skips the rest.
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
    /// # let sending = tokio::spawn(async move { server.send(vec![0; 10_000]).await });
    /// let mut reader = ws.recv_stream().await?;
    /// let mut size = 0;
    /// while let Some(chunk) = reader.chunk().await? {
    ///     size += chunk.len(); // for example: write the chunk to a file
    /// }
    /// assert_eq!(size, 10_000);
    /// # sending.await.expect("the task does not panic")?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_stream(&mut self) -> Result<MessageReader<'_, S, R>, Error> {
        MessageReader::open(ReceiverRef::Whole(self.inner_mut())).await
    }
}
