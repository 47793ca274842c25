//! How much a peer may say before the handshake is refused.

/// The limits on what is read in an opening handshake.
///
/// They are enforced as the bytes arrive: no more is ever kept than they allow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// The head of a request or response as a whole, in bytes, with all its line ends; for a
    /// client, the heads of interim responses count as well. Default: 16 KiB, thirty times what a
    /// browser sends.
    pub max_head: usize,
    /// One line of the head, in bytes, without its line end. Default: 8 KiB, room for a long URL or
    /// cookie.
    pub max_line: usize,
    /// The number of header lines. Default: 100.
    pub max_headers: usize,
    /// The body of a response that is not 101, in bytes; what is longer is cut. Default: 16 KiB,
    /// enough for an explanation.
    pub max_body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_head: 16 << 10, max_line: 8 << 10, max_headers: 100, max_body: 16 << 10 }
    }
}
