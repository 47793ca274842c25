//! The interface of TLS without the feature `tls`: connecting to a `wss` URI fails.

use std::{
    convert::Infallible,
    io,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use futures_io::{AsyncRead, AsyncWrite};
use sockeye_errors::{Error, InvalidUri};

use crate::{Deadline, Sockets, Stream};

/// The TLS configuration of a client. There is none.
#[derive(Clone, Debug, Default)]
pub struct ClientTls(());

/// The TLS configuration of a server. There is none.
#[derive(Clone, Debug, Default)]
pub struct ServerTls(());

/// A TLS stream. There are no values.
#[derive(Debug)]
pub struct TlsStream<R> {
    never: Infallible,
    runtime: PhantomData<fn() -> R>,
}

impl ClientTls {
    /// Returns an error: this build has no TLS.
    ///
    /// # Errors
    ///
    /// Always returns an [`InvalidUri`].
    #[expect(clippy::unused_async, reason = "the function with the feature `tls` awaits")]
    pub async fn handshake<R: Sockets>(
        &self,
        _: Stream<R>,
        name: &str,
    ) -> Result<Stream<R>, Error> {
        Err(InvalidUri::new(&format!("wss://{name}"), "no TLS in this build").into())
    }
}

impl ServerTls {
    /// Returns the stream as it is.
    ///
    /// # Errors
    ///
    /// Never returns an error.
    #[expect(clippy::unused_async, reason = "the function with the feature `tls` awaits")]
    pub async fn accept<R: Sockets>(
        &self,
        stream: Stream<R>,
        _: impl FnMut(&mut Context<'_>) -> Poll<()>,
        _: Deadline,
    ) -> Result<Option<Stream<R>>, Error> {
        Ok(Some(stream))
    }
}

/// Converts an I/O error. Without TLS, there is nothing to distinguish.
pub fn classify(error: io::Error) -> Error {
    error.into()
}

/// Returns the stream that carries a TLS stream.
pub fn inner<R: Sockets>(stream: &TlsStream<R>) -> &Stream<R> {
    match stream.never {}
}

impl<R: Sockets> AsyncRead for TlsStream<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self.never {}
    }
}

impl<R: Sockets> AsyncWrite for TlsStream<R> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        match self.never {}
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.never {}
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.never {}
    }
}
