//! Where the connection of a server goes when its handler has done with it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::{Runtime, websocket::Core};

/// Takes in a connection that its handler dropped, in whatever way, so that the server can close it.
pub(crate) struct Home<S, R: Runtime>(Mutex<Door<S, R>>);

/// The way home, which the connection has with it wherever it goes.
pub(crate) struct WayHome<S, R: Runtime>(Arc<Home<S, R>>);

struct Door<S, R: Runtime> {
    core: Option<Box<Core<S, R>>>,
    /// Whether nobody comes any more: somebody took the stream out of the connection.
    closed: bool,
    waker: Option<Waker>,
}

impl<S, R: Runtime> Home<S, R> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Door { core: None, closed: false, waker: None }))
    }

    pub(crate) fn way(self: &Arc<Self>) -> WayHome<S, R> {
        WayHome(Arc::clone(self))
    }

    /// Waits until the connection comes home, or never will.
    pub(crate) fn poll_returned(&self, cx: &Context<'_>) -> Poll<Option<Box<Core<S, R>>>> {
        let mut door = self.door();
        if door.core.is_some() || door.closed {
            return Poll::Ready(door.core.take());
        }
        door.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn door(&self) -> MutexGuard<'_, Door<S, R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S, R: Runtime> WayHome<S, R> {
    /// The connection has come home.
    pub(crate) fn receive(self, core: Box<Core<S, R>>) {
        self.0.door().core = Some(core);
    }
}

impl<S, R: Runtime> Drop for WayHome<S, R> {
    fn drop(&mut self) {
        let mut door = self.0.door();
        door.closed = true;
        let waker = door.waker.take();
        drop(door);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
