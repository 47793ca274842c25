//! The connections of a server.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use sockeye_errors::Close;
use sockeye_protocol::Prepared;

use crate::{keep::keep, mailbox::Mailbox, roll::Roll};

/// The connections of a server, and those that want to become one.
#[derive(Debug, Default)]
pub(crate) struct Registry(Mutex<Members>);

#[derive(Debug, Default)]
struct Members {
    /// Those in the handshake.
    opening: Roll,
    /// The connections. There may be very many, so that nothing but their mailboxes is kept here.
    open: Roll,
    /// Whom to wake when the server closes, or has room again: the one who accepts streams. It asks for each of them, and
    /// wakers cannot be told apart for sure: in a list, there could be more and more of them.
    acceptor: Option<Waker>,
    /// Whether the acceptor waits until fewer are opening.
    full: bool,
    /// Whether the server still has the socket that it listens on.
    listening: bool,
    /// Whether the server closes.
    closing: bool,
    /// What the connections are closed with, if they are not left to end by themselves.
    close: Option<Close>,
    /// Those who wait for a server that closes to be empty: a few.
    waiting: Vec<Waker>,
}

/// The place of a connection in the registry, which it leaves when this is dropped.
#[derive(Debug)]
pub(crate) struct Membership {
    pub(crate) mailbox: Arc<Mailbox>,
    registry: Arc<Registry>,
}

/// The socket that a server listens on; it is closed before this is dropped.
#[derive(Debug)]
pub(crate) struct Listening(Arc<Registry>);

impl Registry {
    /// Takes note that the server listens.
    pub(crate) fn listen(self: &Arc<Self>) -> Listening {
        self.lock().listening = true;
        Listening(Arc::clone(self))
    }

    /// Enters a stream that was accepted.
    pub(crate) fn enter(self: &Arc<Self>) -> Membership {
        let mailbox = Arc::new(Mailbox::default());
        self.lock().opening.enter(Arc::clone(&mailbox));
        Membership { mailbox, registry: Arc::clone(self) }
    }

    /// Waits until there are less than `max` handshakes under way; `None` once the server closes.
    pub(crate) fn poll_room(&self, cx: &Context<'_>, max: usize) -> Poll<Option<()>> {
        let mut members = self.lock();
        if members.closing {
            return Poll::Ready(None);
        }
        // Even with room, the one who asks wants to know when the server closes.
        keep(&mut members.acceptor, cx.waker());
        members.full = members.opening.len() >= max;
        if members.full { Poll::Pending } else { Poll::Ready(Some(())) }
    }

    /// Waits, accepting, until the server closes.
    pub(crate) fn poll_closing(&self, cx: &Context<'_>) -> Poll<()> {
        let mut members = self.lock();
        if members.closing {
            return Poll::Ready(());
        }
        keep(&mut members.acceptor, cx.waker());
        Poll::Pending
    }

    /// Waits until nobody is left of a server that closes, and its address is free.
    pub(crate) fn poll_empty(&self, cx: &Context<'_>) -> Poll<()> {
        let mut members = self.lock();
        if members.closing && !members.listening && members.is_empty() {
            return Poll::Ready(());
        }
        if !members.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            members.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Closes the server: no more streams, and an end with `close`, if any, to the connections there are.
    pub(crate) fn close(&self, close: Option<Close>) {
        let mut members = self.lock();
        members.closing = true;
        if close.is_some() {
            members.close.clone_from(&close);
        }
        let (opening, open) = (members.opening.mailboxes(), members.open.mailboxes());
        members.wake_waiting();
        members.wake_acceptor();
        drop(members);
        // Those in the handshake look again, and are told as well as soon as they are through.
        for mailbox in opening {
            mailbox.wake();
        }
        if let Some(close) = close {
            for mailbox in open {
                mailbox.close(close.clone());
            }
        }
    }

    /// Leaves a message to all open connections; returns how many there were that keep up.
    pub(crate) fn send(&self, message: &Prepared, cap: usize) -> usize {
        let mailboxes = self.lock().open.mailboxes();
        mailboxes.iter().filter(|mailbox| mailbox.send(message.clone(), cap)).count()
    }

    /// How many connections are open.
    pub(crate) fn len(&self) -> usize {
        self.lock().open.len()
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    fn is_empty(&self) -> bool {
        self.opening.is_empty() && self.open.is_empty()
    }

    /// Wakes those whom it concerns that a connection has opened, or has left.
    ///
    /// Hardly ever it concerns anybody: a server with room would only look again whether there is another client.
    fn wake_concerned(&mut self) {
        if self.closing {
            self.wake_waiting();
        } else if std::mem::take(&mut self.full) {
            self.wake_acceptor();
        }
    }

    fn wake_acceptor(&mut self) {
        if let Some(waker) = self.acceptor.take() {
            waker.wake();
        }
    }

    fn wake_waiting(&mut self) {
        for waker in std::mem::take(&mut self.waiting) {
            waker.wake();
        }
    }
}

impl Membership {
    /// Waits, in the handshake, until the server closes.
    pub(crate) fn poll_closing(&self, cx: &Context<'_>) -> Poll<()> {
        let members = self.registry.lock();
        if members.closing {
            return Poll::Ready(());
        }
        self.mailbox.register(cx.waker());
        Poll::Pending
    }

    /// The handshake has succeeded.
    pub(crate) fn open(&self) {
        let mut members = self.registry.lock();
        members.opening.leave(&self.mailbox);
        members.open.enter(Arc::clone(&self.mailbox));
        // The server may have closed while the answer was on its way.
        if let Some(close) = members.close.clone() {
            self.mailbox.close(close);
        }
        members.wake_concerned();
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut members = self.0.lock();
        members.listening = false;
        members.wake_waiting();
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.mailbox.shut();
        let mut members = self.registry.lock();
        if !members.open.leave(&self.mailbox) {
            members.opening.leave(&self.mailbox);
        }
        members.wake_concerned();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        task::Wake,
    };

    use super::*;

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Bell {
        fn rings(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn a_server_that_has_room_is_not_woken_by_its_connections() {
        let (registry, bell) = (Arc::new(Registry::default()), Arc::new(Bell::default()));
        let waker = Waker::from(Arc::clone(&bell));
        let cx = Context::from_waker(&waker);
        assert_eq!(registry.poll_room(&cx, 2), Poll::Ready(Some(())));
        let member = registry.enter();
        member.open();
        drop((member, registry.enter()));
        assert_eq!((registry.len(), bell.rings()), (0, 0));
        registry.close(None);
        assert_eq!((registry.poll_room(&cx, 2), bell.rings()), (Poll::Ready(None), 1));
    }

    #[test]
    fn a_server_that_has_no_room_is_woken_when_a_handshake_ends() {
        let (registry, bell) = (Arc::new(Registry::default()), Arc::new(Bell::default()));
        let waker = Waker::from(Arc::clone(&bell));
        let cx = Context::from_waker(&waker);
        let members = [registry.enter(), registry.enter()];
        assert_eq!(registry.poll_room(&cx, 2), Poll::Pending);
        members[0].open();
        assert_eq!((registry.poll_room(&cx, 2), bell.rings()), (Poll::Ready(Some(())), 1));
        let third = registry.enter();
        assert_eq!(registry.poll_room(&cx, 2), Poll::Pending);
        drop(third);
        assert_eq!((registry.poll_room(&cx, 2), bell.rings()), (Poll::Ready(Some(())), 2));
    }

    #[test]
    fn a_server_that_runs_for_long_keeps_one_waker() {
        let registry = Arc::new(Registry::default());
        let bells: Vec<_> = (0..100).map(|_| Arc::new(Bell::default())).collect();
        for bell in &bells {
            let waker = Waker::from(Arc::clone(bell));
            let cx = Context::from_waker(&waker);
            assert_eq!(registry.poll_room(&cx, 2), Poll::Ready(Some(())));
            assert!(registry.poll_closing(&cx).is_pending());
            registry.enter().open();
        }
        let kept = bells.iter().filter(|bell| Arc::strong_count(bell) > 1).count();
        assert_eq!(kept, 1);
        registry.close(None);
        let rings: Vec<_> = bells.iter().map(|bell| bell.rings()).collect();
        assert_eq!((rings[99], rings.iter().sum()), (1, 1_usize));
    }

    #[test]
    fn who_waits_for_the_end_of_a_server_is_woken_by_its_last_connection() {
        let (registry, bell) = (Arc::new(Registry::default()), Arc::new(Bell::default()));
        let waker = Waker::from(Arc::clone(&bell));
        let cx = Context::from_waker(&waker);
        let (listening, member) = (registry.listen(), registry.enter());
        member.open();
        registry.close(None);
        drop(listening);
        assert!(registry.poll_empty(&cx).is_pending());
        let before = bell.rings();
        drop(member);
        assert_eq!((registry.poll_empty(&cx).is_ready(), bell.rings()), (true, before + 1));
    }
}
