//! The split of a connection into two halves: what they share, and how they are put together again.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use sockeye_errors::Error;
use sockeye_protocol::{self as protocol, Event};

use crate::{
    Io, Receiver, Runtime, Sender, WebSocket, about::About, access::Access, core::Core,
    home::WayHome, link::Link, tasks::Tasks,
};

/// What the halves share.
pub(crate) struct Shared<S, R: Runtime> {
    whole: Mutex<Option<Whole<S, R>>>,
    tasks: Arc<Tasks>,
    /// Wakes all who wait for the transport.
    pub(crate) waker: Waker,
}

/// The connection, but for its receiving direction while that is in the hands of the [`Receiver`].
struct Whole<S, R: Runtime> {
    receiver: Option<Box<protocol::Receiver>>,
    link: Link<S, R>,
    about: Box<About>,
    /// Whether messages may be compressed.
    compressed: bool,
    home: Option<WayHome<S, R>>,
}

pub(crate) fn split<S, R: Runtime>(core: Core<S, R>) -> (Sender<S, R>, Receiver<S, R>) {
    let Core { receiver, link, about, inbox, compressed, home, .. } = core;
    let tasks = Arc::new(Tasks::default());
    let waker = Waker::from(Arc::clone(&tasks));
    let whole = Mutex::new(Some(Whole { receiver: None, link, about, compressed, home }));
    let shared = Arc::new(Shared { whole, tasks, waker });
    let receiver = Receiver::new(Box::new(receiver), inbox, Arc::clone(&shared));
    (Sender { shared }, receiver)
}

impl<S, R: Runtime> Whole<S, R> {
    fn into_core(self) -> Option<Box<Core<S, R>>> {
        let mut core = Core::new(*self.receiver?, self.link, self.about, self.compressed);
        core.home = self.home;
        Some(core)
    }
}

impl<S, R: Runtime> Shared<S, R> {
    fn with_whole<T>(&self, act: impl FnOnce(&mut Whole<S, R>) -> T) -> T {
        act(self.lock().as_mut().expect("the connection is there until it is put together again"))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Whole<S, R>>> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn with_link<T>(&self, act: impl FnOnce(&mut Link<S, R>) -> T) -> T {
        self.with_whole(|whole| act(&mut whole.link))
    }

    /// Acts on the link, and lets all look again who wait for what has become of it.
    fn watch<T>(&self, act: impl FnOnce(&mut Link<S, R>) -> T) -> T {
        let (result, changed, flushed) = self.with_link(|link| {
            let (state, flushed) = (link.sender.state(), link.sender.is_flushed());
            let result = act(link);
            let changed = link.sender.state() != state;
            (result, changed, !flushed && link.sender.is_flushed())
        });
        if changed {
            self.tasks.wake_all();
        } else if flushed {
            self.tasks.wake_senders();
        }
        result
    }

    /// Polls for a sender: registers its task only if there is something to wait for, and then polls once more.
    pub(crate) fn poll_sender<T>(
        &self,
        cx: &Context<'_>,
        mut poll: impl FnMut(&mut Link<S, R>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let mut shared_cx = Context::from_waker(&self.waker);
        let first = self.watch(|link| poll(link, &mut shared_cx));
        if first.is_ready() {
            return first;
        }
        self.tasks.register_sender(cx);
        self.watch(|link| poll(link, &mut shared_cx))
    }

    /// Lets the senders look whose turn it is.
    pub(crate) fn wake_senders(&self) {
        self.tasks.wake_senders();
    }

    pub(crate) fn wake_all(&self) {
        self.tasks.wake_all();
    }

    pub(crate) fn subprotocol(&self) -> Option<String> {
        self.with_whole(|whole| whole.about.subprotocol().map(str::to_owned))
    }

    /// Takes the receiving direction back from the [`Receiver`], which ends.
    pub(crate) fn give_back(&self, receiver: &mut Option<Box<protocol::Receiver>>) {
        if let Some(whole) = &mut *self.lock() {
            whole.receiver = receiver.take();
        }
    }

    /// Takes the connection out of the hands of both halves.
    pub(crate) fn reunite(
        &self,
        receiver: &mut Option<Box<protocol::Receiver>>,
    ) -> Option<Box<Core<S, R>>> {
        let whole = self.lock().take();
        let whole = whole.map(|whole| Whole { receiver: receiver.take(), ..whole });
        whole.and_then(Whole::into_core)
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Access for &Shared<S, R> {
    fn handle_event(&mut self, event: Event) {
        self.watch(|link| link.handle_event(event));
    }

    fn poll_receive(
        &mut self,
        receiver: &mut protocol::Receiver,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        self.tasks.register_receiver(cx);
        let mut shared_cx = Context::from_waker(&self.waker);
        self.watch(|link| link.poll_receive(receiver, &mut shared_cx))
    }

    fn pause(&mut self, cx: &mut Context<'_>) {
        self.tasks.register_receiver(cx);
        let mut shared_cx = Context::from_waker(&self.waker);
        self.watch(|link| link.pause(&mut shared_cx));
    }
}

impl<S, R: Runtime> Drop for Shared<S, R> {
    /// The connection of a server goes home, as that of a [`WebSocket`] does.
    fn drop(&mut self) {
        let whole = self.whole.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        drop(whole.and_then(Whole::into_core).map(WebSocket::from_core));
    }
}
