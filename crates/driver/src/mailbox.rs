//! What a server asks of its connections, wherever they are at the moment.

use std::{
    collections::VecDeque,
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Waker,
};

use sockeye_errors::{Close, CloseCode};
use sockeye_protocol::Prepared;

/// The orders of a server to one of its connections, which carries them out when it is next polled.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    /// Whether there is anything to fetch: so that the common case takes no lock.
    waiting: AtomicBool,
    letters: Mutex<Letters>,
    /// Where it stands on a [`Roll`](crate::roll::Roll), whose lock guards it.
    place: AtomicUsize,
}

#[derive(Debug)]
enum Letters {
    Read {
        /// What there is to fetch, if there is anything.
        post: Option<Box<Post>>,
        /// Whom to wake for it.
        waker: Waker,
    },
    /// No more letters are read.
    Shut,
}

impl Default for Letters {
    fn default() -> Self {
        Self::Read { post: None, waker: Waker::noop().clone() }
    }
}

#[derive(Debug, Default)]
struct Post {
    messages: VecDeque<Prepared>,
    /// Bytes in the messages.
    len: usize,
    close: Option<Close>,
}

/// An order.
#[derive(Debug)]
pub(crate) enum Command {
    Send(Prepared),
    Close(Close),
}

impl Mailbox {
    /// Leaves a message. A connection that has more than `cap` bytes waiting does not keep up: it is closed with 1008
    /// rather than served with gaps. Returns whether the message was left.
    pub(crate) fn send(&self, message: Prepared, cap: usize) -> bool {
        let mut letters = self.letters();
        let Letters::Read { post, .. } = &mut *letters else { return false };
        let post = post.get_or_insert_default();
        if post.close.is_some() {
            return false;
        }
        let kept_up = post.len <= cap;
        if kept_up {
            post.len += message.message().len();
            post.messages.push_back(message);
        } else {
            let close = Close::new(CloseCode::POLICY_VIOLATION, "too slow");
            **post = Post { close: Some(close), ..Post::default() };
        }
        self.ring(letters);
        kept_up
    }

    /// Leaves the order to close.
    pub(crate) fn close(&self, close: Close) {
        let mut letters = self.letters();
        let Letters::Read { post, .. } = &mut *letters else { return };
        post.get_or_insert_default().close.get_or_insert(close);
        self.ring(letters);
    }

    /// No more letters are read: the connection is over.
    pub(crate) fn shut(&self) {
        *self.letters() = Letters::Shut;
    }

    /// Asks to be woken for the next letter.
    pub(crate) fn register(&self, waker: &Waker) {
        if let Letters::Read { waker: place, .. } = &mut *self.letters() {
            place.clone_from(waker);
        }
    }

    /// Wakes who asked for it, though there may be no letter.
    pub(crate) fn wake(&self) {
        self.ring(self.letters());
    }

    pub(crate) fn place(&self) -> usize {
        self.place.load(Ordering::Relaxed)
    }

    pub(crate) fn set_place(&self, place: usize) {
        self.place.store(place, Ordering::Relaxed);
    }

    /// Whether there may be something to fetch.
    #[inline]
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Acquire)
    }

    /// The next order; messages only where there is `room` for them, an order to close always.
    pub(crate) fn fetch(&self, room: bool) -> Option<Command> {
        let mut letters = self.letters();
        let Letters::Read { post, .. } = &mut *letters else {
            self.waiting.store(false, Ordering::Release);
            return None;
        };
        let command = post.as_mut().and_then(|post| post.take(room));
        if post.as_ref().is_none_or(|post| post.is_empty()) {
            *post = None;
            self.waiting.store(false, Ordering::Release);
        }
        if let Some(Command::Close(_)) = command {
            // Nothing follows the close frame.
            *letters = Letters::Shut;
        }
        command
    }

    fn ring(&self, mut letters: MutexGuard<'_, Letters>) {
        self.waiting.store(true, Ordering::Release);
        let Letters::Read { waker, .. } = &mut *letters else { return };
        let waker = mem::replace(waker, Waker::noop().clone());
        drop(letters);
        waker.wake();
    }

    fn letters(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post {
    fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.close.is_none()
    }

    fn take(&mut self, room: bool) -> Option<Command> {
        if room && let Some(message) = self.messages.pop_front() {
            self.len -= message.message().len();
            return Some(Command::Send(message));
        }
        let close = self.close.take()?;
        self.messages = VecDeque::new();
        Some(Command::Close(close))
    }
}
