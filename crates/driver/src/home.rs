//! Where the connection of a server goes when its handler has done with it.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::{Runtime, core::Core, parcel::Parcel};

/// Takes in a connection that its handler dropped, in whatever way, so that the server can close it.
pub(crate) struct Home<S, R: Runtime>(Mutex<Door<S, R>>);

/// The way home, which the connection has with it wherever it goes.
pub(crate) struct WayHome<S, R: Runtime>(Arc<Home<S, R>>);

enum Door<S, R: Runtime> {
    /// The connection is away; who waits for it.
    Open(Waker),
    /// The connection came home; or it never will, since somebody took the stream out of it.
    Shut(Parcel<Core<S, R>>),
}

impl<S, R: Runtime> Home<S, R> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Door::Open(Waker::noop().clone())))
    }

    pub(crate) fn way(self: &Arc<Self>) -> WayHome<S, R> {
        WayHome(Arc::clone(self))
    }

    /// Waits until the connection comes home, or never will.
    pub(crate) fn poll_returned(&self, cx: &Context<'_>) -> Poll<Parcel<Core<S, R>>> {
        match &mut *self.door() {
            Door::Open(waker) => {
                waker.clone_from(cx.waker());
                Poll::Pending
            }
            Door::Shut(core) => Poll::Ready(mem::take(core)),
        }
    }

    /// Nobody comes after this one, if anybody does.
    fn shut(&self, core: Parcel<Core<S, R>>) {
        let mut door = self.door();
        if let Door::Open(_) = *door
            && let Door::Open(waker) = mem::replace(&mut *door, Door::Shut(core))
        {
            drop(door);
            waker.wake();
        }
    }

    fn door(&self) -> MutexGuard<'_, Door<S, R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S, R: Runtime> WayHome<S, R> {
    /// The connection has come home.
    pub(crate) fn receive(self, core: Parcel<Core<S, R>>) {
        self.0.shut(core);
    }
}

impl<S, R: Runtime> Drop for WayHome<S, R> {
    fn drop(&mut self) {
        self.0.shut(Parcel::default());
    }
}
