//! Connections as streams and sinks of the futures crates.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use futures_sink::Sink;
use sockeye_errors::{Close, CloseCode, Error};
use sockeye_net::{Io, Runtime};
use sockeye_protocol::{Message, Outgoing};

use crate::{Receiver, WebSocket, io::ConnectionIo};

/// Receives messages. The last item is an error, unless the connection was closed normally.
///
/// The method [`next`](WebSocket::next) of this type has priority over `StreamExt::next`. Call the latter by its path where
/// its result type is needed:
///
/// ```
/// use futures_util::{StreamExt, TryStreamExt};
/// use sockeye::{Error, Message, WebSocket};
///
/// async fn example(mut ws: WebSocket) -> Result<(), Error> {
///     let message: Result<Option<Message>, Error> = ws.next().await;
///     let message: Option<Result<Message, Error>> = StreamExt::next(&mut ws).await;
///
///     // Combinators with other names need no path.
///     let sizes: Vec<usize> = ws.map_ok(|message| message.len()).try_collect().await?;
///     Ok(())
/// }
/// ```
impl<S: Unpin, R: Runtime + Io<S>> Stream for WebSocket<S, R> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_next_message(cx).map(Result::transpose)
    }
}

/// Receives messages. The last item is an error, unless the connection was closed normally.
///
/// The method [`next`](Receiver::next) of this type has priority over `StreamExt::next`, as for [`WebSocket`].
impl<S: Unpin, R: Runtime + Io<S>> Stream for Receiver<S, R> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_next_message(cx).map(Result::transpose)
    }
}

/// Sends messages. `start_send` queues a message, like [`feed`](WebSocket::feed), and `poll_close` performs the closing
/// handshake, like [`close`](WebSocket::close).
///
/// The methods [`send`](WebSocket::send), [`feed`](WebSocket::feed), [`flush`](WebSocket::flush) and
/// [`close`](WebSocket::close) of this type have priority over those of `SinkExt`, and do the same.
///
/// ```
/// use futures_util::{SinkExt, StreamExt, stream};
/// use sockeye::{Error, WebSocket};
///
/// async fn example(mut ws: WebSocket) -> Result<(), Error> {
///     ws.send("through the method of `WebSocket`").await?;
///     SinkExt::send(&mut ws, "through `Sink`").await?;
///
///     let mut messages = stream::iter(["a", "b", "c"]).map(Ok);
///     ws.send_all(&mut messages).await
/// }
/// ```
impl<S: Unpin, R: Runtime + Io<S>, M: Into<Outgoing>> Sink<M> for WebSocket<S, R> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let inner = self.inner_mut();
        ready!(inner.poll_sending(cx, ConnectionIo::poll_ready));
        Poll::Ready(inner.io.sender.check_open("send"))
    }

    fn start_send(mut self: Pin<&mut Self>, message: M) -> Result<(), Error> {
        self.inner_mut().io.sender.send(message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner_mut().poll_sending(cx, ConnectionIo::poll_flushed)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let inner = self.inner_mut();
        inner.io.close(&Close::new(CloseCode::NORMAL, ""))?;
        inner.poll_closed(cx).map(Ok)
    }
}
