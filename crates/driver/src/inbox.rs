//! Messages that arrived while a pong was awaited.

use std::collections::VecDeque;

use sockeye_protocol::Message;

/// Messages that arrived while a pong was awaited, oldest first; nearly always none.
#[derive(Debug, Default)]
pub(crate) struct Inbox(
    #[expect(clippy::box_collection, reason = "there is none nearly always, and a box is smaller")]
    Option<Box<VecDeque<Message>>>,
);

impl Inbox {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether no more should be kept.
    pub(crate) fn is_full(&self) -> bool {
        self.0.as_ref().is_some_and(|messages| {
            let size: usize = messages.iter().map(Message::len).sum();
            size > MAX_SIZE || messages.len() > MAX_MESSAGES
        })
    }

    pub(crate) fn push(&mut self, message: Message) {
        self.0.get_or_insert_default().push_back(message);
    }

    /// Takes out the oldest.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Message> {
        let messages = self.0.as_mut()?;
        let message = messages.pop_front();
        if messages.is_empty() {
            self.0 = None;
        }
        message
    }
}

/// Bytes of messages that are kept.
const MAX_SIZE: usize = 1 << 20;

/// The most messages that are kept.
const MAX_MESSAGES: usize = 4096;
