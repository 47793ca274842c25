//! Messages that are sent on many connections.

use std::sync::Arc;

use crate::{Message, deflate::CompressedForms};

/// A message that is compressed only once, however many connections it is sent on.
///
/// Cloning is cheap: clones share the message and its compressed forms. The message is compressed when it is first sent on
/// a connection with compression, once for each negotiated window size.
///
/// # Examples
///
/// ```
/// use sockeye::{Message, Prepared, protocol::Outgoing};
///
/// let news = Prepared::new("the same text for every subscriber");
/// assert_eq!(*news.message(), "the same text for every subscriber");
/// let outgoing: Outgoing = (&news).into(); // any method that sends accepts `&news`
/// ```
#[derive(Clone, Debug)]
pub struct Prepared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    message: Message,
    compressed: CompressedForms,
}

impl Prepared {
    /// Prepares a message.
    pub fn new(message: impl Into<Message>) -> Self {
        Self(Arc::new(Inner { message: message.into(), compressed: CompressedForms::default() }))
    }

    /// Returns the message.
    pub fn message(&self) -> &Message {
        &self.0.message
    }

    /// Returns the memory that the message takes in bytes: its payload, and the memory of a prepared message. Compressed forms do
    /// not count.
    pub fn memory(&self) -> usize {
        self.message().len() + size_of::<Inner>() + COUNTERS
    }

    /// Returns the compressed forms of the message.
    pub(crate) fn compressed(&self) -> &CompressedForms {
        &self.0.compressed
    }
}

/// The memory of the reference counters of a message and its payload.
const COUNTERS: usize = 64;

impl<M: Into<Message>> From<M> for Prepared {
    fn from(message: M) -> Self {
        Self::new(message)
    }
}
