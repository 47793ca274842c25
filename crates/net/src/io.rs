//! Reading and writing streams, whichever family of I/O traits they implement.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

/// Reads and writes streams of type `S`.
///
/// There is one implementation per family of I/O traits. It belongs to a marker type such as `Tokio`, not to the stream,
/// so that applications keep their own stream types.
pub trait Io<S> {
    /// Reads up to `buf.len()` bytes. Returns 0 at the end of the stream.
    ///
    /// An implementation must not read `buf`, which may contain bytes of another connection.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream.
    fn poll_read(io: Pin<&mut S>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Writes up to `buf.len()` bytes.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream.
    fn poll_write(io: Pin<&mut S>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;

    /// Writes bytes from several buffers with one call.
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
