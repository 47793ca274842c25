//! Reading and writing streams, whichever family of I/O traits they implement.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

/// Reads and writes streams of type `S`.
///
/// There is one implementation per family of I/O traits. It belongs to a marker type such as `Tokio`, not to the stream,
/// so that applications keep their own stream types. All methods follow the contract of poll functions: if one returns
/// `Pending`, it has registered the waker of the task.
///
/// # Examples
///
/// An implementation for every stream with the traits of tokio:
///
/// ```
/// use std::{
///     io::{self, IoSlice},
///     pin::Pin,
///     task::{Context, Poll, ready},
/// };
/// use sockeye::connection::Io;
/// use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
///
/// enum MyRuntime {}
///
/// impl<S: AsyncRead + AsyncWrite> Io<S> for MyRuntime {
///     fn poll_read(io: Pin<&mut S>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
///         let mut buf = ReadBuf::new(buf);
///         ready!(io.poll_read(cx, &mut buf))?;
///         Poll::Ready(Ok(buf.filled().len()))
///     }
///
///     fn poll_write(io: Pin<&mut S>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
///         io.poll_write(cx, buf)
///     }
///
///     fn poll_write_vectored(
///         io: Pin<&mut S>,
///         cx: &mut Context<'_>,
///         bufs: &[IoSlice<'_>],
///     ) -> Poll<io::Result<usize>> {
///         io.poll_write_vectored(cx, bufs)
///     }
///
///     fn poll_flush(io: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
///         io.poll_flush(cx)
///     }
///
///     fn poll_close(io: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
///         io.poll_shutdown(cx)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{S}` is not a stream of the runtime `{Self}`",
    label = "no stream of the runtime `{Self}`",
    note = "a stream implements the I/O traits of the runtime: `AsyncRead` and `AsyncWrite`, of the crate tokio for `Tokio`, \
            and of the crate futures-io for `AsyncStd` and `Smol`"
)]
pub trait Io<S> {
    /// Reads up to `buf.len()` bytes. Returns 0 at the end of the stream.
    ///
    /// An implementation must not read `buf`, which may contain bytes of another connection.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream.
    fn poll_read(io: Pin<&mut S>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Writes up to `buf.len()` bytes. Returns the number of bytes that were written.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream.
    fn poll_write(io: Pin<&mut S>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;

    /// Writes bytes from several buffers with one call. Returns the number of bytes that were written.
    ///
    /// A stream without vectored writes can write the first buffer that is not empty.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream.
    fn poll_write_vectored(
        io: Pin<&mut S>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>;

    /// Hands buffered bytes of the stream to the operating system.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream.
    fn poll_flush(io: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Shuts down the writing direction. The reading direction stays open.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream.
    fn poll_close(io: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}
