//! A send queue without room.

/// The send queue of a connection is full, because the peer does not read as fast as the application sends.
///
/// # Examples
///
/// ```
/// # fn example(sender: &sockeye::Sender) -> Result<(), sockeye::Error> {
/// use sockeye::Error;
///
/// match sender.try_send("update") {
///     Err(Error::QueueFull(full)) => println!("skipped: {} bytes are waiting", full.queued),
///     result => result?,
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the send queue is full: {queued} bytes are waiting")]
#[non_exhaustive]
pub struct QueueFull {
    /// The number of bytes that wait to be written.
    pub queued: usize,
}

impl QueueFull {
    /// Creates the error for a queue of `queued` bytes.
    pub const fn new(queued: usize) -> Self {
        Self { queued }
    }
}
