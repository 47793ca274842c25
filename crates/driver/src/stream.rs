//! The stream beneath the connections that the library makes by itself.

use std::{
    io::{self, IoSlice, IoSliceMut},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_io::{AsyncRead, AsyncWrite};

use crate::{
    Io, Runtime,
    connector::Custom,
    tls::{TlsStream, beneath},
};

/// The stream beneath a connection that was made by `connect` or accepted by `serve`.
#[derive(Debug)]
pub struct Stream<R: Runtime>(Kind<R>);

/// The kinds of streams.
#[derive(Debug)]
enum Kind<R: Runtime> {
    Custom(Custom),
    Tcp(R::Tcp),
    Tls(Box<TlsStream<R>>),
    Unix(R::Unix),
}

impl<R: Runtime> Stream<R> {
    /// A plain TCP connection.
    pub const fn tcp(stream: R::Tcp) -> Self {
        Self(Kind::Tcp(stream))
    }

    /// A plain connection by a Unix socket.
    pub const fn unix(stream: R::Unix) -> Self {
        Self(Kind::Unix(stream))
    }

    /// The TCP connection beneath, if there is one.
    pub fn as_tcp(&self) -> Option<&R::Tcp> {
        match &self.bottom().0 {
            Kind::Tcp(stream) => Some(stream),
            Kind::Custom(_) | Kind::Tls(_) | Kind::Unix(_) => None,
        }
    }

    /// The connection by a Unix socket beneath, if there is one.
    pub fn as_unix(&self) -> Option<&R::Unix> {
        match &self.bottom().0 {
            Kind::Unix(stream) => Some(stream),
            Kind::Custom(_) | Kind::Tcp(_) | Kind::Tls(_) => None,
        }
    }

    /// The stream inside TLS, if there is one.
    pub(crate) fn as_tls(&self) -> Option<&TlsStream<R>> {
        match &self.0 {
            Kind::Tls(stream) => Some(stream),
            Kind::Custom(_) | Kind::Tcp(_) | Kind::Unix(_) => None,
        }
    }

    /// The stream that carries this one, beneath any TLS.
    fn bottom(&self) -> &Self {
        self.as_tls().map_or(self, |stream| beneath(stream).bottom())
    }

    /// The address of this end, if it is one of TCP.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.as_tcp().and_then(|stream| R::tcp_addresses(stream).ok()).map(|(local, _)| local)
    }

    /// The address of the other end, if it is one of TCP.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.as_tcp().and_then(|stream| R::tcp_addresses(stream).ok()).map(|(_, peer)| peer)
    }

    /// Whether writing several pieces at once is more than writing the first one. TLS puts them into common records.
    pub const fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Kind::Custom(_) | Kind::Tcp(_) | Kind::Tls(_) | Kind::Unix(_) => true,
        }
    }
}

impl<R: Runtime> From<Custom> for Stream<R> {
    fn from(stream: Custom) -> Self {
        Self(Kind::Custom(stream))
    }
}

impl<R: Runtime> From<TlsStream<R>> for Stream<R> {
    fn from(stream: TlsStream<R>) -> Self {
        Self(Kind::Tls(Box::new(stream)))
    }
}

impl<R: Runtime> AsRef<Self> for Stream<R> {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl<R: Runtime> AsMut<Self> for Stream<R> {
    fn as_mut(&mut self) -> &mut Self {
        self
    }
}

impl<R: Runtime> AsyncRead for Stream<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Kind::Custom(stream) => Pin::new(stream).poll_read(cx, buf),
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

impl<R: Runtime> AsyncWrite for Stream<R> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Kind::Custom(stream) => Pin::new(stream).poll_write(cx, buf),
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
            Kind::Custom(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Kind::Tcp(stream) => <R as Io<R::Tcp>>::poll_write_vectored(Pin::new(stream), cx, bufs),
            Kind::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Kind::Unix(stream) => {
                <R as Io<R::Unix>>::poll_write_vectored(Pin::new(stream), cx, bufs)
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Kind::Custom(stream) => Pin::new(stream).poll_flush(cx),
            Kind::Tcp(stream) => <R as Io<R::Tcp>>::poll_flush(Pin::new(stream), cx),
            Kind::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Kind::Unix(stream) => <R as Io<R::Unix>>::poll_flush(Pin::new(stream), cx),
        }
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Kind::Custom(stream) => Pin::new(stream).poll_close(cx),
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
