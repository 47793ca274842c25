//! Commands to a connection from outside of its task.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
};

use atomic_waker::AtomicWaker;
use sockeye_errors::{Close, CloseCode};
use sockeye_protocol::Prepared;

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
/// use sockeye::{CloseCode, Close, Prepared, connection::CommandQueue};
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
/// commands.send(Prepared::new("news"), 1 << 20);
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
    pending: Option<Box<Pending>>,
    /// The task that runs the handler, which may be another one than that of the connection.
    owner: Option<Waker>,
}

#[derive(Debug, Default)]
struct Pending {
    messages: VecDeque<Prepared>,
    /// The number of bytes in the messages.
    size: usize,
    close: Option<Close>,
}

/// A command to a connection.
#[derive(Debug)]
pub(crate) enum Command {
    Send(Prepared),
    Close(Close),
    Abort,
}

impl CommandQueue {
    /// Queues a message and returns whether the queue accepted it.
    ///
    /// A connection with more than `max_size` bytes in its queue is a slow consumer. Its queue is replaced by a close with
    /// 1013, because messages must not be lost silently, and the client may connect again.
    pub fn send(&self, message: Prepared, max_size: usize) -> bool {
        let mut state = self.lock();
        if self.is_closed.load(Ordering::Relaxed) {
            return false;
        }
        let queue = state.pending.get_or_insert_default();
        if queue.close.is_some() {
            return false;
        }
        let accepted = queue.size <= max_size;
        if accepted {
            queue.size += message.message().len();
            queue.messages.push_back(message);
        } else {
            let close = Close::new(CloseCode::TRY_AGAIN_LATER, "too slow");
            **queue = Pending { close: Some(close), ..Pending::default() };
        }
        drop(state);
        self.notify();
        accepted
    }

    /// Queues a close, unless the queue contains one.
    pub fn close(&self, close: Close) {
        let mut state = self.lock();
        if self.is_closed.load(Ordering::Relaxed) {
            return;
        }
        state.pending.get_or_insert_default().close.get_or_insert(close);
        drop(state);
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

    /// Drops all commands and rejects further ones. Called at the end of the connection.
    pub fn shut_down(&self) {
        let mut state = self.lock();
        self.is_closed.store(true, Ordering::Relaxed);
        let dropped = state.pending.take();
        drop(state);
        // Messages may own payloads with a `Drop` of the application, which must not run under the lock.
        drop(dropped);
        // The waker keeps the memory of the task alive.
        drop(self.waker.take());
    }

    /// Returns whether the queue may contain a command.
    #[inline]
    pub(crate) fn is_waiting(&self) -> bool {
        self.is_waiting.load(Ordering::Acquire)
    }

    /// Removes the next command. A message only if the connection `can_send`, a close in any case.
    pub(crate) fn pop(&self, can_send: bool) -> Option<Command> {
        if self.is_aborted() {
            self.is_waiting.store(false, Ordering::Release);
            return Some(Command::Abort);
        }
        let mut state = self.lock();
        let pending = &mut state.pending;
        let command = pending.as_mut().and_then(|queue| queue.pop(can_send));
        if pending.as_ref().is_none_or(|queue| queue.is_empty()) {
            *pending = None;
            self.is_waiting.store(false, Ordering::Release);
        }
        if let Some(Command::Close(_)) = command {
            // No message may follow the close frame.
            self.is_closed.store(true, Ordering::Relaxed);
        }
        command
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.close.is_none()
    }

    fn pop(&mut self, can_send: bool) -> Option<Command> {
        if can_send && let Some(message) = self.messages.pop_front() {
            self.size -= message.message().len();
            return Some(Command::Send(message));
        }
        let close = self.close.take()?;
        self.messages = VecDeque::new();
        Some(Command::Close(close))
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
