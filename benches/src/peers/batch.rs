//! Echo loops for sockets that are a `Stream` and a `Sink`: one that batches, and one that flushes each message.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Poll, ready};

use futures_util::{Sink, SinkExt, Stream, StreamExt};

/// Echoes every message that `is_data`. Flushes when no message is ready.
///
/// This is `StreamExt::forward` without the lock that splitting the socket would add.
pub async fn echo<S, M, E>(mut socket: S, is_data: impl Fn(&M) -> bool) -> Result<(), E>
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = E> + Unpin,
{
    poll_fn(|context| {
        let mut socket = Pin::new(&mut socket);
        loop {
            ready!(socket.as_mut().poll_ready(context))?;
            match socket.as_mut().poll_next(context) {
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(message)) => {
                    let message = message?;
                    if is_data(&message) {
                        socket.as_mut().start_send(message)?;
                    }
                }
                Poll::Pending => {
                    ready!(socket.as_mut().poll_flush(context))?;
                    return Poll::Pending;
                }
            }
        }
    })
    .await?;
    socket.close().await
}

/// Echoes every message that `is_data` with `send`, which flushes each message.
pub async fn echo_each<S, M, E>(mut socket: S, is_data: impl Fn(&M) -> bool) -> Result<(), E>
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = E> + Unpin,
{
    while let Some(message) = socket.next().await {
        let message = message?;
        if is_data(&message) {
            socket.send(message).await?;
        }
    }
    socket.close().await
}
