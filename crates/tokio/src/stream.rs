//! The stream under a connection that Sockeye opens itself, with the traits of tokio.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_io::{AsyncRead as _, AsyncWrite as _};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::Tokio;

/// The stream under a connection that [`connect`](crate::connect) opened or [`serve`](crate::serve) accepted: TCP, a Unix
/// socket or a stream of the application, with or without TLS.
///
/// # Examples
///
/// ```
/// # fn example(ws: &sockeye::WebSocket) -> std::io::Result<()> {
/// if let Some(tcp) = ws.get_ref().as_tcp() {
///     println!("{} with {}", tcp.local_addr()?, tcp.peer_addr()?);
/// }
/// # Ok(())
/// # }
/// ```
///
/// The certificate chain of the peer is a method of the inner stream:
///
/// ```
/// # fn example(ws: &sockeye::WebSocket) {
/// if let Some(certificates) = ws.get_ref().as_ref().peer_certificates() {
///     println!("{} certificates", certificates.len());
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Stream(sockeye_net::Stream<Tokio>);

impl Stream {
    /// Returns the TCP connection, if this stream has one.
    pub fn as_tcp(&self) -> Option<&TcpStream> {
        self.0.as_tcp()
    }

    /// Returns the connection over a Unix socket, if this stream has one.
    #[cfg(unix)]
    pub fn as_unix(&self) -> Option<&tokio::net::UnixStream> {
        self.0.as_unix()
    }

    /// Returns the local address of the TCP connection, if this stream has one.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.0.local_addr()
    }

    /// Returns the address of the TCP peer, if this stream has one.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.0.peer_addr()
    }
}

impl From<sockeye_net::Stream<Tokio>> for Stream {
    fn from(stream: sockeye_net::Stream<Tokio>) -> Self {
        Self(stream)
    }
}

impl AsRef<sockeye_net::Stream<Tokio>> for Stream {
    fn as_ref(&self) -> &sockeye_net::Stream<Tokio> {
        &self.0
    }
}

impl AsMut<sockeye_net::Stream<Tokio>> for Stream {
    fn as_mut(&mut self) -> &mut sockeye_net::Stream<Tokio> {
        &mut self.0
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = ready!(Pin::new(&mut self.0).poll_read(cx, buf.initialize_unfilled()))?;
        buf.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}
