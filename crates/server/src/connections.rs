//! The connections of a server.

use std::{
    mem,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use atomic_waker::AtomicWaker;
use slab::Slab;
use sockeye_connection::CommandQueue;
use sockeye_errors::Close;

use crate::pending_handshakes::{HandshakeLimits, PendingHandshakes};

/// The connections of a server and the handshakes in progress.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    inner: Mutex<Inner>,
    /// The task of the server, which accepts streams, and then waits for the end of the connections.
    server: AtomicWaker,
}

#[derive(Debug)]
struct Inner {
    handshaking: PendingHandshakes,
    /// The key of the next handshake. Keys of handshakes are greater than all keys of open connections.
    next_handshake: u64,
    /// The open connections. Nothing but their command queues is stored here, because there may be very many.
    open: Slab<Arc<CommandQueue>>,
    /// Whether the server has a listening socket.
    is_listening: bool,
    phase: Phase,
    /// Whether the application has dropped the server.
    is_detached: bool,
    /// The tasks that wait for the end of all connections.
    waiting: Vec<Waker>,
}

/// The phase of a server. It only ever advances.
#[derive(Debug, Eq, PartialEq)]
enum Phase {
    Accepting,
    /// Connections end by themselves.
    Draining,
    /// This close frame is sent on all connections.
    Closing(Close),
    /// All handlers are cancelled.
    Aborting,
    /// A handler that cannot be cancelled, because it blocks its thread, is not waited for.
    Abandoned,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            handshaking: PendingHandshakes::default(),
            next_handshake: FIRST_HANDSHAKE,
            open: Slab::new(),
            is_listening: false,
            phase: Phase::Accepting,
            is_detached: false,
            waiting: Vec::new(),
        }
    }
}

/// A connection's entry. Dropping it removes the entry.
#[derive(Debug)]
pub(crate) struct ConnectionGuard {
    pub(crate) commands: Arc<CommandQueue>,
    connections: Arc<Connections>,
    /// The key among the handshakes, and below [`FIRST_HANDSHAKE`] the key among the open connections. In one field, because
    /// this is part of the memory of each connection.
    key: u64,
}

/// The listening socket of a server, which is closed before this is dropped.
#[derive(Debug)]
pub(crate) struct ListenGuard(Arc<Connections>);

impl Connections {
    /// Records that the server listens.
    pub(crate) fn listen(self: &Arc<Self>) -> ListenGuard {
        self.lock().is_listening = true;
        ListenGuard(Arc::clone(self))
    }

    /// Adds an accepted stream, whose handshake begins. If there are too many handshakes, the oldest one ends.
    pub(crate) fn insert(
        self: &Arc<Self>,
        peer: Option<IpAddr>,
        limits: HandshakeLimits,
    ) -> ConnectionGuard {
        let commands = Arc::new(CommandQueue::default());
        let mut inner = self.lock();
        let key = inner.next_handshake;
        inner.next_handshake += 1;
        let ended = inner.handshaking.insert(key, Arc::clone(&commands), peer, limits);
        drop(inner);
        if let Some(ended) = ended {
            ended.abort();
        }
        ConnectionGuard { commands, connections: Arc::clone(self), key }
    }

    /// Ends the oldest handshakes, because the process lacks the descriptors for new ones.
    pub(crate) fn end_oldest_handshakes(&self) {
        let ended = self.lock().handshaking.remove_oldest_quarter();
        for commands in ended {
            commands.abort();
        }
    }

    /// Waits, in the task of the server, until the server shuts down.
    pub(crate) fn poll_closing(&self, cx: &Context<'_>) -> Poll<()> {
        self.poll_server(cx, |inner| inner.phase != Phase::Accepting)
    }

    /// Waits, in the task of the server, until the connections are to be closed. Completes also if that cannot happen any
    /// more.
    pub(crate) fn poll_close_requested(&self, cx: &Context<'_>) -> Poll<()> {
        self.poll_server(cx, |inner| {
            inner.is_detached || inner.is_ended() || matches!(inner.phase, Phase::Closing(_))
        })
    }

    /// Waits, in the task of the server, until all connections have ended. Completes without that if the connections of a
    /// server that the application has dropped are left alone.
    pub(crate) fn poll_ended(&self, cx: &Context<'_>) -> Poll<()> {
        self.poll_server(cx, |inner| {
            inner.is_ended() || (inner.is_detached && inner.phase == Phase::Draining)
        })
    }

    fn poll_server(&self, cx: &Context<'_>, is_ready: impl FnOnce(&Inner) -> bool) -> Poll<()> {
        self.server.register(cx.waker());
        if is_ready(&self.lock()) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Waits until a server that shuts down has no connections and has released its address.
    pub(crate) fn poll_empty(&self, cx: &Context<'_>) -> Poll<()> {
        let mut inner = self.lock();
        if inner.is_ended() {
            return Poll::Ready(());
        }
        if !inner.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            inner.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Shuts the server down: stops accepting, and closes all connections if there is a `close`.
    pub(crate) fn close(&self, close: Option<Close>) {
        let mut inner = self.lock();
        match (&inner.phase, &close) {
            (Phase::Accepting, None) => inner.phase = Phase::Draining,
            (Phase::Accepting | Phase::Draining | Phase::Closing(_), Some(close)) => {
                inner.phase = Phase::Closing(close.clone());
            }
            _ => {}
        }
        let (handshaking, open) = (inner.handshaking.commands(), queues(&inner.open));
        self.wake_all(inner);
        // A handshake in progress fails, or is closed as soon as it is complete.
        for commands in handshaking {
            commands.notify();
        }
        if let Some(close) = close {
            for commands in open {
                commands.close(close.clone());
            }
        }
    }

    /// Cancels all handlers, and ends their connections and the handshakes in progress.
    pub(crate) fn abort(&self) {
        let mut inner = self.lock();
        inner.phase = Phase::Aborting;
        let (handshaking, open) = (inner.handshaking.commands(), queues(&inner.open));
        drop(inner);
        for commands in handshaking.iter().chain(&open) {
            commands.abort();
        }
    }

    /// Gives up waiting for handlers that cannot be cancelled.
    pub(crate) fn abandon(&self) {
        let mut inner = self.lock();
        inner.phase = Phase::Abandoned;
        self.wake_all(inner);
    }

    /// Records that the application has dropped the server.
    pub(crate) fn detach(&self) {
        self.lock().is_detached = true;
        self.close(None);
    }

    /// Returns the command queues of all open connections.
    pub(crate) fn open(&self) -> Vec<Arc<CommandQueue>> {
        queues(&self.lock().open)
    }

    /// Returns the number of open connections.
    pub(crate) fn len(&self) -> usize {
        self.lock().open.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the tasks that wait for the end of the connections, and the task of the server.
    fn wake_all(&self, mut inner: MutexGuard<'_, Inner>) {
        let waiting = mem::take(&mut inner.waiting);
        drop(inner);
        waiting.into_iter().for_each(Waker::wake);
        self.server.wake();
    }
}

impl Inner {
    /// Returns whether the server has shut down and its last connection has ended.
    fn is_ended(&self) -> bool {
        let is_empty = self.handshaking.is_empty() && self.open.is_empty();
        match self.phase {
            Phase::Accepting => false,
            Phase::Draining | Phase::Closing(_) | Phase::Aborting => !self.is_listening && is_empty,
            Phase::Abandoned => true,
        }
    }
}

fn queues(slab: &Slab<Arc<CommandQueue>>) -> Vec<Arc<CommandQueue>> {
    slab.iter().map(|(_, commands)| Arc::clone(commands)).collect()
}

impl ConnectionGuard {
    /// Waits, during the handshake, until the server shuts down.
    pub(crate) fn poll_closing(&self, cx: &Context<'_>) -> Poll<()> {
        self.commands.register(cx.waker());
        let is_closing = self.connections.lock().phase != Phase::Accepting;
        if is_closing { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Moves the entry to the open connections, before the response that accepts the request is written. Returns `false` if
    /// the handshake has lost its place.
    pub(crate) fn open(&mut self) -> bool {
        let mut inner = self.connections.lock();
        if inner.handshaking.remove(self.key).is_none()
            || matches!(inner.phase, Phase::Aborting | Phase::Abandoned)
        {
            return false;
        }
        self.key = inner.open.insert(Arc::clone(&self.commands)) as u64;
        debug_assert!(self.key < FIRST_HANDSHAKE, "a process has fewer than 2^32 connections");
        // The server may have been closed during the handshake.
        if let Phase::Closing(close) = &inner.phase {
            self.commands.close(close.clone());
        }
        true
    }
}

impl Drop for ListenGuard {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.is_listening = false;
        self.0.wake_all(inner);
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.commands.shut_down();
        self.commands.release_owner();
        let mut inner = self.connections.lock();
        if let Ok(key) = usize::try_from(self.key)
            && self.key < FIRST_HANDSHAKE
        {
            inner.open.remove(key);
            // A slab keeps the memory of its largest number of entries. Give it back after a peak.
            if inner.open.is_empty() && inner.open.capacity() > 1024 {
                inner.open = Slab::new();
            }
        } else {
            inner.handshaking.remove(self.key);
        }
        if inner.is_ended() {
            self.connections.wake_all(inner);
        }
    }
}

/// The key of the first handshake.
const FIRST_HANDSHAKE: u64 = 1 << 32;

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        task::Wake,
    };

    use super::*;

    /// Counts wakeups.
    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Counter {
        fn wakeups(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn insert(connections: &Arc<Connections>) -> ConnectionGuard {
        connections.insert(None, HandshakeLimits::default())
    }

    #[test]
    fn connections_do_not_wake_a_server_that_accepts() {
        let (connections, counter) = <(Arc<Connections>, Arc<Counter>)>::default();
        let waker = Waker::from(Arc::clone(&counter));
        let cx = Context::from_waker(&waker);
        assert!(connections.poll_closing(&cx).is_pending());
        let mut member = insert(&connections);
        member.open();
        drop((member, insert(&connections)));
        assert_eq!((connections.len(), counter.wakeups()), (0, 0));
        connections.close(None);
        assert_eq!((connections.poll_closing(&cx), counter.wakeups()), (Poll::Ready(()), 1));
    }

    #[test]
    fn a_server_keeps_one_waker_of_its_accept_loop() {
        let connections = Arc::new(Connections::default());
        let counters: Vec<_> = (0..100).map(|_| Arc::new(Counter::default())).collect();
        for counter in &counters {
            let waker = Waker::from(Arc::clone(counter));
            let cx = Context::from_waker(&waker);
            assert!(connections.poll_closing(&cx).is_pending());
            insert(&connections).open();
        }
        let kept = counters.iter().filter(|counter| Arc::strong_count(counter) > 1).count();
        assert_eq!(kept, 1);
        connections.close(None);
        let wakeups: Vec<_> = counters.iter().map(|counter| counter.wakeups()).collect();
        assert_eq!((wakeups[99], wakeups.iter().sum()), (1, 1_usize));
    }

    #[test]
    fn the_last_connection_wakes_the_task_that_waits_for_the_end() {
        let (connections, counter) = <(Arc<Connections>, Arc<Counter>)>::default();
        let waker = Waker::from(Arc::clone(&counter));
        let cx = Context::from_waker(&waker);
        let (listening, mut member) = (connections.listen(), insert(&connections));
        member.open();
        connections.close(None);
        drop(listening);
        assert!(connections.poll_empty(&cx).is_pending());
        let before = counter.wakeups();
        drop(member);
        assert_eq!((connections.poll_empty(&cx).is_ready(), counter.wakeups()), (true, before + 1));
    }

    #[test]
    fn a_handshake_that_makes_room_is_aborted_and_leaves_once() {
        let connections = Arc::new(Connections::default());
        let limits = HandshakeLimits { total: 1, per_address: 1 };
        let oldest = connections.insert(None, limits);
        let newest = connections.insert(None, limits);
        assert!(oldest.commands.is_aborted() && !newest.commands.is_aborted());
        drop((oldest, newest));
        connections.close(None);
        let cx = Context::from_waker(Waker::noop());
        assert!(connections.poll_empty(&cx).is_ready());
    }

    #[test]
    fn a_handler_that_cannot_be_cancelled_is_not_waited_for() {
        let connections = Arc::new(Connections::default());
        let mut member = insert(&connections);
        assert!(member.open());
        connections.close(None);
        connections.abort();
        let cx = Context::from_waker(Waker::noop());
        assert!(member.commands.is_aborted() && connections.poll_empty(&cx).is_pending());
        connections.abandon();
        assert!(connections.poll_empty(&cx).is_ready());
    }
}
