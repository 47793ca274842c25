//! The limits for messages that wait on one connection.

use std::time::Duration;

/// The limits for messages that other tasks queue on a connection, and the treatment of a slow consumer.
///
/// A task that queues a message waits while there is no room. A connection is a slow consumer if there is no room, and its
/// socket has not accepted any data for [`timeout`](Self::timeout). A connection whose task has not been scheduled is not: it
/// has not tried to write.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sockeye::server::{SlowConsumer, SlowPolicy};
///
/// let limits = SlowConsumer::default()
///     .max_bytes(256 << 10)
///     .timeout(Duration::from_secs(5))
///     .policy(SlowPolicy::DropNewest);
/// assert_eq!(limits.max_bytes, 256 << 10);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SlowConsumer {
    /// The number of bytes that may wait. The default is 1 MiB.
    pub max_bytes: usize,
    /// The number of messages that may wait. The default is 4096.
    pub max_messages: usize,
    /// The time for which the socket may accept none of the queued bytes. The default is 10 seconds.
    pub timeout: Option<Duration>,
    /// The treatment of a slow consumer. The default is [`SlowPolicy::Close`].
    pub policy: SlowPolicy,
}

/// The treatment of a connection that is a slow consumer.
///
/// # Examples
///
/// ```
/// use sockeye::server::{SlowConsumer, SlowPolicy};
///
/// assert_eq!(SlowConsumer::default().policy, SlowPolicy::Close);
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum SlowPolicy {
    /// Closes the connection with 1013: the client learns that it has lost messages, and may connect again.
    #[default]
    Close,
    /// Drops further messages, which do not count as delivered, until the socket accepts data again. The connection ends if that
    /// takes longer than its [`write_timeout`](sockeye_protocol::Config::write_timeout).
    DropNewest,
}

impl Default for SlowConsumer {
    fn default() -> Self {
        Self {
            max_bytes: 1 << 20,
            max_messages: 4096,
            timeout: Some(Duration::from_secs(10)),
            policy: SlowPolicy::default(),
        }
    }
}

impl SlowConsumer {
    /// Sets the number of bytes that may wait on one connection.
    ///
    /// A message counts with its payload and the memory that it takes besides, about 130 bytes. Compressed copies, which all
    /// connections share, do not count. A message that is larger than the limit waits alone.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets the number of messages that may wait on one connection.
    #[must_use]
    pub const fn max_messages(mut self, messages: usize) -> Self {
        self.max_messages = messages;
        self
    }

    /// Sets the time for which the socket of a connection without room may accept none of the queued bytes. `None` is no limit.
    ///
    /// A connection whose handler awaits none of its methods counts as slow after twice the time, because it does not send
    /// anything. The [`write_timeout`](sockeye_protocol::Config::write_timeout) of the connection applies as well.
    #[must_use]
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// Sets the treatment of a slow consumer.
    #[must_use]
    pub const fn policy(mut self, policy: SlowPolicy) -> Self {
        self.policy = policy;
        self
    }
}
