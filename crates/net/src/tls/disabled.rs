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

use crate::{Deadline, Runtime};

/// The TLS configuration of a client. There is none.
#[derive(Clone, Debug, Default)]
pub struct ClientTls(());

/// The TLS configuration of a server. There is none.
#[derive(Clone, Debug, Default)]
pub struct ServerTls(());

/// A TLS stream. There are no values.
#[derive(Debug)]
pub struct TlsStream<S> {
    never: Infallible,
    stream: PhantomData<S>,
}

impl ClientTls {
    /// Returns an error: this build has no TLS.
    ///
    /// # Errors
    ///
    /// Always returns an [`InvalidUri`].
    #[expect(clippy::unused_async, reason = "the function with the feature `tls` awaits")]
    pub async fn handshake<S>(&self, _: S, name: &str) -> Result<TlsStream<S>, Error> {
        Err(InvalidUri::new(&format!("wss://{name}"), "no TLS in this build").into())
    }
}

impl ServerTls {
    /// Returns `false`: this build has no TLS.
    pub const fn is_enabled(&self) -> bool {
        false
    }

    /// Returns an error: this build has no TLS.
    ///
    /// # Errors
    ///
    /// Always returns an I/O error.
    #[expect(clippy::unused_async, reason = "the function with the feature `tls` awaits")]
    pub async fn accept<S, R: Runtime>(
        &self,
        stream: S,
        _: impl FnMut(&mut Context<'_>) -> Poll<()>,
        _: Deadline,
    ) -> Result<Option<TlsStream<S>>, (Error, Option<S>)> {
        Err((io::Error::other("no TLS in this build").into(), Some(stream)))
    }
}

/// Converts an I/O error. Without TLS, there is nothing to distinguish.
pub fn classify(error: io::Error) -> Error {
    error.into()
}

/// Returns the stream that carries a TLS stream.
pub fn inner<S>(stream: &TlsStream<S>) -> &S {
    match stream.never {}
}

impl<S: Unpin> AsyncRead for TlsStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self.never {}
    }
}

impl<S: Unpin> AsyncWrite for TlsStream<S> {
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
