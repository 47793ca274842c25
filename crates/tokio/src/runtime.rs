//! The runtime tokio.

use std::{
    future::Future,
    io,
    net::{self, SocketAddr},
    time::Instant,
};

use sockeye_driver::{Runtime, TcpOptions};
use tokio::net::{TcpListener, TcpStream, lookup_host};

use crate::Stream;

/// The runtime tokio. A name, not a value.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "there are no values, and never will be")]
pub enum Tokio {}

impl Runtime for Tokio {
    type Tcp = TcpStream;
    type TcpListener = TcpListener;
    type Stream = Stream;
    type Sleep = tokio::time::Sleep;

    fn now() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(deadline: Instant) -> Self::Sleep {
        tokio::time::sleep_until(deadline.into())
    }

    fn is_elapsed(sleep: &Self::Sleep) -> bool {
        sleep.is_elapsed()
    }

    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(task);
    }

    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host((host, port)).await?.collect())
    }

    async fn connect_tcp(address: SocketAddr, options: &TcpOptions) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        Self::configure_tcp(&stream, options)?;
        Ok(stream)
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
}
