//! The return of a connection that a handler drops.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use sockeye_net::Runtime;

use crate::{
    WebSocket,
    return_handle::{ReturnHandle, Returned},
};

/// Receives a connection when the application drops it, so that a server can close it properly.
pub struct ReturnSlot<S, R: Runtime> {
    receiver: Returned<S, R>,
    /// The address of the waker that the channel holds. A server polls the slot at each poll of a connection's task, and
    /// comparing the address is cheaper than replacing the waker. The channel keeps the waker alive, so that no other
    /// waker can have this address. `usize::MAX` before the first poll; a waker without data may have the address 0.
    waker: usize,
}

impl<S, R: Runtime> ReturnSlot<S, R> {
    /// Attaches a slot to a connection. When the application drops the connection, in any task, or both of its
    /// halves, the slot receives it instead.
    pub fn attach(ws: &mut WebSocket<S, R>) -> Self {
        let (handle, receiver) = ReturnHandle::new();
        ws.inner_mut().return_to = Some(handle);
        Self { receiver, waker: usize::MAX }
    }

    /// Returns whether `waker` is the one that the last poll of the slot registered.
    #[inline]
    pub fn is_registered(&self, waker: &Waker) -> bool {
        self.waker == waker.data().addr()
    }

    /// Waits for the connection. Returns `None` if the application took it apart with
    /// [`into_inner`](WebSocket::into_inner).
    pub fn poll_returned(&mut self, cx: &mut Context<'_>) -> Poll<Option<WebSocket<S, R>>> {
        let waker = cx.waker().data().addr();
        if self.waker == waker && !self.receiver.is_closed() && !self.receiver.has_message() {
            return Poll::Pending;
        }
        self.waker = waker;
        Pin::new(&mut self.receiver).poll(cx).map(|inner| inner.ok().map(WebSocket::from))
    }
}

impl<S, R: Runtime> std::fmt::Debug for ReturnSlot<S, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReturnSlot").finish_non_exhaustive()
    }
}
