//! What a runtime has to offer.

use std::{
    fmt::Debug,
    future::Future,
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};

use crate::{Stream, TcpOptions};

/// How to read and write a stream `S`: one implementation per family of I/O traits.
///
/// Implemented by a marker type, not by the stream, so that users keep their own stream types.
pub trait Io<S> {
    /// Reads some bytes; 0 means the end of the stream. What is in `buf` is of no use: it may be left of another connection.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    fn poll_read(io: Pin<&mut S>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Writes some bytes.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    fn poll_write(io: Pin<&mut S>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;

    /// Writes some bytes of several pieces.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    fn poll_write_vectored(
        io: Pin<&mut S>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>;

    /// Hands what the stream has buffered to the operating system.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    fn poll_flush(io: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Shuts the writing direction down; the other can still be read.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    fn poll_close(io: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// A runtime: its timer, its tasks, its sockets.
///
/// An implementation holds nothing that could be wrong about WebSocket.
pub trait Runtime:
    Io<Self::Tcp> + Io<Self::Unix> + Io<Self::Stream> + Debug + Sized + Send + Sync + 'static
{
    /// A TCP connection.
    type Tcp: Debug + Send + Sync + Unpin + 'static;

    /// A socket that waits for TCP connections.
    type TcpListener: Debug + Send + Sync + 'static;

    /// A connection by a Unix socket; where there are none, it may be any stream.
    type Unix: Debug + Send + Sync + Unpin + 'static;

    /// A Unix socket that waits for connections; where there are none, it may be anything.
    type UnixListener: Debug + Send + Sync + 'static;

    /// The stream beneath connections that the library makes: [`Stream`] in the clothes of the runtime.
    type Stream: AsMut<Stream<Self>>
        + AsRef<Stream<Self>>
        + From<Stream<Self>>
        + Debug
        + Send
        + Unpin
        + 'static;

    /// A timer.
    type Sleep: Future<Output = ()> + Send + 'static;

    /// The time, on the clock of [`sleep_until`](Self::sleep_until).
    fn now() -> Instant {
        Instant::now()
    }

    /// Is ready when the time has come.
    fn sleep_until(deadline: Instant) -> Self::Sleep;

    /// When a timer is ready: what [`sleep_until`](Self::sleep_until) was told.
    fn deadline(sleep: &Self::Sleep) -> Instant;

    /// Polls a timer. Where it is not ready, it wakes this task when the time has come, whatever else the task was up to: a
    /// runtime that bounds the turns of its tasks makes an exception here.
    fn poll_sleep(sleep: Pin<&mut Self::Sleep>, cx: &mut Context<'_>) -> Poll<()> {
        sleep.poll(cx)
    }

    /// Whether a timer that was [polled](Self::poll_sleep) may be ready: `false` means for certain that it will still wake
    /// who polled it last. A timer that cannot tell without being polled may always be.
    fn is_elapsed(_: &Self::Sleep) -> bool {
        true
    }

    /// Wakes the task when the runtime has looked at its streams once more.
    fn wake_later(cx: &mut Context<'_>) {
        cx.waker().wake_by_ref();
    }

    /// Runs a task by itself.
    fn spawn(task: impl Future<Output = ()> + Send + 'static);

    /// Looks up the addresses of a host.
    fn resolve(host: &str, port: u16) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;

    /// Opens a TCP connection, as [`TcpOptions::connect`] begins to.
    fn connect_tcp(
        address: SocketAddr,
        options: &TcpOptions,
    ) -> impl Future<Output = io::Result<Self::Tcp>> + Send;

    /// Listens for TCP connections.
    ///
    /// # Errors
    ///
    /// Those of the operating system; an invalid listener.
    fn listen_tcp(listener: std::net::TcpListener) -> io::Result<Self::TcpListener>;

    /// Waits for the next TCP connection.
    fn accept_tcp(
        listener: &Self::TcpListener,
    ) -> impl Future<Output = io::Result<(Self::Tcp, SocketAddr)>> + Send;

    /// Applies options to a TCP connection.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn configure_tcp(stream: &Self::Tcp, options: &TcpOptions) -> io::Result<()>;

    /// Tells the peer of a TCP connection that nothing more will be written, where [`Io::poll_close`] of the stream does
    /// not.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn shut_down_tcp(_: &Self::Tcp) -> io::Result<()> {
        Ok(())
    }

    /// The addresses of both ends of a TCP connection: local, then peer.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn tcp_addresses(stream: &Self::Tcp) -> io::Result<(SocketAddr, SocketAddr)>;

    /// Takes a connection by a Unix socket, which does not block.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    #[cfg(unix)]
    fn adopt_unix(stream: UnixStream) -> io::Result<Self::Unix>;

    /// Listens for connections by a Unix socket, which does not block.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    #[cfg(unix)]
    fn listen_unix(listener: UnixListener) -> io::Result<Self::UnixListener>;

    /// Waits for the next connection by a Unix socket.
    #[cfg(unix)]
    fn accept_unix(
        listener: &Self::UnixListener,
    ) -> impl Future<Output = io::Result<Self::Unix>> + Send;

    /// What [`shut_down_tcp`](Self::shut_down_tcp) is for TCP.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn shut_down_unix(_: &Self::Unix) -> io::Result<()> {
        Ok(())
    }
}
