//! The tasks that wait for a stream that several of them share.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Wake, Waker},
};

use crate::keep::keep;

/// The tasks that wait for the transport, which remembers only one waker for each of its directions.
///
/// A wake-up that is meant for one half costs the other a poll; none is lost, since everybody registers before polling.
#[derive(Debug, Default)]
pub(crate) struct Tasks(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    receiver: Option<Waker>,
    senders: Vec<Waker>,
}

impl Tasks {
    pub(crate) fn register_receiver(&self, cx: &Context<'_>) {
        keep(&mut self.waiting().receiver, cx.waker());
    }

    pub(crate) fn register_sender(&self, cx: &Context<'_>) {
        let senders = &mut self.waiting().senders;
        if !senders.iter().any(|waker| waker.will_wake(cx.waker())) {
            senders.push(cx.waker().clone());
        }
    }

    pub(crate) fn wake_all(&self) {
        let Waiting { receiver, senders } = mem::take(&mut *self.waiting());
        receiver.into_iter().chain(senders).for_each(Waker::wake);
    }

    pub(crate) fn wake_senders(&self) {
        let senders = mem::take(&mut self.waiting().senders);
        senders.into_iter().for_each(Waker::wake);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Tasks {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}
