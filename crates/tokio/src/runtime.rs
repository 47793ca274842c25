//! The runtime tokio.

#[cfg(unix)]
use std::os::unix::net as unix;
use std::{
    future::Future,
    io,
    net::{self, SocketAddr},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Instant,
};

use sockeye_net::{Runtime, Sockets, TcpOptions};
#[cfg(not(unix))]
use tokio::net::{TcpListener as UnixListener, TcpStream as UnixStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};
use tokio::{
    net::{TcpListener, TcpStream, lookup_host},
    task::unconstrained,
};

use crate::Stream;

/// The runtime tokio. This type has no values. It selects the runtime as a type parameter.
///
/// # Examples
///
/// ```
/// use sockeye::{Error, connection::WebSocket, tokio::Tokio};
///
/// /// A connection over any stream of tokio.
/// async fn close<S>(mut ws: WebSocket<S, Tokio>) -> Result<(), Error>
/// where
///     S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
/// {
///     ws.close().await
/// }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "there are no values")]
pub enum Tokio {}

impl Runtime for Tokio {
    type Sleep = tokio::time::Sleep;

    fn now() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(deadline: Instant) -> Self::Sleep {
        tokio::time::sleep_until(deadline.into())
    }

    fn deadline(sleep: &Self::Sleep) -> Instant {
        sleep.deadline().into_std()
    }

    /// Exempt from the cooperative budget of tokio: a timer that is polled after the budget is spent would not register its
    /// waker.
    fn poll_sleep(sleep: Pin<&mut Self::Sleep>, cx: &mut Context<'_>) -> Poll<()> {
        pin!(unconstrained(sleep)).poll(cx)
    }

    fn is_elapsed(sleep: &Self::Sleep) -> bool {
        sleep.is_elapsed()
    }

    fn yield_to_reactor(cx: &mut Context<'_>) {
        // A task that wakes itself is polled before the reactor. `yield_now` defers the wakeup until after it.
        let _ = pin!(tokio::task::yield_now()).poll(cx);
    }

    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(task);
    }
}

impl Sockets for Tokio {
    type Tcp = TcpStream;
    type TcpListener = TcpListener;
    type Unix = UnixStream;
    type UnixListener = UnixListener;
    type Stream = Stream;

    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host((host, port)).await?.collect())
    }

    async fn connect_tcp(address: SocketAddr, options: &TcpOptions) -> io::Result<TcpStream> {
        let stream = TcpStream::from_std(options.connect(address)?)?;
        stream.writable().await?;
        stream.take_error()?.map_or(Ok(stream), Err)
    }

    fn listen_tcp(listener: net::TcpListener) -> io::Result<TcpListener> {
        TcpListener::from_std(listener)
    }

    async fn accept_tcp(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        listener.accept().await
    }

    fn configure_tcp(stream: &TcpStream, options: &TcpOptions) -> io::Result<()> {
        options.apply(stream)
    }

    fn tcp_addresses(stream: &TcpStream) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((stream.local_addr()?, stream.peer_addr()?))
    }

    #[cfg(unix)]
    fn unix_from_std(stream: unix::UnixStream) -> io::Result<UnixStream> {
        UnixStream::from_std(stream)
    }

    #[cfg(unix)]
    fn listen_unix(listener: unix::UnixListener) -> io::Result<UnixListener> {
        UnixListener::from_std(listener)
    }

    #[cfg(unix)]
    async fn accept_unix(listener: &UnixListener) -> io::Result<UnixStream> {
        Ok(listener.accept().await?.0)
    }
}
