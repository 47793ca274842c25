//! Messages that arrived while the application awaited a pong.

use std::collections::VecDeque;

use sockeye_protocol::Message;

/// Messages that arrived while the application awaited a pong, oldest first. Boxed, because there are usually none.
#[derive(Debug, Default)]
pub(crate) struct PendingMessages(Option<Box<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Message>,
    /// The number of bytes in the messages.
    size: usize,
}

impl PendingMessages {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns whether the limit is exceeded.
    pub(crate) fn is_full(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|queue| queue.size > MAX_SIZE || queue.messages.len() > MAX_MESSAGES)
    }

    pub(crate) fn push(&mut self, message: Message) {
        let queue = self.0.get_or_insert_default();
        queue.size += message.len();
        queue.messages.push_back(message);
    }

    /// Removes the oldest message.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Message> {
        let queue = self.0.as_mut()?;
        let message = queue.messages.pop_front()?;
        queue.size -= message.len();
        if queue.messages.is_empty() {
            self.0 = None;
        }
        Some(message)
    }
}

/// The limit in bytes.
const MAX_SIZE: usize = 1 << 20;

/// The limit in messages.
const MAX_MESSAGES: usize = 4096;
