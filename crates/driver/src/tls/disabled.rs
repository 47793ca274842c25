//! TLS is not there: what needs it is refused.

use std::{
    convert::Infallible,
    io,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use futures_io::{AsyncRead, AsyncWrite};
use sockeye_errors::{Error, InvalidUri};

use crate::{Runtime, Stream, deadline::Deadline, registry::Membership};

/// How a client speaks TLS: not at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientTls(());

/// How a server speaks TLS: not at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerTls(());

/// A stream inside TLS: there is none.
#[derive(Debug)]
pub(crate) struct TlsStream<R> {
    never: Infallible,
    runtime: PhantomData<fn() -> R>,
}

impl ClientTls {
    #[expect(clippy::unused_async, reason = "that of the other twin waits")]
    pub(crate) async fn handshake<R: Runtime>(
        &self,
        _: Stream<R>,
        name: &str,
    ) -> Result<Stream<R>, Error> {
        Err(InvalidUri::new(&format!("wss://{name}"), "no TLS in this build").into())
    }
}

impl ServerTls {
    /// Leaves the stream as it is.
    #[expect(clippy::unused_async, reason = "that of the other twin waits")]
    pub(crate) async fn accept<R: Runtime>(
        &self,
        stream: Stream<R>,
        _: &Membership,
        _: Deadline,
    ) -> Option<Stream<R>> {
        Some(stream)
    }
}

/// Tells failures of TLS from others.
pub(crate) fn judge(error: io::Error) -> Error {
    error.into()
}

/// The stream that carries a stream inside TLS.
pub(crate) fn beneath<R: Runtime>(stream: &TlsStream<R>) -> &Stream<R> {
    match stream.never {}
}

impl<R: Runtime> AsyncRead for TlsStream<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self.never {}
    }
}

impl<R: Runtime> AsyncWrite for TlsStream<R> {
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
