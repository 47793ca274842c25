//! The sockets of a runtime.

use std::{fmt::Debug, future::Future, io, net::SocketAddr};

#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};

use crate::{Io, Runtime, Stream, TcpOptions};

/// The TCP and Unix sockets and the name resolution of an asynchronous runtime.
///
/// Sockeye creates and configures sockets itself, so that options apply before the first packet leaves. An
/// implementation registers them with its reactor. The crate `sockeye-tokio` is an implementation of about 150 lines.
///
/// # Examples
///
/// A function that works on every runtime:
///
/// ```
/// use sockeye::{
///     Error,
///     client::connect,
///     connection::{Sockets, WebSocket},
/// };
///
/// async fn greet<R: Sockets>(uri: &str) -> Result<WebSocket<R::Stream, R>, Error> {
///     let mut ws = connect::<R, _>(uri).await?;
///     ws.send("Hello").await?;
///     Ok(ws)
/// }
/// ```
pub trait Sockets: Runtime + Io<Self::Tcp> + Io<Self::Unix> + Io<Self::Stream> {
    /// A TCP connection.
    type Tcp: Debug + Send + Sync + Unpin + 'static;

    /// A socket that listens for TCP connections.
    type TcpListener: Debug + Send + Sync + 'static;

    /// A connection over a Unix socket. Any stream type where the platform has none.
    type Unix: Debug + Send + Sync + Unpin + 'static;

    /// A Unix socket that listens for connections. Any type where the platform has none.
    type UnixListener: Debug + Send + Sync + 'static;

    /// [`Stream`], wrapped so that it implements the runtime's own I/O traits.
    type Stream: AsMut<Stream<Self>>
        + AsRef<Stream<Self>>
        + From<Stream<Self>>
        + Debug
        + Send
        + Unpin
        + 'static;

    /// Resolves a host name, or an IP address in text form, to addresses.
    fn resolve(host: &str, port: u16) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;

    /// Opens a TCP connection that [`TcpOptions::connect`] starts.
    fn connect_tcp(
        address: SocketAddr,
        options: &TcpOptions,
    ) -> impl Future<Output = io::Result<Self::Tcp>> + Send;

    /// Registers a TCP listener, which is in non-blocking mode.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    fn listen_tcp(listener: std::net::TcpListener) -> io::Result<Self::TcpListener>;

    /// Accepts the next TCP connection.
    fn accept_tcp(
        listener: &Self::TcpListener,
    ) -> impl Future<Output = io::Result<(Self::Tcp, SocketAddr)>> + Send;

    /// Applies options to a TCP connection.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    fn configure_tcp(stream: &Self::Tcp, options: &TcpOptions) -> io::Result<()>;

    /// Shuts down the writing direction of a TCP connection where [`Io::poll_close`] does not do so.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    fn shut_down_tcp(_: &Self::Tcp) -> io::Result<()> {
        Ok(())
    }

    /// Returns the local and the peer address of a TCP connection, in this order.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    fn tcp_addresses(stream: &Self::Tcp) -> io::Result<(SocketAddr, SocketAddr)>;

    /// Registers a connection over a Unix socket, which is in non-blocking mode.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    #[cfg(unix)]
    fn unix_from_std(stream: UnixStream) -> io::Result<Self::Unix>;

    /// Registers a Unix listener, which is in non-blocking mode.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    #[cfg(unix)]
    fn listen_unix(listener: UnixListener) -> io::Result<Self::UnixListener>;

    /// Accepts the next connection over a Unix socket.
    #[cfg(unix)]
    fn accept_unix(
        listener: &Self::UnixListener,
    ) -> impl Future<Output = io::Result<Self::Unix>> + Send;

    /// Shuts down the writing direction of a Unix connection where [`Io::poll_close`] does not do so.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    fn shut_down_unix(_: &Self::Unix) -> io::Result<()> {
        Ok(())
    }
}
