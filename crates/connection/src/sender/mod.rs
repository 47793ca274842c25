//! The sending half of a connection.

mod closing;
mod sending;

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use sockeye_errors::{ConnectionClosed, State};
use sockeye_handshake::{Request, Response};
use sockeye_net::{Runtime, Sockets, Stream};

use crate::shared::Shared;

/// The sending half of a connection. It can be cloned and used in any number of tasks.
///
/// Created by [`WebSocket::split`](crate::WebSocket::split). Messages of several senders never interleave: each is sent
/// whole, in the order in which the connection accepted them. All methods take `&self`.
///
/// A task must await a method of the [`Receiver`](crate::Receiver) meanwhile, because only the receiver answers pings,
/// resolves pongs and completes the closing handshake.
///
/// The connection drops a payload, after writing it, while it holds its lock. If a payload has an owner
/// ([`Bytes::from_owner`](bytes::Bytes::from_owner)), the `drop` of that owner must not use the same connection.
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
/// let (sender, mut receiver) = ws.split();
/// let receiving = tokio::spawn(async move { receiver.next().await });
///
/// let tasks: Vec<_> = (0..3)
///     .map(|number| {
///         let sender = sender.clone();
///         tokio::spawn(async move { sender.send(format!("task {number}")).await })
///     })
///     .collect();
/// for task in tasks {
///     task.await.expect("the task does not panic")?;
/// }
/// # for _ in 0..3 { assert!(server.recv().await?.as_text().is_some_and(|text| text.starts_with("task"))); }
/// sender.close().await?;
/// # server.next().await?;
/// # receiving.await.expect("the task does not panic")?;
/// # Ok(())
/// # }
/// ```
pub struct Sender<S, R: Runtime> {
    pub(crate) shared: Arc<Shared<S, R>>,
}

impl<S, R: Runtime> Sender<S, R> {
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
    /// # fn example(sender: &sockeye::Sender) {
    /// let outcome = sender.outcome();
    /// if outcome.rcvd.is_some() {
    ///     println!("the peer has closed the connection: {outcome:#}");
    /// }
    /// # }
    /// ```
    pub fn outcome(&self) -> ConnectionClosed {
        self.shared.outcome()
    }

    /// Returns the round-trip time of the last answered ping, including keepalive pings. `None` before the first pong.
    pub fn latency(&self) -> Option<Duration> {
        self.shared.latency()
    }

    /// Returns the number of queued bytes that have not been written to the stream yet, including frame headers.
    ///
    /// # Examples
    ///
    /// A task that skips updates for a slow consumer:
    ///
    /// ```
    /// # fn example(sender: &sockeye::Sender) -> Result<(), sockeye::Error> {
    /// if sender.buffered() < 16 << 10 {
    ///     sender.try_send("update")?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn buffered(&self) -> usize {
        self.shared.with_io(|io| io.sender.buffered())
    }

    /// Returns the negotiated subprotocol ([RFC 6455 §1.9](https://www.rfc-editor.org/rfc/rfc6455#section-1.9)), or
    /// `None` if the peers agreed on none.
    pub fn subprotocol(&self) -> Option<String> {
        self.shared.subprotocol()
    }

    /// Returns a copy of the request of the opening handshake.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(sender: &sockeye::Sender) {
    /// println!("client of {}", sender.request().path());
    /// # }
    /// ```
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
}

impl<S: AsRef<Stream<R>>, R: Sockets> Sender<S, R> {
    /// Returns the local address of the TCP connection; `None` if there is none, for example over a Unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.shared.local_addr()
    }

    /// Returns the address of the TCP peer; `None` if there is none, for example over a Unix socket.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(sender: &sockeye::Sender) {
    /// println!("connected with {:?}", sender.peer_addr());
    /// # }
    /// ```
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.shared.peer_addr()
    }
}

impl<S, R: Runtime> Clone for Sender<S, R> {
    /// Returns another sender for the same connection.
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S, R: Runtime> fmt::Debug for Sender<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("state", &self.state()).finish_non_exhaustive()
    }
}
