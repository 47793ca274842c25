//! The application's own way to the server, instead of TCP.

use std::{
    fmt,
    future::Future,
    io::{self, IoSlice},
    marker::PhantomData,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use futures_io::{AsyncRead, AsyncWrite};

use crate::Io;

/// A function of the application that connects to a host and a port.
#[derive(Clone)]
pub(crate) struct Connector(Arc<dyn Fn(String, u16) -> Connecting + Send + Sync>);

type Connecting = Pin<Box<dyn Future<Output = io::Result<Custom>> + Send>>;

impl Connector {
    pub(crate) fn new<R, S, C, F>(connect: C) -> Self
    where
        R: Io<S> + 'static,
        S: Send + Unpin + 'static,
        C: Fn(String, u16) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
    {
        Self(Arc::new(move |host, port| {
            let stream = connect(host, port);
            Box::pin(async move {
                let stream = Through::<S, R> { stream: stream.await?, runtime: PhantomData };
                Ok(Custom(Mutex::new(Box::new(stream))))
            })
        }))
    }

    pub(crate) fn connect(&self, host: &str, port: u16) -> Connecting {
        (self.0)(host.to_owned(), port)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

/// A stream of the application, whatever it is.
///
/// The lock is never taken, as nobody shares the stream: it makes a stream `Sync` that is not.
pub(crate) struct Custom(Mutex<Box<dyn Duplex>>);

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

impl Custom {
    fn stream(self: Pin<&mut Self>) -> Pin<&mut Box<dyn Duplex>> {
        Pin::new(self.get_mut().0.get_mut().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AsyncRead for Custom {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Custom {
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

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Custom")
    }
}

/// A stream in the traits of its runtime, seen through those of futures-io.
struct Through<S, R> {
    stream: S,
    runtime: PhantomData<fn() -> R>,
}

impl<S: Unpin, R: Io<S>> AsyncRead for Through<S, R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        R::poll_read(Pin::new(&mut self.stream), cx, buf)
    }
}

impl<S: Unpin, R: Io<S>> AsyncWrite for Through<S, R> {
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
