//! The return of a connection that a handler drops.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use sockeye_net::Runtime;

use crate::{WebSocket, inner::Inner, outlined_box::OutlinedBox};

/// Receives a connection when the application drops it, so that a server can close it properly.
pub struct ReturnSlot<S, R: Runtime> {
    receiver: oneshot::AsyncReceiver<OutlinedBox<Inner<S, R>>>,
    /// The waker that the channel has. It is kept here as well, because comparing it is cheaper than replacing it, and a
    /// server polls the slot at each poll of a connection's task.
    waker: Waker,
}

/// The other end of a [`ReturnSlot`], which the connection owns.
pub(crate) struct ReturnHandle<S, R: Runtime>(oneshot::Sender<OutlinedBox<Inner<S, R>>>);

impl<S, R: Runtime> ReturnSlot<S, R> {
    /// Attaches a slot to a connection. When the application drops the connection, in whatever task, or both of its
    /// halves, the slot receives it instead.
    pub fn attach(ws: &mut WebSocket<S, R>) -> Self {
        let (sender, receiver) = oneshot::async_channel();
        ws.inner_mut().io.return_to = Some(ReturnHandle(sender));
        Self { receiver, waker: Waker::noop().clone() }
    }

    /// Waits for the connection. Returns `None` if the application took it apart with
    /// [`into_inner`](WebSocket::into_inner).
    pub fn poll_returned(&mut self, cx: &mut Context<'_>) -> Poll<Option<WebSocket<S, R>>> {
        if self.waker.will_wake(cx.waker())
            && !self.receiver.is_closed()
            && !self.receiver.has_message()
        {
            return Poll::Pending;
        }
        self.waker.clone_from(cx.waker());
        Pin::new(&mut self.receiver).poll(cx).map(|inner| inner.ok().map(WebSocket::from))
    }
}

impl<S, R: Runtime> ReturnHandle<S, R> {
    /// Sends the connection to its slot.
    pub(crate) fn send(self, inner: OutlinedBox<Inner<S, R>>) {
        // Without a slot, the connection is dropped.
        let _ = self.0.send(inner);
    }
}

impl<S, R: Runtime> std::fmt::Debug for ReturnSlot<S, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReturnSlot").finish_non_exhaustive()
    }
}
