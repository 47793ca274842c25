//! Where tokio reads a big message to.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use sockeye::Message;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// Addresses that were read to, and how many bytes.
type Places = Arc<Mutex<Vec<(usize, usize)>>>;

/// A stream that notes where it was read to.
struct Watched {
    inner: DuplexStream,
    places: Places,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        let new = &buf.filled()[before..];
        self.places.lock().expect("nobody panics").push((new.as_ptr().addr(), new.len()));
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

fn watched(inner: DuplexStream) -> (Watched, Places) {
    let places = Places::default();
    (Watched { inner, places: Arc::clone(&places) }, places)
}

#[tokio::test]
async fn a_big_message_is_read_straight_to_its_place_at_both_ends() {
    let size = 1 << 20;
    let (client, server) = tokio::io::duplex(256 << 10);
    let ((client, client_read), (server, server_read)) = (watched(client), watched(server));
    let place = |message: &Message| message.as_bytes().as_ptr().addr();
    let server = tokio::spawn(async move {
        let mut ws =
            sockeye::accept(server).await.expect("a request").accept().await.expect("read");
        let mut last = 0;
        while let Some(message) = ws.next().await.expect("a normal end") {
            last = place(&message);
            ws.send(message).await.expect("read");
        }
        last
    });
    let mut ws = sockeye::client("ws://localhost", client).await.expect("accepted");
    let payload: Vec<u8> = (0..=u8::MAX).cycle().take(size).collect();
    let message = Message::from(payload);
    let mut last = 0;
    // The memory of the first one moves as it grows, that of the second was the first one's.
    for _ in 0..2 {
        ws.send(message.clone()).await.expect("read");
        let echo = ws.recv().await.expect("echoed");
        assert!(echo == message);
        last = place(&echo);
    }
    ws.close().await.expect("closed");
    for (place, read) in [(last, client_read), (server.await.expect("no panic"), server_read)] {
        let read = read.lock().expect("nobody panics");
        let straight = read.iter().filter(|(start, _)| (place..place + size).contains(start));
        let straight: usize = straight.map(|(_, len)| len).sum();
        assert!(straight > size / 2, "{straight} of {size} bytes");
    }
}
