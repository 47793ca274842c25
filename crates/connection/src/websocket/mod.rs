//! The connection as a whole, in both directions.

mod closing;
mod receiving;
mod sending;

use std::{fmt, mem, net::SocketAddr, sync::Arc, time::Duration};

use sockeye_errors::{ConnectionClosed, State};
use sockeye_handshake::{Request, Response};
use sockeye_net::{Io, Runtime, Sockets, Stream};

use crate::{
    Receiver, Sender, commands::CommandQueue, established::Established, inner::Inner,
    outlined_box::OutlinedBox, shared::Shared,
};

/// A WebSocket connection over the stream `S`, on the runtime `R`.
///
/// A client obtains a connection by awaiting `connect` or `client`. A server obtains one in the handler of `serve`, or
/// from `accept`. For a stream that another HTTP server has upgraded, use [`Upgrade`](crate::Upgrade) or
/// [`from_upgraded`](Self::from_upgraded).
///
/// # Receiving
///
/// [`next`](Self::next) returns `None` after a normal closure and suits a loop. [`recv`](Self::recv) returns an error
/// at every end of the connection and suits a single reply. Both return whole messages. [`recv_stream`](Self::recv_stream)
/// receives a message in parts.
///
/// # Sending
///
/// [`send`](Self::send) queues a message and writes all queued bytes. [`feed`](Self::feed) only queues the message, so
/// that several messages are written together. Both apply backpressure: they wait while 64 KiB
/// ([`Config::write_high_water`](sockeye_protocol::Config::write_high_water)) or more are queued.
/// [`send_stream`](Self::send_stream) sends a message in parts.
///
/// # Control frames and deadlines
///
/// Sockeye spawns no task per connection. Pings are answered and deadlines are enforced only while a task awaits a method
/// of the connection, so keep a `recv` or `next` pending. A task that mostly sends should [`split`](Self::split) the
/// connection, or wait for its source and for `next` at the same time.
///
/// # Cancel safety
///
/// The connection stores all progress, and futures store none. Dropping the future of [`recv`](Self::recv),
/// [`next`](Self::next), [`flush`](Self::flush) or [`close`](Self::close) loses nothing. If the future of
/// [`send`](Self::send) is dropped, the message was either not accepted or will be sent completely. No method leaves an
/// incomplete frame on the wire, except that an unfinished [`MessageWriter`](crate::MessageWriter) fails the connection.
///
/// # Dropping
///
/// Dropping a connection ends the transport without a close frame. The peer reports an abnormal closure (1006,
/// [RFC 6455 §7.1.5](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.5)). A connection of a server started with
/// `serve` is different: when its handler drops it, the server closes it with 1000, or with 1011 after an error.
///
/// # Examples
///
/// A client and a server in one program, over a stream in memory:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sockeye::Error> {
/// let (near, far) = tokio::io::duplex(1024);
///
/// let server = tokio::spawn(async move {
///     let mut ws = sockeye::accept(far).await?.accept().await?;
///     while let Some(message) = ws.next().await? {
///         ws.feed(message).await?; // queued; written before `next` waits
///     }
///     Ok::<_, sockeye::Error>(())
/// });
///
/// let mut ws = sockeye::client("ws://localhost/", near).await?;
/// ws.send("Hello").await?;
/// assert_eq!(ws.recv().await?.as_text(), Some("Hello"));
/// ws.close().await?;
/// server.await.expect("the server does not panic")
/// # }
/// ```
///
/// # With the futures crates
///
/// With the feature `futures`, a connection implements `Stream` and `Sink`. The methods of this type have priority over
/// those of `StreamExt` and `SinkExt` with the same name, even if the traits are imported:
///
/// | call | result |
/// | --- | --- |
/// | `ws.next().await` | `Result<Option<Message>, Error>` |
/// | `StreamExt::next(&mut ws).await` | `Option<Result<Message, Error>>` |
/// | `ws.send(message).await`, `SinkExt::send(&mut ws, message).await` | `Result<(), Error>` |
/// | `ws.split()` | [`Sender`] and [`Receiver`], which share no lock while they wait |
/// | `StreamExt::split(ws)` | `SplitSink` and `SplitStream` of the crate futures-util |
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

    /// Attaches a command queue, through which other tasks send messages and close the connection.
    ///
    /// It replaces the queue that is attached, which accepts no commands from then on: `close` and `broadcast` of a
    /// `Server` no longer reach one of its connections after this call. The queue accepts commands until the connection
    /// is dropped.
    pub fn set_commands(&mut self, commands: Arc<CommandQueue>) {
        self.inner_mut().io.commands.replace(commands);
    }

    /// Returns the state of the connection ([RFC 6455 §4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1),
    /// [§7.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.1)).
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// use sockeye::connection::State;
    ///
    /// assert_eq!(ws.state(), State::Open);
    /// ws.close().await?;
    /// assert_eq!(ws.state(), State::Closed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn state(&self) -> State {
        self.inner().io.sender.state()
    }

    /// Returns the close frames that have been exchanged so far, and the failure if there was one.
    ///
    /// The value is complete once [`state`](Self::state) is [`State::Closed`]. [`recv`](Self::recv) and
    /// [`next`](Self::next) return the same value as an error.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// ws.close_with(1001, "maintenance").await?;
    /// let outcome = ws.outcome();
    /// println!("the peer sent {:?}", outcome.code());
    /// println!("{outcome:#}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn outcome(&self) -> &ConnectionClosed {
        self.inner().io.sender.outcome()
    }

    /// Returns the round-trip time of the last answered ping, including keepalive pings. `None` before the first pong.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(ws: &sockeye::WebSocket) {
    /// if let Some(latency) = ws.latency() {
    ///     println!("{} ms", latency.as_millis());
    /// }
    /// # }
    /// ```
    pub fn latency(&self) -> Option<Duration> {
        self.inner().io.sender.latency()
    }

    /// Returns the number of queued bytes that have not been written to the stream yet, including frame headers.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// ws.feed("Hello").await?;
    /// assert!(ws.buffered() > 0);
    /// ws.flush().await?;
    /// assert_eq!(ws.buffered(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn buffered(&self) -> usize {
        self.inner().io.sender.buffered()
    }

    /// Returns the negotiated subprotocol ([RFC 6455 §1.9](https://www.rfc-editor.org/rfc/rfc6455#section-1.9)), or
    /// `None` if the peers agreed on none.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let ws = sockeye::connect("ws://localhost:8765").subprotocols(["chat.v2", "chat.v1"]).await?;
    /// match ws.subprotocol() {
    ///     Some("chat.v2") => println!("binary messages"),
    ///     _ => println!("text messages"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn subprotocol(&self) -> Option<&str> {
        self.inner().io.handshake.subprotocol()
    }

    /// Returns the request of the opening handshake.
    ///
    /// # Examples
    ///
    /// A handler that selects its action by the path:
    ///
    /// ```
    /// use sockeye::{HandlerError, WebSocket};
    ///
    /// async fn handle(mut ws: WebSocket) -> Result<(), HandlerError> {
    ///     if ws.request().path() == "/time" {
    ///         ws.send(format!("{:?}", std::time::SystemTime::now())).await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn request(&self) -> &Request {
        self.inner().io.handshake.request()
    }

    /// Returns the response of the opening handshake.
    ///
    /// A server rebuilds the response on demand, because it follows from the request and the options.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), sockeye::Error> {
    /// let ws = sockeye::connect("ws://localhost:8765").await?;
    /// assert_eq!(ws.response().status(), 101);
    /// println!("{:?}", ws.response().header("Server"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn response(&self) -> &Response {
        self.inner().io.handshake.response()
    }

    /// Returns whether permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)) was negotiated, so that
    /// messages may be compressed.
    pub fn is_compressed(&self) -> bool {
        self.inner().io.is_compressed
    }

    /// Returns the stream that carries the connection.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(ws: &sockeye::WebSocket<tokio::net::TcpStream>) -> std::io::Result<()> {
    /// println!("{}", ws.get_ref().ttl()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_ref(&self) -> &S {
        &self.inner().io.stream
    }

    /// Returns the stream that carries the connection, for changing its options.
    ///
    /// Reading from the stream or writing to it breaks the connection.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner_mut().io.stream
    }

    /// Ends the connection and returns its stream.
    ///
    /// The method sends nothing. Call [`close`](Self::close) first to perform the closing handshake. Received and queued
    /// bytes that are still in the connection are lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(mut ws: sockeye::WebSocket<tokio::net::TcpStream>) -> Result<(), sockeye::Error> {
    /// ws.close().await?;
    /// let stream: tokio::net::TcpStream = ws.into_inner();
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_inner(self) -> S {
        self.into_inner_box().io.stream
    }

    /// Splits the connection into its two directions, for use in two tasks.
    ///
    /// The [`Sender`] can be cloned. Dropping one half closes nothing: the connection ends when the receiver and all
    /// senders have been dropped. [`Receiver::reunite`] restores the connection.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sockeye::Error> {
    /// # let (near, far) = tokio::io::duplex(1024);
    /// # let connect = async { sockeye::client("ws://localhost/", near).await };
    /// # let accept = async { sockeye::accept(far).await?.accept().await };
    /// # let (client, mut server) = tokio::try_join!(connect, accept)?;
    /// let (sender, mut receiver) = client.split();
    ///
    /// // The receiver answers pings and reports the end of the connection, so one task must receive.
    /// let receiving = tokio::spawn(async move {
    ///     while let Some(message) = receiver.next().await? {
    ///         println!("{message:?}");
    ///     }
    ///     Ok::<_, sockeye::Error>(())
    /// });
    ///
    /// sender.send("from one task").await?;
    /// sender.clone().send("from another task").await?;
    /// # assert_eq!(server.recv().await?.as_text(), Some("from one task"));
    /// # assert_eq!(server.recv().await?.as_text(), Some("from another task"));
    /// sender.close().await?;
    /// # assert_eq!(server.next().await?, None);
    /// receiving.await.expect("the task does not panic")
    /// # }
    /// ```
    pub fn split(self) -> (Sender<S, R>, Receiver<S, R>) {
        let Inner { inbound, io, return_to } = *self.into_inner_box();
        let shared = Arc::new(Shared::new(io, return_to));
        let receiver = Receiver::new(Box::new(inbound), Arc::clone(&shared));
        (Sender { shared }, receiver)
    }
}

impl<S: AsRef<Stream<R>>, R: Sockets> WebSocket<S, R> {
    /// Returns the local address of the TCP connection; `None` if there is none, for example over a Unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.get_ref().as_ref().local_addr()
    }

    /// Returns the address of the TCP peer; `None` if there is none, for example over a Unix socket.
    ///
    /// Behind a reverse proxy, this is the address of the proxy.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(ws: &sockeye::WebSocket) {
    /// if let Some(address) = ws.peer_addr() {
    ///     println!("connected with {address}");
    /// }
    /// # }
    /// ```
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.get_ref().as_ref().peer_addr()
    }
}

impl<S: Unpin, R: Runtime + Io<S>> WebSocket<S, R> {
    /// Opens a connection, in either role, over a stream on which the opening handshake has been completed.
    ///
    /// `leftover` contains the bytes that were read after the end of the request or response head. They are the first
    /// bytes of the WebSocket protocol. A server can use [`Upgrade`](crate::Upgrade), which also validates the request
    /// and builds the response.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::{Request, Response, WebSocket, connection::Established, http, protocol::Role};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // The request and the response that another HTTP implementation has exchanged.
    /// let (request, ()) = http::Request::get("/chat").body(())?.into_parts();
    /// let (response, ()) = http::Response::builder().status(101).body(())?.into_parts();
    /// let (request, response) = (Request::from_parts(&request), Response::from_parts(&response));
    ///
    /// let (near, far) = tokio::io::duplex(1024);
    /// let client = Established::new(Role::Client, request.clone(), response.clone());
    /// let mut client: WebSocket<_> = WebSocket::from_upgraded(near, client, Vec::new());
    /// let server = Established::new(Role::Server, request, response);
    /// let mut server: WebSocket<_> = WebSocket::from_upgraded(far, server, Vec::new());
    ///
    /// client.send("Hello").await?;
    /// assert_eq!(server.recv().await?.as_text(), Some("Hello"));
    /// assert_eq!(server.request().path(), "/chat");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_upgraded(
        stream: S,
        established: Established,
        leftover: impl Into<Vec<u8>>,
    ) -> Self {
        established.open(stream, leftover.into()).into()
    }
}

impl<S, R: Runtime> Drop for WebSocket<S, R> {
    fn drop(&mut self) {
        if let Some(slot) = self.inner.as_mut().and_then(|inner| inner.return_to.take()) {
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

const PRESENT: &str = "the connection is present until it is dropped or taken apart";
