//! The receiving half of a connection.

use std::{
    fmt,
    future::poll_fn,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use sockeye_errors::{ConnectionClosed, Error, State};
use sockeye_handshake::{Request, Response};
use sockeye_net::{Io, Runtime, Sockets, Stream};
use sockeye_protocol::Message;

use crate::{MessageReader, inbound::Inbound, message_reader::ReceiverRef, shared::Shared};

/// The receiving half of a connection.
///
/// Created by [`WebSocket::split`](crate::WebSocket::split). Exactly one receiver exists for a connection. A task must await one of its methods as
/// long as the connection is in use, because only the receiver answers pings, resolves pongs, enforces the keepalive
/// timeout and completes the closing handshake.
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
/// # let server = tokio::spawn(async move { server.send("Hello").await?; server.close().await });
/// let (sender, mut receiver) = ws.split();
/// while let Some(message) = receiver.next().await? {
///     assert_eq!(message.as_text(), Some("Hello"));
/// }
/// assert!(sender.outcome().is_ok());
/// # server.await.expect("the task does not panic")
/// # }
/// ```
pub struct Receiver<S, R: Runtime> {
    pub(crate) inbound: Option<Box<Inbound>>,
    pub(crate) shared: Arc<Shared<S, R>>,
}

impl<S, R: Runtime> Receiver<S, R> {
    pub(crate) fn new(inbound: Box<Inbound>, shared: Arc<Shared<S, R>>) -> Self {
        Self { inbound: Some(inbound), shared }
    }

    /// Returns the state of the connection ([RFC 6455 §7.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.1)).
    pub fn state(&self) -> State {
        self.shared.state()
    }

    /// Returns the close frames that have been exchanged so far, and the failure if there was one.
    ///
    /// The value is complete once [`state`](Self::state) is [`State::Closed`].
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(mut receiver: sockeye::Receiver) {
    /// while let Ok(message) = receiver.recv().await {
    ///     println!("{message:?}");
    /// }
    /// println!("{:#}", receiver.outcome());
    /// # }
    /// ```
    pub fn outcome(&self) -> ConnectionClosed {
        self.shared.outcome()
    }

    /// Returns the round-trip time of the last answered ping, including keepalive pings. `None` before the first pong.
    pub fn latency(&self) -> Option<Duration> {
        self.shared.latency()
    }

    /// Returns the negotiated subprotocol ([RFC 6455 §1.9](https://www.rfc-editor.org/rfc/rfc6455#section-1.9)), or
    /// `None` if the peers agreed on none.
    pub fn subprotocol(&self) -> Option<String> {
        self.shared.subprotocol()
    }

    /// Returns a copy of the request of the opening handshake.
    pub fn request(&self) -> Request {
        self.shared.request()
    }

    /// Returns a copy of the response of the opening handshake.
    pub fn response(&self) -> Response {
        self.shared.response()
    }

    /// Returns whether permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)) was negotiated, so that
    /// messages may be compressed.
    pub fn is_compressed(&self) -> bool {
        self.shared.is_compressed()
    }

    /// Returns the receiving direction and the transport.
    pub(crate) fn parts(&mut self) -> (&mut Inbound, &Shared<S, R>) {
        (self.inbound.as_mut().expect("it is present until the receiver is dropped"), &self.shared)
    }
}

impl<S: AsRef<Stream<R>>, R: Sockets> Receiver<S, R> {
    /// Returns the local address of the TCP connection; `None` if there is none, for example over a Unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.shared.local_addr()
    }

    /// Returns the address of the TCP peer; `None` if there is none, for example over a Unix socket.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.shared.peer_addr()
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Receiver<S, R> {
    /// Receives the next message.
    ///
    /// Every end of the connection is an error, including a normal closure. [`next`](Self::next) returns `None` after a
    /// normal closure.
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
    /// # async fn example(mut receiver: sockeye::Receiver) -> Result<(), sockeye::Error> {
    /// let greeting = receiver.recv().await?;
    /// println!("{greeting:?}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv(&mut self) -> Result<Message, Error> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Receives the next message. Returns `None` after the connection was closed normally.
    ///
    /// A closure is normal if both peers sent a close frame, each with 1000, 1001 or no code.
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
    /// # async fn example(mut receiver: sockeye::Receiver) -> Result<(), sockeye::Error> {
    /// while let Some(message) = receiver.next().await? {
    ///     println!("{message:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Result<Option<Message>, Error> {
        poll_fn(|cx| self.poll_next_message(cx)).await
    }

    /// Polls for the next message. The poll form of [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`next`](Self::next).
    pub fn poll_next_message(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message>, Error>> {
        let (inbound, mut io) = self.parts();
        inbound.poll_next(&mut io, cx)
    }

    /// Receives the next message in parts, as its bytes arrive.
    ///
    /// The limit `max_incoming_size` does not apply, so that a message can be larger than memory.
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
    /// # async fn example(mut receiver: sockeye::Receiver) -> Result<(), sockeye::Error> {
    /// let mut reader = receiver.recv_stream().await?;
    /// while let Some(chunk) = reader.chunk().await? {
    ///     println!("{} bytes", chunk.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_stream(&mut self) -> Result<MessageReader<'_, S, R>, Error> {
        let (inbound, shared) = self.parts();
        MessageReader::open(ReceiverRef::Half { inbound, shared }).await
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        let (inbound, mut io) = self.parts();
        inbound.poll_recv(&mut io, cx)
    }
}

impl<S, R: Runtime> Drop for Receiver<S, R> {
    fn drop(&mut self) {
        self.shared.give_back(self.inbound.take());
    }
}

impl<S, R: Runtime> fmt::Debug for Receiver<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("state", &self.state()).finish_non_exhaustive()
    }
}
