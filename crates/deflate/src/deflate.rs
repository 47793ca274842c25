//! The configuration of permessage-deflate: [RFC 7692 §7](https://www.rfc-editor.org/rfc/rfc7692#section-7).

use std::ops::RangeInclusive;

/// The configuration of the compression of messages, for clients and servers.
///
/// Compression needs the consent of the peer. A client offers it, and a server that is configured for it accepts.
///
/// # Examples
///
/// ```no_run
/// # #[tokio::main]
/// # async fn main() -> Result<(), sockeye::Error> {
/// use sockeye::DeflateConfig;
///
/// let deflate = DeflateConfig::default().level(9).threshold(1024);
/// let ws = sockeye::connect("wss://example.com").compression(deflate).await?;
/// println!("compressed: {}", ws.is_compressed());
/// # Ok(())
/// # }
/// ```
///
/// On a server with many idle connections, a smaller window of the peer saves memory:
///
/// ```
/// use sockeye::DeflateConfig;
///
/// let deflate = DeflateConfig::fastest().peer_window_bits(10);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeflateConfig {
    pub(crate) level: u8,
    pub(crate) mem_level: u8,
    pub(crate) window_bits: Option<u8>,
    pub(crate) peer_window_bits: Option<u8>,
    pub(crate) no_context_takeover: bool,
    pub(crate) peer_no_context_takeover: bool,
    pub(crate) threshold: usize,
}

impl Default for DeflateConfig {
    /// Returns a balanced configuration: level 5, a window of 12 bits, context takeover in both directions.
    ///
    /// A server requests a window of 12 bits of its clients too, if they permit it. A client leaves the choice to the server.
    fn default() -> Self {
        Self {
            level: 5,
            mem_level: 5,
            window_bits: None,
            peer_window_bits: None,
            no_context_takeover: false,
            peer_no_context_takeover: false,
            threshold: 512,
        }
    }
}

impl DeflateConfig {
    /// Returns the default configuration with level 1, the fastest one.
    pub fn fastest() -> Self {
        Self::default().level(1)
    }

    /// Returns the configuration for the smallest output: level 9 and windows of 15 bits. It needs the most memory.
    pub fn best() -> Self {
        Self::default().level(9).mem_level(9).window_bits(15).peer_window_bits(15)
    }

    /// Sets the compression level, from 1 (fastest) to 9 (smallest output). Level 0 does not compress at all.
    ///
    /// Larger numbers count as 9. The default is 5.
    ///
    /// # Examples
    ///
    /// ```
    /// let deflate = sockeye::DeflateConfig::default().level(1);
    /// assert_eq!(deflate, sockeye::DeflateConfig::fastest());
    /// ```
    #[must_use]
    pub fn level(self, level: u8) -> Self {
        Self { level: level.min(9), ..self }
    }

    /// Sets the memory for the pending output of the compressor: 2^(n + 9) bytes, with n from 1 to 9.
    ///
    /// A number outside of the range counts as the nearest in it. The default is 5.
    #[must_use]
    pub fn mem_level(self, mem_level: u8) -> Self {
        Self { mem_level: mem_level.clamp(1, 9), ..self }
    }

    /// Sets the window of this side: compressed messages refer to at most the last 2^n bytes, with n from 8 to 15.
    ///
    /// The peer may demand a smaller one. A number outside of the range counts as the nearest in it. The default is 12. A
    /// client announces its window only if this method sets it, and a server only to a client that asks for it.
    #[must_use]
    pub fn window_bits(self, bits: u8) -> Self {
        Self { window_bits: Some(clamp(bits)), ..self }
    }

    /// Sets the largest window of the peer: 2^n bytes, with n from 8 to 15. A connection holds this window while it is idle.
    ///
    /// A client that sets it refuses servers that do not grant it. A server can only request it of clients that permit it;
    /// other clients use 15 bits. A number outside of the range counts as the nearest in it. The default is 12 in a server and
    /// 15 in a client.
    #[must_use]
    pub fn peer_window_bits(self, bits: u8) -> Self {
        Self { peer_window_bits: Some(clamp(bits)), ..self }
    }

    /// Sets whether this side compresses each message independently of earlier ones. The compression is worse, but the
    /// connection keeps no data from message to message.
    ///
    /// The default is `false`.
    #[must_use]
    pub fn no_context_takeover(self, yes: bool) -> Self {
        Self { no_context_takeover: yes, ..self }
    }

    /// Sets whether the peer has to compress each message independently of earlier ones.
    ///
    /// A client that sets it refuses servers that do not grant it. The default is `false`.
    #[must_use]
    pub fn peer_no_context_takeover(self, yes: bool) -> Self {
        Self { peer_no_context_takeover: yes, ..self }
    }

    /// Sets the minimum size of a message to compress, in bytes.
    ///
    /// The default is 512. A smaller message fits in one packet in any case, so that compressing it costs time without any
    /// gain.
    #[must_use]
    pub fn threshold(self, bytes: usize) -> Self {
        Self { threshold: bytes, ..self }
    }

    /// Returns whether a message of `size` bytes reaches the threshold.
    pub fn is_worthwhile(&self, size: usize) -> bool {
        size >= self.threshold
    }
}

/// The window bits that can be negotiated (RFC 7692 §7.1.2).
pub(crate) const WINDOW_BITS: RangeInclusive<u8> = 8..=15;

/// The window that applies if no other one was agreed on: the largest one of DEFLATE.
pub(crate) const MAX_WINDOW_BITS: u8 = 15;

/// The window that this side uses and requests by default: larger ones compress only a few percent better, smaller ones
/// much worse.
pub(crate) const DEFAULT_WINDOW_BITS: u8 = 12;

fn clamp(bits: u8) -> u8 {
    bits.clamp(*WINDOW_BITS.start(), *WINDOW_BITS.end())
}

#[cfg(test)]
mod tests {
    use super::DeflateConfig;

    #[test]
    fn numbers_outside_their_range_count_as_the_nearest() {
        let low = DeflateConfig::default().level(0).mem_level(0).window_bits(0).peer_window_bits(7);
        let high =
            DeflateConfig::default().level(200).mem_level(10).window_bits(16).peer_window_bits(255);
        assert_eq!((low.level, high.level), (0, 9));
        assert_eq!((low.mem_level, high.mem_level), (1, 9));
        assert_eq!((low.window_bits, high.window_bits), (Some(8), Some(15)));
        assert_eq!((low.peer_window_bits, high.peer_window_bits), (Some(8), Some(15)));
    }

    #[test]
    fn a_message_of_the_threshold_is_worth_compressing() {
        let deflate = DeflateConfig::default().threshold(100);
        assert!(deflate.is_worthwhile(100) && !deflate.is_worthwhile(99));
    }
}
