//! Where tokio reads a big message to.

use std::{
    future::poll_fn,
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use sockeye::{HandlerError, Message, WebSocket};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use crate::on_tokio::spawn;

/// A stream that counts the bytes it was given fresh memory for.
struct Watched {
    inner: DuplexStream,
    fresh: Arc<AtomicUsize>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (is_fresh, before) = (buf.initialized().is_empty(), buf.filled().len());
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        if is_fresh {
            self.fresh.fetch_add(buf.filled().len() - before, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

fn watched(inner: DuplexStream) -> (Watched, Arc<AtomicUsize>) {
    let fresh = Arc::new(AtomicUsize::new(0));
    (Watched { inner, fresh: Arc::clone(&fresh) }, fresh)
}

#[tokio::test]
async fn a_big_message_is_read_straight_to_its_place_at_both_ends() {
    let size = 1 << 20;
    let (client, server) = tokio::io::duplex(256 << 10);
    let ((client, to_client), (server, to_server)) = (watched(client), watched(server));
    let server = spawn(async move {
        let mut ws =
            sockeye::accept(server).await.expect("a request").accept().await.expect("read");
        while let Some(message) = ws.next().await.expect("a normal end") {
            ws.send(message).await.expect("read");
        }
    });
    let mut ws = sockeye::client("ws://localhost", client).await.expect("accepted");
    let payload: Vec<u8> = (0..=u8::MAX).cycle().take(size).collect();
    let message = Message::from(payload);
    ws.send(message.clone()).await.expect("read");
    assert!(ws.recv().await.expect("echoed") == message);
    ws.close().await.expect("closed");
    server.await;
    for fresh in [to_client, to_server].map(|fresh| fresh.load(Ordering::Relaxed)) {
        assert!(fresh > size / 2, "{fresh} of {size} bytes");
    }
}

/// Whether the stream of a connection reads to memory that is not initialised.
async fn takes_memory_as_it_is(ws: &mut WebSocket) -> bool {
    let mut memory = [MaybeUninit::uninit(); 1024];
    let mut buf = ReadBuf::uninit(&mut memory);
    poll_fn(|cx| {
        assert!(Pin::new(ws.get_mut()).poll_read(cx, &mut buf).is_pending());
        Poll::Ready(())
    })
    .await;
    buf.initialized().is_empty()
}

async fn listen_on(mut ws: WebSocket) -> Result<(), HandlerError> {
    while ws.next().await?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn the_library_s_own_stream_takes_memory_as_it_is() {
    let server = sockeye::serve("127.0.0.1:0", listen_on).await.expect("there is a free port");
    let uri = format!("ws://{}", server.local_addr());
    let mut ws = sockeye::connect(uri).await.expect("accepted");
    assert!(takes_memory_as_it_is(&mut ws).await);
    drop(ws);
    server.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_library_s_own_stream_takes_memory_as_it_is_beneath_a_unix_socket() {
    let path = std::env::temp_dir().join(format!("sockeye-reads-{}.sock", std::process::id()));
    let server = sockeye::serve_unix(&path, listen_on).await.expect("nothing is there");
    let mut ws = sockeye::connect("ws://localhost").unix(&path).await.expect("accepted");
    assert!(takes_memory_as_it_is(&mut ws).await);
    drop(ws);
    server.close().await;
}
