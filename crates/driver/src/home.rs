//! Where the connection of a server goes when its handler has done with it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::{Runtime, websocket::Core};

/// Takes in a connection that its handler dropped, in whatever way, so that the server can close it.
pub(crate) struct Home<S, R: Runtime>(Mutex<Door<S, R>>);

struct Door<S, R: Runtime> {
    core: Option<Box<Core<S, R>>>,
    waker: Option<Waker>,
}

impl<S, R: Runtime> Home<S, R> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Door { core: None, waker: None }))
    }

    pub(crate) fn receive(&self, core: Box<Core<S, R>>) {
        let mut door = self.door();
        door.core = Some(core);
        let waker = door.waker.take();
        drop(door);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits until the connection comes home.
    pub(crate) fn poll_returned(&self, cx: &Context<'_>) -> Poll<Box<Core<S, R>>> {
        let mut door = self.door();
        if let Some(core) = door.core.take() {
            return Poll::Ready(core);
        }
        door.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn door(&self) -> MutexGuard<'_, Door<S, R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
