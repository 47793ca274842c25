//! The runtime async-std.

#[cfg(unix)]
use std::os::unix::net as unix;
use std::{
    future::Future,
    io,
    net::{self, Shutdown, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use async_io::{Async, Timer};
#[cfg(not(unix))]
use async_std::net::{TcpListener as UnixListener, TcpStream as UnixStream};
#[cfg(unix)]
use async_std::os::unix::net::{UnixListener, UnixStream};
use async_std::{
    net::{TcpListener, TcpStream, ToSocketAddrs},
    task,
};
use sockeye_net::{Runtime, Sockets, Stream, TcpOptions};

/// The runtime async-std. This type has no values. It selects the runtime as a type parameter.
///
/// # Examples
///
/// ```
/// use sockeye::{Error, connection::{Io, WebSocket}, async_std::AsyncStd};
///
/// /// Closes a connection over any stream of async-std.
/// async fn close<S: Unpin>(mut ws: WebSocket<S, AsyncStd>) -> Result<(), Error>
/// where
///     AsyncStd: Io<S>,
/// {
///     ws.close().await
/// }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "there are no values")]
pub enum AsyncStd {}

impl Runtime for AsyncStd {
    type Sleep = Sleep;

    fn sleep_until(deadline: Instant) -> Sleep {
        Sleep { timer: Timer::at(deadline), deadline }
    }

    fn deadline(sleep: &Sleep) -> Instant {
        sleep.deadline
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        task::spawn(future);
    }
}

impl Sockets for AsyncStd {
    type Tcp = TcpStream;
    type TcpListener = TcpListener;
    type Unix = UnixStream;
    type UnixListener = UnixListener;
    type Stream = Stream<Self>;

    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok((host, port).to_socket_addrs().await?.collect())
    }

    async fn connect_tcp(address: SocketAddr, options: &TcpOptions) -> io::Result<TcpStream> {
        // A stream of async-std has no method that waits until it is writable. async-io is its reactor.
        let stream = Async::new_nonblocking(options.connect(address)?)?;
        stream.writable().await?;
        match stream.get_ref().take_error()? {
            None => Ok(stream.into_inner()?.into()),
            Some(error) => Err(error),
        }
    }

    fn listen_tcp(listener: net::TcpListener) -> io::Result<TcpListener> {
        Ok(listener.into())
    }

    async fn accept_tcp(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        listener.accept().await
    }

    fn configure_tcp(stream: &TcpStream, options: &TcpOptions) -> io::Result<()> {
        options.apply(stream)
    }

    // `poll_close` of async-std only flushes the stream, and does not tell the peer.
    fn shut_down_tcp(stream: &TcpStream) -> io::Result<()> {
        shut_down(stream.shutdown(Shutdown::Write))
    }

    fn tcp_addresses(stream: &TcpStream) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((stream.local_addr()?, stream.peer_addr()?))
    }

    #[cfg(unix)]
    fn unix_from_std(stream: unix::UnixStream) -> io::Result<UnixStream> {
        Ok(stream.into())
    }

    #[cfg(unix)]
    fn listen_unix(listener: unix::UnixListener) -> io::Result<UnixListener> {
        Ok(listener.into())
    }

    #[cfg(unix)]
    async fn accept_unix(listener: &UnixListener) -> io::Result<UnixStream> {
        Ok(listener.accept().await?.0)
    }

    fn shut_down_unix(stream: &UnixStream) -> io::Result<()> {
        shut_down(stream.shutdown(Shutdown::Write))
    }
}

/// A timer without an output. async-std uses the same timer for its own `sleep`.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
/// use sockeye::{connection::Runtime, async_std::AsyncStd};
///
/// # async fn example() {
/// AsyncStd::sleep_until(Instant::now() + Duration::from_secs(1)).await;
/// # }
/// ```
#[derive(Debug)]
pub struct Sleep {
    timer: Timer,
    deadline: Instant,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.timer).poll(cx).map(|_| ())
    }
}

/// Ignores the error for a peer that is gone.
fn shut_down(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotConnected => Err(error),
        _ => Ok(()),
    }
}
