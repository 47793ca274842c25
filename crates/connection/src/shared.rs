//! The state that both halves of a split connection share.
//!
//! ```text
//!                 WebSocket
//!                     |
//!                   split
//!            ┌────────┴────────┐
//!         Sender            Receiver
//!            |               |     \
//!            |    Arc<Shared>|      Inbound: decoder, pending messages
//!            └───────┬───────┘
//!      Mutex<ConnectionIo>: transport, encoder, timer
//! ```
//!
//! The receiver decodes without a lock, because it owns the receiving direction. Both halves lock the transport for the
//! duration of one poll, never across a wait.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use sockeye_errors::{Error, State};
use sockeye_net::{Io, Runtime};
use sockeye_protocol::{self as protocol, Event};

use crate::{
    inbound::Inbound,
    inner::Inner,
    io::ConnectionIo,
    receive::{ReceiveIo, Until},
    return_handle::ReturnHandle,
    shared_waker::SharedWaker,
};

/// The state that both halves share.
pub(crate) struct Shared<S, R: Runtime> {
    parts: Mutex<Option<Parts<S, R>>>,
    tasks: Arc<SharedWaker>,
    /// The waker for all polls of the transport. It wakes every task that waits.
    pub(crate) waker: Waker,
}

struct Parts<S, R: Runtime> {
    io: ConnectionIo<S, R>,
    return_to: Option<ReturnHandle<S, R>>,
    /// The receiving direction, after the `Receiver` has been dropped.
    inbound: Option<Box<Inbound>>,
}

impl<S, R: Runtime> Shared<S, R> {
    pub(crate) fn new(io: ConnectionIo<S, R>, return_to: Option<ReturnHandle<S, R>>) -> Self {
        let tasks = Arc::new(SharedWaker::default());
        let waker = Waker::from(Arc::clone(&tasks));
        Self { parts: Mutex::new(Some(Parts { io, return_to, inbound: None })), tasks, waker }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Parts<S, R>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn with_io<T>(&self, act: impl FnOnce(&mut ConnectionIo<S, R>) -> T) -> T {
        let mut parts = self.lock();
        act(&mut parts.as_mut().expect("the parts are present until the halves are reunited").io)
    }

    /// Calls `act`, then wakes the tasks that wait for its result: all of them for a change of state, the senders after
    /// a flush.
    fn watch<T>(&self, act: impl FnOnce(&mut ConnectionIo<S, R>) -> T) -> T {
        let (result, changed, flushed) = self.with_io(|io| {
            let (state, flushed) = (io.sender.state(), io.sender.is_flushed());
            let result = act(io);
            let changed = io.sender.state() != state;
            (result, changed, !flushed && io.sender.is_flushed())
        });
        if changed {
            self.tasks.wake_all();
        } else if flushed {
            self.tasks.wake_senders();
        }
        result
    }

    /// Wakes the senders that wait for the end of a streamed message.
    pub(crate) fn wake_senders(&self) {
        self.tasks.wake_senders();
    }

    pub(crate) fn wake_all(&self) {
        self.tasks.wake_all();
    }

    /// Takes the receiving direction of a `Receiver` that is dropped.
    pub(crate) fn give_back(&self, inbound: Option<Box<Inbound>>) {
        if let Some(parts) = &mut *self.lock() {
            parts.inbound = inbound;
        }
    }

    /// Takes the connection out of both halves.
    pub(crate) fn reunite(&self, inbound: Inbound) -> Option<Box<Inner<S, R>>> {
        let Parts { io, return_to, .. } = self.lock().take()?;
        Some(Box::new(Inner { inbound, io, return_to }))
    }
}

impl<S: Unpin, R: Runtime + Io<S>> Shared<S, R> {
    /// Polls for a sender. If the result is pending, registers the task and polls once more, so that no wakeup is lost.
    pub(crate) fn poll_sender<T>(
        &self,
        cx: &Context<'_>,
        mut poll: impl FnMut(&mut ConnectionIo<S, R>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let mut shared_cx = Context::from_waker(&self.waker);
        self.discard_received(&mut shared_cx);
        let first = self.watch(|io| poll(io, &mut shared_cx));
        if first.is_ready() {
            return first;
        }
        self.tasks.register_sender(cx);
        self.discard_received(&mut shared_cx);
        self.watch(|io| poll(io, &mut shared_cx))
    }

    /// Receives and discards messages after the receiver has been dropped, so that pings are answered and the end of the
    /// connection is noticed.
    fn discard_received(&self, cx: &mut Context<'_>) {
        let mut parts = self.lock();
        if let Some(Parts { io, inbound: Some(inbound), .. }) = &mut *parts
            && io.sender.state() != State::Closed
        {
            let _ = inbound.poll_peer_end(io, cx);
        }
    }
}

impl<S: Unpin, R: Runtime + Io<S>> ReceiveIo for &Shared<S, R> {
    fn handle_event(&mut self, event: Event) {
        self.watch(|io| io.handle_event(event));
    }

    fn handle_incomplete_message(&mut self) {
        self.with_io(ReceiveIo::handle_incomplete_message);
    }

    fn poll_receive(
        &mut self,
        receiver: &mut protocol::Receiver,
        until: Until,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Error>> {
        self.tasks.register_receiver(cx);
        let mut shared_cx = Context::from_waker(&self.waker);
        self.watch(|io| io.poll_receive(receiver, until, &mut shared_cx))
    }

    fn flush_and_yield(&mut self, cx: &mut Context<'_>) {
        self.tasks.register_receiver(cx);
        let mut shared_cx = Context::from_waker(&self.waker);
        self.watch(|io| io.flush_and_yield(&mut shared_cx));
    }
}

impl<S, R: Runtime> Drop for Shared<S, R> {
    /// Returns the connection to its [`ReturnSlot`](crate::ReturnSlot), as dropping a `WebSocket` does.
    fn drop(&mut self) {
        let parts = self.parts.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Parts { io, return_to: Some(return_to), inbound: Some(inbound) }) = parts {
            let inner = Inner { inbound: *inbound, io, return_to: None };
            return_to.send(Box::new(inner).into());
        }
    }
}
