//! Messages that arrived while a pong was awaited.

use std::collections::VecDeque;

use sockeye_protocol::Message;

/// Messages that arrived while a pong was awaited, oldest first; nearly always none.
#[derive(Debug, Default)]
pub(crate) struct Inbox(Option<Box<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    messages: VecDeque<Message>,
    /// Bytes in the messages.
    size: usize,
}

impl Inbox {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether no more should be kept.
    pub(crate) fn is_full(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|kept| kept.size > MAX_SIZE || kept.messages.len() > MAX_MESSAGES)
    }

    pub(crate) fn push(&mut self, message: Message) {
        let kept = self.0.get_or_insert_default();
        kept.size += message.len();
        kept.messages.push_back(message);
    }

    /// Takes out the oldest.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Message> {
        let kept = self.0.as_mut()?;
        let message = kept.messages.pop_front()?;
        kept.size -= message.len();
        if kept.messages.is_empty() {
            self.0 = None;
        }
        Some(message)
    }
}

/// Bytes of messages that are kept.
const MAX_SIZE: usize = 1 << 20;

/// The most messages that are kept.
const MAX_MESSAGES: usize = 4096;
