//! Commands to a connection from outside of its task.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Instant,
};

use atomic_waker::AtomicWaker;
use sockeye_errors::Close;
use sockeye_protocol::Prepared;

use crate::{
    SlowConsumer,
    mailbox::{Mailbox, Queued},
};

/// A queue of commands to a connection: messages to send, and a close.
///
/// [`WebSocket::set_commands`](crate::WebSocket::set_commands) attaches it to a connection, which processes the commands
/// whenever a task awaits one of its methods. A queue belongs to one connection.
///
/// A `Server` attaches a queue to each of its connections, for `close` and `broadcast`. An application
/// that opens connections from the requests of another HTTP server can do the same.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use sockeye::{CloseCode, Close, Prepared, connection::CommandQueue, server::SlowConsumer};
///
/// # async fn example(mut ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
/// let commands = Arc::new(CommandQueue::default());
/// ws.set_commands(Arc::clone(&commands));
/// tokio::spawn(async move {
///     while let Some(message) = ws.next().await? {
///         ws.send(message).await?;
///     }
///     Ok::<(), sockeye::Error>(())
/// });
///
/// // From any other task:
/// commands.send(&Prepared::new("news"), &SlowConsumer::default()).await;
/// commands.close(Close::new(CloseCode::GOING_AWAY, "maintenance"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct CommandQueue {
    /// Whether the queue may contain a command, so that an empty queue takes no lock.
    is_waiting: AtomicBool,
    /// Whether the connection has ended. Modified under the lock.
    is_closed: AtomicBool,
    /// Whether the connection must end at once.
    is_aborted: AtomicBool,
    waker: AtomicWaker,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Boxed, because most queues are empty.
    pending: Option<Box<Mailbox>>,
    /// The task that runs the handler, which may be another one than that of the connection.
    owner: Option<Waker>,
}

/// A command to a connection.
#[derive(Debug)]
pub(crate) enum Command {
    Send(Prepared),
    Close(Close),
    Abort,
}

impl CommandQueue {
    /// Queues a message as soon as there is room, and returns whether the queue accepted it.
    ///
    /// The queue of a connection that is closing accepts no message, and neither does that of a slow consumer; see
    /// [`SlowConsumer`]. The connection checks for that whenever it is polled.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped before it completes, the message was not accepted.
    pub async fn send(&self, message: &Prepared, limits: &SlowConsumer) -> bool {
        poll_fn(|cx| self.poll_send(cx, message, limits)).await
    }

    /// Polls for room, and queues the message then. The poll form of [`send`](Self::send).
    pub fn poll_send(
        &self,
        cx: &Context<'_>,
        message: &Prepared,
        limits: &SlowConsumer,
    ) -> Poll<bool> {
        match self.push(message, limits, Some(cx.waker())) {
            Queued::Accepted => Poll::Ready(true),
            Queued::Dropped => Poll::Ready(false),
            Queued::Full => Poll::Pending,
        }
    }

    /// Queues a message if there is room. Returns whether the queue accepted it, and `None` if there is no room at the moment.
    pub fn try_send(&self, message: &Prepared, limits: &SlowConsumer) -> Option<bool> {
        match self.push(message, limits, None) {
            Queued::Accepted => Some(true),
            Queued::Dropped => Some(false),
            Queued::Full => None,
        }
    }

    /// Queues a message. If there is no room, registers the task that waits.
    fn push(&self, message: &Prepared, limits: &SlowConsumer, waker: Option<&Waker>) -> Queued {
        let mut state = self.lock();
        if self.is_closed.load(Ordering::Relaxed) {
            return Queued::Dropped;
        }
        let mailbox = state.pending.get_or_insert_default();
        let queued = mailbox.push(message, limits);
        if queued == Queued::Full
            && let Some(waker) = waker
        {
            mailbox.register(waker);
        }
        drop(state);
        if queued == Queued::Accepted {
            self.notify();
        }
        queued
    }

    /// Wakes the connection because its queue has no room, so that it finds out whether it is a slow consumer. Called four
    /// times in each [`timeout`](SlowConsumer::timeout).
    #[doc(hidden)]
    pub fn nudge(&self) {
        let mut state = self.lock();
        let waiting = state.pending.as_mut().map(|mailbox| {
            mailbox.handle_nudge();
            mailbox.take_waiting()
        });
        drop(state);
        waiting.into_iter().flatten().for_each(Waker::wake);
        self.notify();
    }

    /// Records that the socket has refused data; see [`Mailbox::handle_write_refused`].
    pub(crate) fn handle_write_refused(&self, now: Instant, is_first: bool) {
        if !self.is_waiting() {
            return;
        }
        let mut state = self.lock();
        let Some(mailbox) = &mut state.pending else { return };
        let is_slow = mailbox.handle_write_refused(now, is_first);
        let waiting = mailbox.take_waiting();
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
        if is_slow {
            self.notify();
        }
    }

    /// Queues a close, unless the queue contains one.
    pub fn close(&self, close: Close) {
        let mut state = self.lock();
        if self.is_closed.load(Ordering::Relaxed) {
            return;
        }
        let mailbox = state.pending.get_or_insert_default();
        mailbox.close(close);
        let waiting = mailbox.take_waiting();
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
        self.notify();
    }

    /// Ends the connection without a close frame, and drops all commands. A task that awaits one of its methods receives an
    /// error of the kind [`ConnectionAborted`](std::io::ErrorKind::ConnectionAborted).
    pub fn abort(&self) {
        self.is_aborted.store(true, Ordering::Release);
        let mut state = self.lock();
        self.is_closed.store(true, Ordering::Relaxed);
        let (dropped, owner) = (state.pending.take(), state.owner.take());
        drop(state);
        drop(dropped);
        if let Some(owner) = owner {
            owner.wake();
        }
        self.notify();
    }

    /// Returns whether [`abort`](Self::abort) was called.
    #[doc(hidden)]
    #[inline]
    pub fn is_aborted(&self) -> bool {
        self.is_aborted.load(Ordering::Acquire)
    }

    /// Registers the task that runs the handler of the connection: [`abort`](Self::abort) wakes it.
    #[doc(hidden)]
    pub fn register_owner(&self, waker: &Waker) {
        let waker = waker.clone();
        let replaced = self.lock().owner.replace(waker);
        drop(replaced);
    }

    /// Drops the waker of the task that runs the handler, which keeps the memory of the task alive.
    #[doc(hidden)]
    pub fn release_owner(&self) {
        let owner = self.lock().owner.take();
        drop(owner);
    }

    /// Wakes the task of the connection.
    pub fn notify(&self) {
        self.is_waiting.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Registers the task of the connection for the next command.
    pub fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Drops all commands and rejects further ones, because the connection is closing.
    pub(crate) fn reject(&self) {
        let mut state = self.lock();
        self.is_closed.store(true, Ordering::Relaxed);
        let dropped = state.pending.take();
        self.is_waiting.store(self.is_aborted(), Ordering::Release);
        drop(state);
        // Messages may own payloads with a `Drop` of the application, which must not run under the lock.
        drop(dropped);
    }

    /// Drops all commands and rejects further ones. Called at the end of the connection.
    pub fn shut_down(&self) {
        self.reject();
        // The waker keeps the memory of the task alive.
        drop(self.waker.take());
    }

    /// Returns whether the queue may contain a command.
    #[inline]
    pub(crate) fn is_waiting(&self) -> bool {
        self.is_waiting.load(Ordering::Acquire)
    }

    /// Removes the next command; see [`Mailbox::pop`].
    pub(crate) fn pop(&self, is_congested: bool, is_streaming: bool) -> Option<Command> {
        self.pop_with(false, |mailbox| mailbox.pop(is_congested, is_streaming))
    }

    /// Removes the next command, although the output queue may be congested. If there is none, rejects further ones, because
    /// the application closes the connection.
    pub(crate) fn pop_last(&self, is_streaming: bool) -> Option<Command> {
        self.pop_with(true, |mailbox| mailbox.pop(false, is_streaming))
    }

    fn pop_with(
        &self,
        is_last: bool,
        pop: impl FnOnce(&mut Mailbox) -> Option<Command>,
    ) -> Option<Command> {
        if self.is_aborted() {
            let is_waiting = self.is_waiting.swap(false, Ordering::AcqRel);
            return is_waiting.then_some(Command::Abort);
        }
        let mut state = self.lock();
        let (command, waiting) = match &mut state.pending {
            Some(mailbox) => (pop(mailbox), mailbox.take_waiting()),
            None => (None, Vec::new()),
        };
        let is_end = matches!(command, Some(Command::Close(_))) || (is_last && command.is_none());
        if is_end {
            // No message may follow the close frame.
            self.is_closed.store(true, Ordering::Relaxed);
        }
        // Messages behind a message in parts are left at the end.
        let dropped = state.pending.take_if(|mailbox| is_end || mailbox.is_empty());
        if state.pending.is_none() {
            self.is_waiting.store(false, Ordering::Release);
        }
        drop(state);
        drop(dropped);
        waiting.into_iter().for_each(Waker::wake);
        command
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The queue that is attached to a connection. The connection shuts it down at its end.
#[derive(Debug, Default)]
pub(crate) struct AttachedQueue(Option<Arc<CommandQueue>>);

impl AttachedQueue {
    pub(crate) fn get(&self) -> Option<&CommandQueue> {
        self.0.as_deref()
    }

    /// Attaches a queue, and shuts down the one that was attached.
    pub(crate) fn replace(&mut self, queue: Arc<CommandQueue>) {
        if !self.0.as_ref().is_some_and(|attached| Arc::ptr_eq(attached, &queue)) {
            *self = Self(Some(queue));
        }
    }
}

impl Drop for AttachedQueue {
    fn drop(&mut self) {
        if let Some(queue) = &self.0 {
            queue.shut_down();
        }
    }
}
