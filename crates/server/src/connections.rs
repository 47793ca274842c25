//! The connections of a server.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use atomic_waker::AtomicWaker;
use slab::Slab;
use sockeye_connection::CommandQueue;
use sockeye_errors::Close;
use sockeye_protocol::Prepared;

/// The connections of a server and the handshakes in progress.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    inner: Mutex<Inner>,
    /// The accept loop, which waits for the shutdown or for the end of a handshake.
    acceptor: AtomicWaker,
}

#[derive(Debug, Default)]
struct Inner {
    /// The handshakes in progress.
    handshaking: Slab<Arc<CommandQueue>>,
    /// The open connections. Nothing but their command queues is stored here, because there may be very many.
    open: Slab<Arc<CommandQueue>>,
    /// Whether the accept loop waits for the end of a handshake.
    is_full: bool,
    /// Whether the server has a listening socket.
    is_listening: bool,
    /// Whether the server shuts down.
    is_closing: bool,
    /// The close frame for all connections, unless they end by themselves.
    close: Option<Close>,
    /// The tasks that wait for the end of all connections.
    waiting: Vec<Waker>,
}

/// A connection's entry. Dropping it removes the entry.
#[derive(Debug)]
pub(crate) struct ConnectionGuard {
    pub(crate) commands: Arc<CommandQueue>,
    connections: Arc<Connections>,
    /// `u32`, because this is part of the memory of each connection.
    key: u32,
    is_open: bool,
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

    /// Adds an accepted stream, whose handshake begins.
    pub(crate) fn insert(self: &Arc<Self>) -> ConnectionGuard {
        let commands = Arc::new(CommandQueue::default());
        let key = insert(&mut self.lock().handshaking, &commands);
        ConnectionGuard { commands, connections: Arc::clone(self), key, is_open: false }
    }

    /// Waits until fewer than `max` handshakes are in progress. Returns `None` once the server shuts down.
    pub(crate) fn poll_capacity(&self, cx: &Context<'_>, max: usize) -> Poll<Option<()>> {
        // Registered even if there is capacity: the shutdown has to wake the accept loop.
        self.acceptor.register(cx.waker());
        let mut inner = self.lock();
        if inner.is_closing {
            return Poll::Ready(None);
        }
        inner.is_full = inner.handshaking.len() >= max;
        if inner.is_full { Poll::Pending } else { Poll::Ready(Some(())) }
    }

    /// Waits, in the accept loop, until the server shuts down.
    pub(crate) fn poll_closing(&self, cx: &Context<'_>) -> Poll<()> {
        self.acceptor.register(cx.waker());
        if self.lock().is_closing { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Waits until a server that shuts down has no connections and has released its address.
    pub(crate) fn poll_empty(&self, cx: &Context<'_>) -> Poll<()> {
        let mut inner = self.lock();
        if inner.is_closing && !inner.is_listening && inner.is_empty() {
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
        inner.is_closing = true;
        if close.is_some() {
            inner.close.clone_from(&close);
        }
        let (handshaking, open) = (queues(&inner.handshaking), queues(&inner.open));
        let waiting = mem::take(&mut inner.waiting);
        drop(inner);
        waiting.into_iter().for_each(Waker::wake);
        self.acceptor.wake();
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

    /// Queues a message on all open connections. Returns the number of connections that accepted it.
    pub(crate) fn broadcast(&self, message: &Prepared, max_size: usize) -> usize {
        // Not under the lock: a connection that is woken may run at once on another thread, and end.
        let open = queues(&self.lock().open);
        open.iter().filter(|commands| commands.send(message.clone(), max_size)).count()
    }

    /// Returns the number of open connections.
    pub(crate) fn len(&self) -> usize {
        self.lock().open.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the tasks that wait for a handshake or a connection to end, if any.
    fn notify_change(&self, mut inner: MutexGuard<'_, Inner>) {
        if inner.is_closing {
            let waiting = mem::take(&mut inner.waiting);
            drop(inner);
            waiting.into_iter().for_each(Waker::wake);
        } else if mem::take(&mut inner.is_full) {
            drop(inner);
            self.acceptor.wake();
        }
    }
}

impl Inner {
    fn is_empty(&self) -> bool {
        self.handshaking.is_empty() && self.open.is_empty()
    }
}

/// Adds a queue and returns its key.
fn insert(entries: &mut Slab<Arc<CommandQueue>>, commands: &Arc<CommandQueue>) -> u32 {
    let key = entries.insert(Arc::clone(commands));
    u32::try_from(key).expect("a process has fewer than 2^32 connections")
}

fn queues(slab: &Slab<Arc<CommandQueue>>) -> Vec<Arc<CommandQueue>> {
    slab.iter().map(|(_, commands)| Arc::clone(commands)).collect()
}

impl ConnectionGuard {
    /// Waits, during the handshake, until the server shuts down.
    pub(crate) fn poll_closing(&self, cx: &Context<'_>) -> Poll<()> {
        self.commands.register(cx.waker());
        if self.connections.lock().is_closing { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Moves the entry to the open connections, before the response that accepts the request is written.
    pub(crate) fn open(&mut self) {
        let mut inner = self.connections.lock();
        inner.handshaking.remove(self.key as usize);
        self.key = insert(&mut inner.open, &self.commands);
        self.is_open = true;
        // The server may have been closed during the handshake.
        if let Some(close) = inner.close.clone() {
            self.commands.close(close);
        }
        self.connections.notify_change(inner);
    }
}

impl Drop for ListenGuard {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.is_listening = false;
        let waiting = mem::take(&mut inner.waiting);
        drop(inner);
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.commands.shut_down();
        let mut inner = self.connections.lock();
        let entries = if self.is_open { &mut inner.open } else { &mut inner.handshaking };
        entries.remove(self.key as usize);
        // A slab keeps the memory of its largest number of entries. Give it back after a peak.
        if entries.is_empty() && entries.capacity() > 1024 {
            *entries = Slab::new();
        }
        self.connections.notify_change(inner);
    }
}

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

    #[test]
    fn connections_do_not_wake_a_server_with_capacity() {
        let (connections, counter) =
            (Arc::new(Connections::default()), Arc::new(Counter::default()));
        let waker = Waker::from(Arc::clone(&counter));
        let cx = Context::from_waker(&waker);
        assert_eq!(connections.poll_capacity(&cx, 2), Poll::Ready(Some(())));
        let mut member = connections.insert();
        member.open();
        drop((member, connections.insert()));
        assert_eq!((connections.len(), counter.wakeups()), (0, 0));
        connections.close(None);
        assert_eq!((connections.poll_capacity(&cx, 2), counter.wakeups()), (Poll::Ready(None), 1));
    }

    #[test]
    fn the_end_of_a_handshake_wakes_a_server_without_capacity() {
        let (connections, counter) =
            (Arc::new(Connections::default()), Arc::new(Counter::default()));
        let waker = Waker::from(Arc::clone(&counter));
        let cx = Context::from_waker(&waker);
        let mut members = [connections.insert(), connections.insert()];
        assert_eq!(connections.poll_capacity(&cx, 2), Poll::Pending);
        members[0].open();
        assert_eq!(
            (connections.poll_capacity(&cx, 2), counter.wakeups()),
            (Poll::Ready(Some(())), 1)
        );
        let third = connections.insert();
        assert_eq!(connections.poll_capacity(&cx, 2), Poll::Pending);
        drop(third);
        assert_eq!(
            (connections.poll_capacity(&cx, 2), counter.wakeups()),
            (Poll::Ready(Some(())), 2)
        );
    }

    #[test]
    fn a_server_keeps_one_waker_of_its_accept_loop() {
        let connections = Arc::new(Connections::default());
        let counters: Vec<_> = (0..100).map(|_| Arc::new(Counter::default())).collect();
        for counter in &counters {
            let waker = Waker::from(Arc::clone(counter));
            let cx = Context::from_waker(&waker);
            assert_eq!(connections.poll_capacity(&cx, 2), Poll::Ready(Some(())));
            assert!(connections.poll_closing(&cx).is_pending());
            connections.insert().open();
        }
        let kept = counters.iter().filter(|counter| Arc::strong_count(counter) > 1).count();
        assert_eq!(kept, 1);
        connections.close(None);
        let wakeups: Vec<_> = counters.iter().map(|counter| counter.wakeups()).collect();
        assert_eq!((wakeups[99], wakeups.iter().sum()), (1, 1_usize));
    }

    #[test]
    fn the_last_connection_wakes_the_task_that_waits_for_the_end() {
        let (connections, counter) =
            (Arc::new(Connections::default()), Arc::new(Counter::default()));
        let waker = Waker::from(Arc::clone(&counter));
        let cx = Context::from_waker(&waker);
        let (listening, mut member) = (connections.listen(), connections.insert());
        member.open();
        connections.close(None);
        drop(listening);
        assert!(connections.poll_empty(&cx).is_pending());
        let before = counter.wakeups();
        drop(member);
        assert_eq!((connections.poll_empty(&cx).is_ready(), counter.wakeups()), (true, before + 1));
    }
}
