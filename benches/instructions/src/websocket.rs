//! The connection with I/O on a stream in memory: the path of an echoed message through all layers and the runtime.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use sockeye::DeflateConfig;
use sockeye_bench_data::frame::{BINARY, CLOSE, FIN, append_masked};
use sockeye_bench_data::payload::Content;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{Case, Outcome};

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("websocket/echo/binary/16", 1000, |times| echo(16, 1, times)),
        Case::new("websocket/echo/binary/64k", 50, |times| echo(65_536, 1, times)),
        Case::new("websocket/echo-burst-of-32/binary/16", 100, |times| echo(16, 32, times)),
        Case::new("websocket/handshake", 100, handshakes),
        Case::new("websocket/life", 100, lives),
    ]
}

fn echo(size: usize, burst: usize, times: usize) -> Outcome {
    let mut frames = Vec::new();
    for _ in 0..burst {
        append_masked(FIN | BINARY, &Content::Binary.bytes(size), &mut frames);
    }
    block_on(async {
        let stream = Replay::new(REQUEST.to_vec(), frames, times);
        let mut socket = sockeye::accept(stream).await?.accept().await?;
        for _ in 0..times * burst {
            let message = socket.recv().await?;
            socket.feed(message).await?;
        }
        Ok(())
    })
}

/// Opens `times` connections with compression.
fn handshakes(times: usize) -> Outcome {
    block_on(async {
        for _ in 0..times {
            let stream = Replay::new(REQUEST.to_vec(), Vec::new(), 0);
            let accept = sockeye::accept(stream).compression(DeflateConfig::default());
            accept.await?.accept().await?;
        }
        Ok(())
    })
}

/// Runs `times` connections from the handshake to the end: one echoed message, then the peer's close frame.
fn lives(times: usize) -> Outcome {
    let mut frames = Vec::new();
    append_masked(FIN | BINARY, &Content::Binary.bytes(16), &mut frames);
    append_masked(FIN | CLOSE, &1000_u16.to_be_bytes(), &mut frames);
    block_on(async {
        for _ in 0..times {
            let stream = Replay::new(REQUEST.to_vec(), frames.clone(), 1);
            let mut socket = sockeye::accept(stream).await?.accept().await?;
            while let Some(message) = socket.next().await? {
                socket.send(message).await?;
            }
        }
        Ok(())
    })
}

fn block_on(work: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(work)
}

/// A stream that yields a head, then the same bytes repeatedly, each time after one `Pending`. It accepts all writes.
#[derive(Debug)]
struct Replay {
    given: Vec<u8>,
    at: usize,
    again: Vec<u8>,
    times: usize,
}

impl Replay {
    fn new(head: Vec<u8>, again: Vec<u8>, times: usize) -> Self {
        Self { given: head, at: 0, again, times }
    }
}

impl AsyncRead for Replay {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.at == this.given.len() && this.times > 0 {
            (this.at, this.times) = (0, this.times - 1);
            this.given.clone_from(&this.again);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let size = buffer.remaining().min(this.given.len() - this.at);
        buffer.put_slice(&this.given[this.at..this.at + size]);
        this.at += size;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Replay {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(pieces.iter().map(|piece| piece.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
