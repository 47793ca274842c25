//! The runtime async-std.

use std::{
    future::Future,
    io,
    net::{self, Shutdown, SocketAddr},
    pin::Pin,
    time::Instant,
};

use async_std::{
    net::{TcpListener, TcpStream, ToSocketAddrs},
    task,
};
use sockeye_driver::{Runtime, Stream, TcpOptions};

/// The runtime async-std. A name, not a value.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "there are no values, and never will be")]
pub enum AsyncStd {}

impl Runtime for AsyncStd {
    type Tcp = TcpStream;
    type TcpListener = TcpListener;
    type Stream = Stream<Self>;
    type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn sleep_until(deadline: Instant) -> Self::Sleep {
        Box::pin(task::sleep(deadline.saturating_duration_since(Instant::now())))
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        task::spawn(future);
    }

    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok((host, port).to_socket_addrs().await?.collect())
    }

    async fn connect_tcp(address: SocketAddr, options: &TcpOptions) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        Self::configure_tcp(&stream, options)?;
        Ok(stream)
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

    // Closing a stream of async-std flushes it, and leaves the peer to wait.
    fn shut_down_tcp(stream: &TcpStream) -> io::Result<()> {
        match stream.shutdown(Shutdown::Write) {
            Err(error) if error.kind() != io::ErrorKind::NotConnected => Err(error),
            _ => Ok(()),
        }
    }

    fn tcp_addresses(stream: &TcpStream) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((stream.local_addr()?, stream.peer_addr()?))
    }
}
