//! An echo that answers all the messages that are there before it flushes, for whatever is a stream and a sink.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Poll, ready};

use futures_util::{Sink, SinkExt, Stream};

/// Returns every message that `is_data`.
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
