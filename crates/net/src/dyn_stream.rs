//! A stream of the application behind a trait object.

use std::{
    fmt,
    io::{self, IoSlice},
    marker::PhantomData,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use futures_io::{AsyncRead, AsyncWrite};

use crate::Io;

/// A stream of the application, of any type.
///
/// The lock is never contended, because every access has `&mut self`. It makes the stream `Sync` where it is only `Send`.
pub struct DynStream(Mutex<Box<dyn Duplex>>);

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

impl DynStream {
    /// Boxes a stream of the runtime `R`.
    pub fn new<S, R>(stream: S) -> Self
    where
        S: Send + Unpin + 'static,
        R: Io<S> + 'static,
    {
        let adapter = FuturesIoAdapter::<S, R> { stream, runtime: PhantomData };
        Self(Mutex::new(Box::new(adapter)))
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut Box<dyn Duplex>> {
        Pin::new(self.get_mut().0.get_mut().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AsyncRead for DynStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for DynStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_close(cx)
    }
}

impl fmt::Debug for DynStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DynStream")
    }
}

/// Implements the traits of futures-io for a stream of the runtime `R`.
struct FuturesIoAdapter<S, R> {
    stream: S,
    runtime: PhantomData<fn() -> R>,
}

impl<S: Unpin, R: Io<S>> AsyncRead for FuturesIoAdapter<S, R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        R::poll_read(Pin::new(&mut self.stream), cx, buf)
    }
}

impl<S: Unpin, R: Io<S>> AsyncWrite for FuturesIoAdapter<S, R> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        R::poll_write(Pin::new(&mut self.stream), cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        R::poll_write_vectored(Pin::new(&mut self.stream), cx, bufs)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        R::poll_flush(Pin::new(&mut self.stream), cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        R::poll_close(Pin::new(&mut self.stream), cx)
    }
}
