//! The runtime smol.

#[cfg(unix)]
use std::os::unix::net as unix;
use std::{
    future::Future,
    io,
    net::{self, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

#[cfg(unix)]
use smol::net::unix::{UnixListener, UnixStream};
#[cfg(not(unix))]
use smol::net::{TcpListener as UnixListener, TcpStream as UnixStream};
use smol::{
    Async, Timer,
    net::{TcpListener, TcpStream, resolve},
};
use sockeye_net::{Runtime, Sockets, Stream, TcpOptions};

/// The runtime smol. This type has no values. It selects the runtime as a type parameter.
///
/// # Examples
///
/// ```
/// use sockeye::{Error, connection::{Io, WebSocket}, smol::Smol};
///
/// /// Closes a connection over any stream of smol.
/// async fn close<S: Unpin>(mut ws: WebSocket<S, Smol>) -> Result<(), Error>
/// where
///     Smol: Io<S>,
/// {
///     ws.close().await
/// }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "there are no values")]
pub enum Smol {}

impl Runtime for Smol {
    type Sleep = Sleep;

    fn sleep_until(deadline: Instant) -> Sleep {
        Sleep { timer: Timer::at(deadline), deadline }
    }

    fn deadline(sleep: &Sleep) -> Instant {
        sleep.deadline
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        smol::spawn(future).detach();
    }
}

impl Sockets for Smol {
    type Tcp = TcpStream;
    type TcpListener = TcpListener;
    type Unix = UnixStream;
    type UnixListener = UnixListener;
    type Stream = Stream<Self>;

    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        resolve((host, port)).await
    }

    async fn connect_tcp(address: SocketAddr, options: &TcpOptions) -> io::Result<TcpStream> {
        let stream = Async::new_nonblocking(options.connect(address)?)?;
        stream.writable().await?;
        stream.get_ref().take_error()?.map_or(Ok(stream.into()), Err)
    }

    fn listen_tcp(listener: net::TcpListener) -> io::Result<TcpListener> {
        Ok(Async::try_from(listener)?.into())
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
        Ok(Async::new_nonblocking(stream)?.into())
    }

    #[cfg(unix)]
    fn listen_unix(listener: unix::UnixListener) -> io::Result<UnixListener> {
        Ok(Async::new_nonblocking(listener)?.into())
    }

    #[cfg(unix)]
    async fn accept_unix(listener: &UnixListener) -> io::Result<UnixStream> {
        Ok(listener.accept().await?.0)
    }
}

/// A timer without an output.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
/// use sockeye::{connection::Runtime, smol::Smol};
///
/// # async fn example() {
/// Smol::sleep_until(Instant::now() + Duration::from_secs(1)).await;
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
