//! Limits and deadlines of a connection: [RFC 6455 §10.4](https://www.rfc-editor.org/rfc/rfc6455#section-10.4).

use std::time::Duration;

/// Limits and deadlines of a connection; [`Config::default`] has the values that serve most.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The most bytes that an incoming message may have, after decompression; 1 MiB. `None`: no limit.
    pub max_incoming_size: Option<u64>,
    /// The most bytes that an outgoing message may have; `None`, the default: no limit.
    pub max_outgoing_size: Option<u64>,
    /// Bytes waiting to be written from which on senders wait; 64 KiB.
    pub write_high_water: usize,
    /// How long the peer may take nothing of what waits to be written; 30 s. `None`: for ever.
    pub write_timeout: Option<Duration>,
    /// The time between two keepalive pings; 20 s. `None`: no pings.
    pub ping_interval: Option<Duration>,
    /// How long after a keepalive ping anything at all must arrive; 20 s. `None`: for ever.
    pub ping_timeout: Option<Duration>,
    /// How long the closing handshake may take, from its first frame to the end of the transport; 10 s. `None`: for
    /// ever.
    pub close_timeout: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_incoming_size: Some(1 << 20),
            max_outgoing_size: None,
            write_high_water: 64 << 10,
            write_timeout: Some(Duration::from_secs(30)),
            ping_interval: Some(Duration::from_secs(20)),
            ping_timeout: Some(Duration::from_secs(20)),
            close_timeout: Some(Duration::from_secs(10)),
        }
    }
}

impl Config {
    /// The largest buffer that a thread keeps for the next message: that of the largest message it may have to take.
    pub(crate) fn max_spare(&self) -> usize {
        self.max_incoming_size.map_or(1 << 20, |size| usize::try_from(size).unwrap_or(usize::MAX))
    }

    /// The most fragments that an incoming message may have, when they have `size` bytes together.
    ///
    /// A fragment costs no memory of its own, so the count only has to end what would never end: fragments of 64
    /// bytes may fill a message of the largest size, and one that is read in parts, whatever its size.
    pub(crate) fn max_fragments(&self, size: u64) -> u64 {
        self.max_incoming_size.map_or(u64::MAX, |max| (max.max(size) / 64).max(1024))
    }
}

/// The most empty fragments that an incoming message may have.
pub(crate) const MAX_EMPTY_FRAGMENTS: u64 = 100;
