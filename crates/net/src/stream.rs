//! The stream under a connection that Sockeye opens itself.

use std::{
    io::{self, IoSlice, IoSliceMut},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_io::{AsyncRead, AsyncWrite};

use crate::{
    Io, Sockets,
    dyn_stream::DynStream,
    tls::{TlsStream, inner},
};

/// The stream under a connection that `connect` opened or `serve` accepted: TCP, a Unix socket or a stream of the
/// application, with or without TLS.
///
/// It implements the traits of futures-io. Each runtime wraps it in a type with the traits of that runtime, such as
/// `sockeye::tokio::Stream`.
///
/// # Examples
///
/// ```
/// # fn example(ws: &sockeye::WebSocket) -> std::io::Result<()> {
/// if let Some(tcp) = ws.get_ref().as_tcp() {
///     println!("time to live: {}", tcp.ttl()?);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Stream<R: Sockets>(Kind<R>);

#[derive(Debug)]
enum Kind<R: Sockets> {
    Dyn(DynStream),
    Tcp(R::Tcp),
    Tls(Box<TlsStream<Stream<R>>>),
    Unix(R::Unix),
}

impl<R: Sockets> Stream<R> {
    /// Creates a stream from a TCP connection.
    pub const fn tcp(stream: R::Tcp) -> Self {
        Self(Kind::Tcp(stream))
    }

    /// Creates a stream from a connection over a Unix socket.
    pub const fn unix(stream: R::Unix) -> Self {
        Self(Kind::Unix(stream))
    }

    /// Returns the TCP connection, if this stream has one.
    pub fn as_tcp(&self) -> Option<&R::Tcp> {
        match &self.innermost().0 {
            Kind::Tcp(stream) => Some(stream),
            Kind::Dyn(_) | Kind::Tls(_) | Kind::Unix(_) => None,
        }
    }

    /// Returns the connection over a Unix socket, if this stream has one.
    pub fn as_unix(&self) -> Option<&R::Unix> {
        match &self.innermost().0 {
            Kind::Unix(stream) => Some(stream),
            Kind::Dyn(_) | Kind::Tcp(_) | Kind::Tls(_) => None,
        }
    }

    /// Returns the TLS stream, if this stream uses TLS.
    pub(crate) fn as_tls(&self) -> Option<&TlsStream<Self>> {
        match &self.0 {
            Kind::Tls(stream) => Some(stream),
            Kind::Dyn(_) | Kind::Tcp(_) | Kind::Unix(_) => None,
        }
    }

    /// Returns the stream that carries this one, without any TLS.
    fn innermost(&self) -> &Self {
        self.as_tls().map_or(self, |stream| inner(stream).innermost())
    }

    /// Returns the local address of the TCP connection, if this stream has one.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.as_tcp().and_then(|stream| R::tcp_addresses(stream).ok()).map(|(local, _)| local)
    }

    /// Returns the address of the TCP peer, if this stream has one.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.as_tcp().and_then(|stream| R::tcp_addresses(stream).ok()).map(|(_, peer)| peer)
    }
}

impl<R: Sockets> From<DynStream> for Stream<R> {
    fn from(stream: DynStream) -> Self {
        Self(Kind::Dyn(stream))
    }
}

impl<R: Sockets> From<TlsStream<Self>> for Stream<R> {
    fn from(stream: TlsStream<Self>) -> Self {
        Self(Kind::Tls(Box::new(stream)))
    }
}

impl<R: Sockets> AsRef<Self> for Stream<R> {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl<R: Sockets> AsMut<Self> for Stream<R> {
    fn as_mut(&mut self) -> &mut Self {
        self
    }
}

impl<R: Sockets> AsyncRead for Stream<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Kind::Dyn(stream) => Pin::new(stream).poll_read(cx, buf),
            Kind::Tcp(stream) => <R as Io<R::Tcp>>::poll_read(Pin::new(stream), cx, buf),
            Kind::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
            Kind::Unix(stream) => <R as Io<R::Unix>>::poll_read(Pin::new(stream), cx, buf),
        }
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter_mut().find(|buf| !buf.is_empty());
        self.poll_read(cx, first.map_or(&mut [], |buf| &mut **buf))
    }
}

impl<R: Sockets> AsyncWrite for Stream<R> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Kind::Dyn(stream) => Pin::new(stream).poll_write(cx, buf),
            Kind::Tcp(stream) => <R as Io<R::Tcp>>::poll_write(Pin::new(stream), cx, buf),
            Kind::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
            Kind::Unix(stream) => <R as Io<R::Unix>>::poll_write(Pin::new(stream), cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Kind::Dyn(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Kind::Tcp(stream) => <R as Io<R::Tcp>>::poll_write_vectored(Pin::new(stream), cx, bufs),
            Kind::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Kind::Unix(stream) => {
                <R as Io<R::Unix>>::poll_write_vectored(Pin::new(stream), cx, bufs)
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Kind::Dyn(stream) => Pin::new(stream).poll_flush(cx),
            Kind::Tcp(stream) => <R as Io<R::Tcp>>::poll_flush(Pin::new(stream), cx),
            Kind::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Kind::Unix(stream) => <R as Io<R::Unix>>::poll_flush(Pin::new(stream), cx),
        }
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Kind::Dyn(stream) => Pin::new(stream).poll_close(cx),
            Kind::Tcp(stream) => {
                ready!(<R as Io<R::Tcp>>::poll_close(Pin::new(stream), cx))?;
                Poll::Ready(R::shut_down_tcp(stream))
            }
            Kind::Tls(stream) => Pin::new(stream).poll_close(cx),
            Kind::Unix(stream) => {
                ready!(<R as Io<R::Unix>>::poll_close(Pin::new(stream), cx))?;
                Poll::Ready(R::shut_down_unix(stream))
            }
        }
    }
}
