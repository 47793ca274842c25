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

use crate::{Receiver, WebSocket};

/// The messages that arrive. The last item is an error, unless the connection is closed normally.
impl<S: Unpin, R: Runtime + Io<S>> Stream for WebSocket<S, R> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_next_message(cx).map(Result::transpose)
    }
}

/// The messages that arrive. The last item is an error, unless the connection is closed normally.
impl<S: Unpin, R: Runtime + Io<S>> Stream for Receiver<S, R> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_next_message(cx).map(Result::transpose)
    }
}

/// Messages to send: `start_send` queues, as [`feed`](WebSocket::feed) does; closing is
/// [`close`](WebSocket::close).
impl<S: Unpin, R: Runtime + Io<S>, M: Into<Outgoing>> Sink<M> for WebSocket<S, R> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let io = &mut self.inner_mut().io;
        ready!(io.poll_ready(cx));
        Poll::Ready(io.sender.check_open("send"))
    }

    fn start_send(mut self: Pin<&mut Self>, message: M) -> Result<(), Error> {
        self.inner_mut().io.sender.send(message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner_mut().io.poll_flushed(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let inner = self.inner_mut();
        inner.io.sender.close(R::now(), &Close::new(CloseCode::NORMAL, ""))?;
        inner.poll_closed(cx).map(Ok)
    }
}
