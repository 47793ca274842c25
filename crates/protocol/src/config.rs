//! Limits and deadlines of a connection: [RFC 6455 §10.4](https://www.rfc-editor.org/rfc/rfc6455#section-10.4).

use std::time::Duration;

use crate::send::MIN_BY_REFERENCE;

/// The limits and deadlines of a connection.
///
/// [`Config::default`] has values that suit most applications. Change them with the setters, which can be chained, or by
/// assigning to the fields. `None` means no limit, no deadline, or no pings.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use sockeye::Config;
///
/// let config = Config::default()
///     .max_size(16 << 20)
///     .ping_interval(Duration::from_secs(60))
///     .close_timeout(None);
/// assert_eq!(config.max_incoming_size, Some(16 << 20));
/// assert_eq!(config.close_timeout, None);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The greatest size of an incoming message in bytes, after decompression. The default is 1 MiB.
    pub max_incoming_size: Option<u64>,
    /// The greatest size of an outgoing message in bytes, before compression. The default is `None`.
    pub max_outgoing_size: Option<u64>,
    /// The greatest payload of an outgoing data frame in bytes. The default is 1 MiB.
    pub fragment_size: Option<usize>,
    /// The number of queued bytes at which sending applies backpressure. The default is 64 KiB.
    pub write_high_water: usize,
    /// The time for which the peer may accept none of the queued bytes. The default is 30 seconds.
    pub write_timeout: Option<Duration>,
    /// The time between two keepalive pings. The default is 20 seconds.
    pub ping_interval: Option<Duration>,
    /// The time within which the peer must send any byte after a keepalive ping. The default is 20 seconds.
    pub ping_timeout: Option<Duration>,
    /// The time for the whole closing handshake, up to the end of the transport. The default is 10 seconds.
    pub close_timeout: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_incoming_size: Some(1 << 20),
            max_outgoing_size: None,
            fragment_size: Some(1 << 20),
            write_high_water: 64 << 10,
            write_timeout: Some(Duration::from_secs(30)),
            ping_interval: Some(Duration::from_secs(20)),
            ping_timeout: Some(Duration::from_secs(20)),
            close_timeout: Some(Duration::from_secs(10)),
        }
    }
}

impl Config {
    /// Sets the greatest size of a message in bytes, for both directions.
    ///
    /// Equivalent to [`max_incoming_size`](Self::max_incoming_size()) and
    /// [`max_outgoing_size`](Self::max_outgoing_size()) with the same value.
    #[must_use]
    pub fn max_size(self, size: impl Into<Option<usize>>) -> Self {
        let size = size.into();
        self.max_incoming_size(size).max_outgoing_size(size)
    }

    /// Sets the greatest size of an incoming message in bytes, after decompression.
    ///
    /// A larger message fails the connection with close code 1009. The limit also bounds the memory that a peer can make the
    /// connection use. Messages that are received in parts are not limited.
    #[must_use]
    pub fn max_incoming_size(mut self, size: impl Into<Option<usize>>) -> Self {
        self.max_incoming_size = size.into().map(|size| size as u64);
        self
    }

    /// Sets the greatest size of an outgoing message in bytes, before compression.
    ///
    /// Sending a larger message returns an error, and nothing is sent. The limit also applies to messages that are sent in
    /// fragments.
    #[must_use]
    pub fn max_outgoing_size(mut self, size: impl Into<Option<usize>>) -> Self {
        self.max_outgoing_size = size.into().map(|size| size as u64);
        self
    }

    /// Sets the greatest payload of an outgoing data frame in bytes; with `None`, each message is one frame.
    ///
    /// A larger message is sent in fragments
    /// ([RFC 6455 §5.4](https://www.rfc-editor.org/rfc/rfc6455#section-5.4)). Pings and pongs are sent between them, so that a
    /// large message on a slow network does not delay the answer to a ping by more than one fragment. Values of less than
    /// 8 KiB have the effect of 8 KiB.
    #[must_use]
    pub fn fragment_size(mut self, size: impl Into<Option<usize>>) -> Self {
        self.fragment_size = size.into();
        self
    }

    /// Sets the number of queued bytes at which sending applies backpressure.
    ///
    /// While at least this many bytes wait to be written, tasks that send wait as well. A higher value increases throughput
    /// to peers with a high latency, and the memory that a slow consumer occupies. Zero has the effect of 1.
    #[must_use]
    pub fn write_high_water(mut self, bytes: usize) -> Self {
        self.write_high_water = bytes;
        self
    }

    /// Sets the time for which the peer may accept none of the queued bytes.
    ///
    /// The connection fails when it passes. The deadline restarts with each byte that the transport accepts.
    #[must_use]
    pub fn write_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.write_timeout = timeout.into();
        self
    }

    /// Sets the time between two keepalive pings; `None` disables keepalive.
    ///
    /// Keepalive detects dead connections, and prevents proxies from closing idle ones. Intervals of less than a millisecond
    /// have the effect of a millisecond.
    #[must_use]
    pub fn ping_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.ping_interval = interval.into();
        self
    }

    /// Sets the time within which the peer must send any byte after a keepalive ping.
    ///
    /// The connection fails with close code 1011 when it passes. With `None`, pings are sent, but their answers are not
    /// awaited. Timeouts of less than a millisecond have the effect of a millisecond.
    #[must_use]
    pub fn ping_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.ping_timeout = timeout.into();
        self
    }

    /// Sets the time for the whole closing handshake, from its first close frame to the end of the transport.
    ///
    /// When it passes, the transport is closed without waiting for the peer.
    #[must_use]
    pub fn close_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.close_timeout = timeout.into();
        self
    }

    /// Returns the greatest payload of an outgoing data frame.
    #[inline]
    pub(crate) fn max_frame_payload(&self) -> usize {
        // Smaller messages take a path that need not compare their length with the limit.
        self.fragment_size.map_or(usize::MAX, |size| size.max(MIN_BY_REFERENCE))
    }

    /// Returns the size of the largest buffer that a thread keeps for the next message: the size of the largest incoming
    /// message.
    pub(crate) fn max_pooled_buffer(&self) -> usize {
        self.max_incoming_size.map_or(1 << 20, |size| usize::try_from(size).unwrap_or(usize::MAX))
    }

    /// Returns the greatest number of fragments of an incoming message whose fragments have `size` bytes together.
    ///
    /// A fragment occupies no memory of its own, so the limit only has to end messages that would never end: fragments of
    /// 64 bytes can fill a message of the greatest size, and any message that is received in parts.
    pub(crate) fn max_fragments(&self, size: u64) -> u64 {
        self.max_incoming_size.map_or(u64::MAX, |max| (max.max(size) / 64).max(1024))
    }
}

/// The greatest number of empty fragments of an incoming message.
pub(crate) const MAX_EMPTY_FRAGMENTS: u64 = 100;
