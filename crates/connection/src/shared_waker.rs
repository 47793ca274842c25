//! One waker for all tasks that use a split connection.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Wake, Waker},
};

use atomic_waker::AtomicWaker;

/// The tasks that wait for the transport of a split connection.
///
/// A stream stores one waker for each of its directions, but several tasks may wait for it. All polls of the stream pass
/// one shared waker, which wakes every task that waits. A wakeup for one half may be spurious for the other. None is lost,
/// because each task registers before it polls.
#[derive(Debug, Default)]
pub(crate) struct SharedWaker {
    receiver: AtomicWaker,
    senders: Mutex<Vec<Waker>>,
}

impl SharedWaker {
    pub(crate) fn register_receiver(&self, cx: &Context<'_>) {
        self.receiver.register(cx.waker());
    }

    pub(crate) fn register_sender(&self, cx: &Context<'_>) {
        let mut senders = self.senders();
        if !senders.iter().any(|waker| waker.will_wake(cx.waker())) {
            senders.push(cx.waker().clone());
        }
    }

    pub(crate) fn wake_all(&self) {
        self.receiver.wake();
        self.wake_senders();
    }

    pub(crate) fn wake_senders(&self) {
        let senders = mem::take(&mut *self.senders());
        senders.into_iter().for_each(Waker::wake);
    }

    fn senders(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for SharedWaker {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}
