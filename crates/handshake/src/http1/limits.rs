//! Limits on the size of a head.

/// Limits on the bytes that are read in an opening handshake.
///
/// They are enforced as the bytes arrive: memory never exceeds them.
///
/// # Examples
///
/// ```
/// use sockeye::server::Limits;
///
/// let limits = Limits::default().max_head(64 << 10).max_line(32 << 10);
/// assert_eq!((limits.max_head, limits.max_headers), (65_536, 100));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// The maximum length of the head of a request or response in bytes, including all line ends. For a client, the heads of
    /// interim responses count as well. Default: 32 KiB: two lines of the maximum length.
    pub max_head: usize,
    /// The maximum length of one line of the head in bytes, without its line end. Default: 16 KiB, which leaves room for
    /// the cookies of a site: a browser sends them in one line, and each may have 4 KiB.
    pub max_line: usize,
    /// The maximum number of header lines. Default: 100.
    pub max_headers: usize,
    /// The maximum length in bytes of the body of a response other than 101. A longer body is truncated. Default: 16 KiB, enough
    /// for an explanation.
    pub max_body: usize,
}

impl Limits {
    /// Sets the maximum length of the head in bytes.
    #[must_use]
    pub const fn max_head(mut self, bytes: usize) -> Self {
        self.max_head = bytes;
        self
    }

    /// Sets the maximum length of one line of the head in bytes.
    #[must_use]
    pub const fn max_line(mut self, bytes: usize) -> Self {
        self.max_line = bytes;
        self
    }

    /// Sets the maximum number of header lines.
    #[must_use]
    pub const fn max_headers(mut self, lines: usize) -> Self {
        self.max_headers = lines;
        self
    }

    /// Sets the maximum length in bytes of the body of a response other than 101.
    #[must_use]
    pub const fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_head: 32 << 10, max_line: 16 << 10, max_headers: 100, max_body: 16 << 10 }
    }
}
