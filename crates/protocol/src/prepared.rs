//! A message that is sent to many.

use std::sync::Arc;

use crate::{Message, deflate::Cache};

/// A message that is compressed once, however many connections it is sent on.
///
/// A clone is a reference. For each size of the window that connections have agreed on, the message is compressed when
/// that size is first met.
#[derive(Clone, Debug)]
pub struct Prepared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    message: Message,
    cache: Cache,
}

impl Prepared {
    /// Prepares a message.
    pub fn new(message: impl Into<Message>) -> Self {
        Self(Arc::new(Inner { message: message.into(), cache: Cache::default() }))
    }

    /// The message.
    pub fn message(&self) -> &Message {
        &self.0.message
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.0.cache
    }
}

impl<M: Into<Message>> From<M> for Prepared {
    fn from(message: M) -> Self {
        Self::new(message)
    }
}
