//! A stream that misbehaves.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use futures_io::{AsyncRead, AsyncWrite};

/// The failure of a [`Faulty`] stream.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "tests set the fields that they mean")]
pub struct Faults {
    /// The most bytes that are read at once.
    pub read_at_most: usize,
    /// The most bytes that are written at once.
    pub write_at_most: usize,
    /// How often each operation is put off before it is carried out.
    pub put_off: u32,
    /// The failure of reading, and the number of bytes before it.
    pub read: Option<(usize, Fault)>,
    /// The failure of writing, and the number of bytes before it.
    pub write: Option<(usize, Fault)>,
    /// The failure of flushing, and the number of flushes before it.
    pub flush: Option<(usize, Fault)>,
    /// The failure of shutting down the writing direction.
    pub close: Option<Fault>,
}

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "tests match on all of them")]
pub enum Fault {
    /// The stream ends, or writes nothing.
    Zero,
    /// The stream fails.
    Error(io::ErrorKind),
    /// Nothing ever happens.
    Never,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            read_at_most: usize::MAX,
            write_at_most: usize::MAX,
            put_off: 0,
            read: None,
            write: None,
            flush: None,
            close: None,
        }
    }
}

/// A stream that misbehaves as it is told.
#[derive(Debug)]
pub struct Faulty<S> {
    inner: S,
    faults: Faults,
    read: usize,
    written: usize,
    flushed: usize,
    /// How often the next operation was put off: reading, writing, flushing.
    put_off: [u32; 3],
    /// The wakers of tasks that wait for ever.
    parked: Vec<std::task::Waker>,
}

impl<S> Faulty<S> {
    /// The stream, which behaves for now.
    pub const fn new(inner: S) -> Self {
        let faults = Faults {
            read_at_most: usize::MAX,
            write_at_most: usize::MAX,
            put_off: 0,
            read: None,
            write: None,
            flush: None,
            close: None,
        };
        let parked = Vec::new();
        Self { inner, faults, read: 0, written: 0, flushed: 0, put_off: [0; 3], parked }
    }

    /// Misbehaves from now on; bytes are counted from now on.
    pub fn set(&mut self, faults: Faults) {
        (self.read, self.written, self.flushed) = (0, 0, 0);
        self.faults = faults;
    }

    /// The stream.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    fn is_put_off(&mut self, operation: usize, cx: &Context<'_>) -> bool {
        if self.put_off[operation] < self.faults.put_off {
            self.put_off[operation] += 1;
            cx.waker().wake_by_ref();
            return true;
        }
        self.put_off[operation] = 0;
        false
    }

    fn fail<T>(&mut self, fault: Fault, zero: T, cx: &Context<'_>) -> Poll<io::Result<T>> {
        match fault {
            Fault::Zero => Poll::Ready(Ok(zero)),
            Fault::Error(kind) => Poll::Ready(Err(kind.into())),
            Fault::Never => {
                self.parked.push(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Faulty<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.is_put_off(0, cx) {
            return Poll::Pending;
        }
        let mut len = buf.len().min(this.faults.read_at_most);
        if let Some((at, fault)) = this.faults.read {
            if this.read >= at {
                return this.fail(fault, 0, cx);
            }
            len = len.min(at - this.read);
        }
        let poll = Pin::new(&mut this.inner).poll_read(cx, &mut buf[..len]);
        if let Poll::Ready(Ok(len)) = poll {
            this.read += len;
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Faulty<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.is_put_off(1, cx) {
            return Poll::Pending;
        }
        let mut len = buf.len().min(this.faults.write_at_most);
        if let Some((at, fault)) = this.faults.write {
            if this.written >= at {
                return this.fail(fault, 0, cx);
            }
            len = len.min(at - this.written);
        }
        let poll = Pin::new(&mut this.inner).poll_write(cx, &buf[..len]);
        if let Poll::Ready(Ok(len)) = poll {
            this.written += len;
        }
        poll
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|buf| !buf.is_empty());
        self.poll_write(cx, first.map_or(&[], |buf| buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.is_put_off(2, cx) {
            return Poll::Pending;
        }
        if let Some((at, fault)) = this.faults.flush {
            if this.flushed >= at {
                return this.fail(fault, (), cx);
            }
            this.flushed += 1;
        }
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some(fault) = this.faults.close {
            return this.fail(fault, (), cx);
        }
        Pin::new(&mut this.inner).poll_close(cx)
    }
}
