//! A connection in memory with little room.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use futures_io::{AsyncRead, AsyncWrite};

/// One end of a connection in memory. Dropping it ends the connection, in both directions.
#[derive(Debug)]
pub struct Pipe {
    incoming: Arc<Mutex<Direction>>,
    outgoing: Arc<Mutex<Direction>>,
    addresses: Option<(SocketAddr, SocketAddr)>,
}

/// A look at what passes through one direction of a [`Pipe`], and a hand in it.
#[derive(Clone, Debug)]
pub struct Tap(Arc<Mutex<Direction>>);

#[derive(Debug, Default)]
struct Direction {
    buffer: VecDeque<u8>,
    capacity: usize,
    /// The writer has ended.
    ended: bool,
    /// The reader has gone.
    gone: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// All that was ever written.
    log: Vec<u8>,
}

/// Makes a connection in memory: each direction has room for `capacity` bytes.
pub fn pipe(capacity: usize) -> (Pipe, Pipe) {
    let direction = || Arc::new(Mutex::new(Direction { capacity, ..Direction::default() }));
    let (there, back) = (direction(), direction());
    let near = Pipe { incoming: Arc::clone(&back), outgoing: Arc::clone(&there), addresses: None };
    let far = Pipe { incoming: there, outgoing: back, addresses: None };
    (near, far)
}

fn lock(direction: &Mutex<Direction>) -> MutexGuard<'_, Direction> {
    direction.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Pipe {
    /// The same, with addresses: local, then peer.
    #[must_use]
    pub fn at(mut self, local: SocketAddr, peer: SocketAddr) -> Self {
        self.addresses = Some((local, peer));
        self
    }

    pub(crate) const fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.addresses
    }

    /// Returns the direction that this end writes to.
    pub fn written(&self) -> Tap {
        Tap(Arc::clone(&self.outgoing))
    }

    /// Returns the direction that this end reads from.
    pub fn read(&self) -> Tap {
        Tap(Arc::clone(&self.incoming))
    }
}

impl Tap {
    /// All that was ever written in this direction.
    pub fn log(&self) -> Vec<u8> {
        lock(&self.0).log.clone()
    }

    /// Bytes that were written and not read.
    pub fn waiting(&self) -> usize {
        lock(&self.0).buffer.len()
    }

    /// Whether the writer has ended this direction.
    pub fn is_ended(&self) -> bool {
        lock(&self.0).ended
    }

    /// Changes the room in this direction.
    pub fn set_capacity(&self, capacity: usize) {
        let waker = {
            let mut direction = lock(&self.0);
            direction.capacity = capacity;
            direction.writer.take()
        };
        wake(waker);
    }

    /// Writes, even beyond the capacity.
    pub fn put(&self, bytes: &[u8]) {
        let waker = {
            let mut direction = lock(&self.0);
            direction.buffer.extend(bytes);
            direction.log.extend_from_slice(bytes);
            direction.reader.take()
        };
        wake(waker);
    }

    /// Takes all that waits.
    pub fn take(&self) -> Vec<u8> {
        let (bytes, waker) = {
            let mut direction = lock(&self.0);
            (std::mem::take(&mut direction.buffer).into(), direction.writer.take())
        };
        wake(waker);
        bytes
    }

    /// Ends the direction, as its writer would.
    pub fn end(&self) {
        let waker = {
            let mut direction = lock(&self.0);
            direction.ended = true;
            direction.reader.take()
        };
        wake(waker);
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.written().end();
        let waker = {
            let mut incoming = lock(&self.incoming);
            incoming.gone = true;
            incoming.buffer = VecDeque::new();
            incoming.writer.take()
        };
        wake(waker);
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut direction = lock(&self.incoming);
        if direction.buffer.is_empty() && !direction.ended && !buf.is_empty() {
            direction.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        // A reader that has received bytes needs no wakeup.
        direction.reader = None;
        let len = buf.len().min(direction.buffer.len());
        for (to, from) in buf.iter_mut().zip(direction.buffer.drain(..len)) {
            *to = from;
        }
        let waker = if len > 0 { direction.writer.take() } else { None };
        drop(direction);
        wake(waker);
        Poll::Ready(Ok(len))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut direction = lock(&self.outgoing);
        if direction.ended || direction.gone {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let mut room = direction.capacity.saturating_sub(direction.buffer.len());
        if room == 0 {
            direction.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        direction.writer = None;
        let mut written = 0;
        for buf in bufs {
            let part = &buf[..buf.len().min(room)];
            direction.buffer.extend(part);
            direction.log.extend_from_slice(part);
            room -= part.len();
            written += part.len();
        }
        let waker = direction.reader.take();
        drop(direction);
        wake(waker);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.written().end();
        Poll::Ready(Ok(()))
    }
}
