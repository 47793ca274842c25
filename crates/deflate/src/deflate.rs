//! What an application asks of permessage-deflate: [RFC 7692 §7](https://www.rfc-editor.org/rfc/rfc7692#section-7).

use std::ops::RangeInclusive;

/// The settings of the compression of messages.
///
/// They serve a client as well as a server; "own" is what we compress, "the peer's" is what we receive.
///
/// # Examples
///
/// ```
/// use sockeye_deflate::Deflate;
///
/// let deflate = Deflate::default().level(9).peer_window_bits(10).threshold(1024);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Deflate {
    pub(crate) level: u8,
    pub(crate) mem_level: u8,
    pub(crate) window_bits: Option<u8>,
    pub(crate) peer_window_bits: Option<u8>,
    pub(crate) no_context_takeover: bool,
    pub(crate) peer_no_context_takeover: bool,
    pub(crate) threshold: usize,
}

impl Default for Deflate {
    /// A good ratio for little time: level 5, a window of 12 bits, context takeover in both directions.
    ///
    /// A server asks clients for a window of 12 bits too, where they permit it; a client leaves it to the server.
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

impl Deflate {
    /// The default, but for time: level 1.
    pub fn fastest() -> Self {
        Self::default().level(1)
    }

    /// The default, but for size: level 9, windows of 15 bits, and the memory that they take.
    pub fn best() -> Self {
        Self::default().level(9).mem_level(9).window_bits(15).peer_window_bits(15)
    }

    /// Sets how hard to look for repetitions: from 1, the fastest, to 9, the smallest; 0 does not compress at all.
    ///
    /// A larger number counts as 9. The default is 5.
    #[must_use]
    pub fn level(self, level: u8) -> Self {
        Self { level: level.min(9), ..self }
    }

    /// Sets how much memory the compressor takes for what it is about to write: 2^(n + 9) bytes, from 1 to 9.
    ///
    /// A number outside counts as the nearest. The default is 5.
    #[must_use]
    pub fn mem_level(self, mem_level: u8) -> Self {
        Self { mem_level: mem_level.clamp(1, 9), ..self }
    }

    /// Sets the own window: messages are compressed by reference to the last 2^n bytes, from 8 to 15.
    ///
    /// The peer may demand less. A number outside counts as the nearest. The default is 12; a client announces its
    /// window only if it was set.
    #[must_use]
    pub fn window_bits(self, bits: u8) -> Self {
        Self { window_bits: Some(clamp(bits)), ..self }
    }

    /// Sets the window that the peer may use at most, from 8 to 15: it is what a connection holds while it is idle.
    ///
    /// A client that sets it refuses servers that do not grant it. A server can only ask clients that permit it, and
    /// serves the others with 15 bits. A number outside counts as the nearest. The default is 12 in a server and 15 in a
    /// client.
    #[must_use]
    pub fn peer_window_bits(self, bits: u8) -> Self {
        Self { peer_window_bits: Some(clamp(bits)), ..self }
    }

    /// Sets whether each own message is compressed on its own, without reference to those before it: worse compression,
    /// but nothing is remembered from message to message.
    ///
    /// The default is `false`.
    #[must_use]
    pub fn no_context_takeover(self, yes: bool) -> Self {
        Self { no_context_takeover: yes, ..self }
    }

    /// Sets whether the peer has to compress each message on its own.
    ///
    /// A client that sets it refuses servers that do not grant it. The default is `false`.
    #[must_use]
    pub fn peer_no_context_takeover(self, yes: bool) -> Self {
        Self { peer_no_context_takeover: yes, ..self }
    }

    /// Sets the size in bytes from which on a message is worth compressing.
    ///
    /// The default is 512: what is smaller travels in one packet either way, so that compressing it takes time without
    /// saving any.
    #[must_use]
    pub fn threshold(self, bytes: usize) -> Self {
        Self { threshold: bytes, ..self }
    }

    /// Whether a message of `size` bytes is worth compressing.
    pub fn is_worthwhile(&self, size: usize) -> bool {
        size >= self.threshold
    }
}

/// The window bits that can be negotiated, RFC 7692 §7.1.2.
pub(crate) const WINDOW_BITS: RangeInclusive<u8> = 8..=15;

/// The window that holds where nothing else was agreed: what DEFLATE itself allows.
pub(crate) const MAX_WINDOW_BITS: u8 = 15;

/// The window that we use, and ask for, where the application does not say: larger ones compress only a few percent
/// better, smaller ones much worse.
pub(crate) const DEFAULT_WINDOW_BITS: u8 = 12;

fn clamp(bits: u8) -> u8 {
    bits.clamp(*WINDOW_BITS.start(), *WINDOW_BITS.end())
}

#[cfg(test)]
mod tests {
    use super::Deflate;

    #[test]
    fn numbers_outside_their_range_count_as_the_nearest() {
        let low = Deflate::default().level(0).mem_level(0).window_bits(0).peer_window_bits(7);
        let high =
            Deflate::default().level(200).mem_level(10).window_bits(16).peer_window_bits(255);
        assert_eq!((low.level, high.level), (0, 9));
        assert_eq!((low.mem_level, high.mem_level), (1, 9));
        assert_eq!((low.window_bits, high.window_bits), (Some(8), Some(15)));
        assert_eq!((low.peer_window_bits, high.peer_window_bits), (Some(8), Some(15)));
    }

    #[test]
    fn a_message_of_the_threshold_is_worth_compressing() {
        let deflate = Deflate::default().threshold(100);
        assert!(deflate.is_worthwhile(100) && !deflate.is_worthwhile(99));
    }
}
