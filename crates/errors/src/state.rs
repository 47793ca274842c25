//! The state of a connection: [RFC 6455 §7.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.1).

use std::fmt;

/// The state of a connection.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the RFC has exactly these four")]
pub enum State {
    /// The opening handshake is in progress.
    Connecting,
    /// Messages can be sent and received.
    Open,
    /// A close frame was sent or received.
    Closing,
    /// Nothing can be sent or received any more.
    Closed,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connecting => "CONNECTING",
            Self::Open => "OPEN",
            Self::Closing => "CLOSING",
            Self::Closed => "CLOSED",
        })
    }
}
