//! A peer that never stops to send, and takes all that it is sent.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_io::{AsyncRead, AsyncWrite};

use crate::sim;

/// A stream that, once told so, always has more to read.
#[derive(Debug)]
pub struct Endless<S> {
    inner: S,
    pattern: Vec<u8>,
    position: usize,
    /// The length of a read.
    chunk: usize,
    reads: u32,
    bytes: usize,
}

impl<S> Endless<S> {
    /// The stream, which behaves for now.
    pub const fn new(inner: S) -> Self {
        Self { inner, pattern: Vec::new(), position: 0, chunk: 512, reads: 0, bytes: 0 }
    }

    /// From now on, the stream consists of these bytes, over and over. Each read takes ten milliseconds.
    pub fn repeat(&mut self, pattern: Vec<u8>) {
        self.pattern = pattern;
    }

    /// From now on, a read returns up to `len` bytes.
    pub const fn set_chunk(&mut self, len: usize) {
        self.chunk = len;
    }

    /// The number of bytes that were read since this was last asked.
    pub const fn take_bytes(&mut self) -> usize {
        std::mem::replace(&mut self.bytes, 0)
    }

    /// How often was read since this was last asked.
    pub const fn take_reads(&mut self) -> u32 {
        std::mem::replace(&mut self.reads, 0)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Endless<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.pattern.is_empty() {
            return Pin::new(&mut this.inner).poll_read(cx, buf);
        }
        this.reads += 1;
        assert!(this.reads < 100_000, "somebody reads and reads, and nobody else has a turn");
        sim::pass(Duration::from_millis(10));
        let len = buf.len().min(this.chunk);
        this.bytes += len;
        for byte in &mut buf[..len] {
            *byte = this.pattern[this.position];
            this.position = (this.position + 1) % this.pattern.len();
        }
        Poll::Ready(Ok(len))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Endless<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.pattern.is_empty() {
            return Pin::new(&mut self.inner).poll_write(cx, buf);
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}
