//! The outcome of a connection that ended.

use std::{error::Error as StdError, fmt, io, sync::Arc};

use crate::{Close, CloseCode, ProtocolError, Timeout};

/// How a connection ended: the close frames that were exchanged, and what went wrong, if anything did.
///
/// Its [`source`](StdError::source) is the root cause: the violation of the protocol, the deadline that passed, the
/// failure of the network.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ConnectionClosed {
    /// The close frame that was received.
    pub rcvd: Option<Close>,
    /// The close frame that was sent.
    pub sent: Option<Close>,
    /// Whether the peer's close frame came first; set when both exist.
    pub rcvd_then_sent: Option<bool>,
    /// What ended the connection, where it was not a close frame.
    pub cause: Option<CloseCause>,
}

/// What ended a connection that was not closed by its close frames.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CloseCause {
    /// The peer broke a rule.
    Protocol(ProtocolError),
    /// A deadline passed.
    Timeout(Timeout),
    /// The transport failed, or ended without a close frame.
    Io(Arc<io::Error>),
}

impl ConnectionClosed {
    /// Nothing has ended, and nothing was exchanged: the outcome of a connection that is open.
    pub const fn none() -> Self {
        Self { rcvd: None, sent: None, rcvd_then_sent: None, cause: None }
    }

    /// The code of the close frame that was received ([RFC 6455 §7.1.5](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.5)).
    pub fn code(&self) -> Option<CloseCode> {
        self.rcvd.as_ref().map(|close| close.code)
    }

    /// The reason in the close frame that was received ([RFC 6455 §7.1.6](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.6)).
    pub fn reason(&self) -> Option<&str> {
        self.rcvd.as_ref().map(|close| close.reason.as_str())
    }

    /// Whether the connection was closed normally: close frames both ways, each with 1000, 1001 or no code.
    pub fn is_ok(&self) -> bool {
        let normal = |close: &Option<Close>| close.as_ref().is_some_and(|c| c.code.is_normal());
        normal(&self.rcvd) && normal(&self.sent)
    }
}

impl fmt::Display for ConnectionClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rcvd {
            Some(Close { code, reason }) => {
                write!(f, "Connection closed: {code} {}", reason.escape_debug())
            }
            None => f.write_str("Connection closed"),
        }
    }
}

impl StdError for ConnectionClosed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref().map(|cause| match cause {
            CloseCause::Protocol(error) => error as _,
            CloseCause::Timeout(error) => error as _,
            CloseCause::Io(error) => error.as_ref() as _,
        })
    }
}

impl PartialEq for ConnectionClosed {
    /// Compares what was exchanged; causes that are I/O errors compare by their kind.
    fn eq(&self, other: &Self) -> bool {
        let Self { rcvd, sent, rcvd_then_sent, cause } = self;
        *rcvd == other.rcvd
            && *sent == other.sent
            && *rcvd_then_sent == other.rcvd_then_sent
            && *cause == other.cause
    }
}

impl PartialEq for CloseCause {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Protocol(a), Self::Protocol(b)) => a == b,
            (Self::Timeout(a), Self::Timeout(b)) => a == b,
            (Self::Io(a), Self::Io(b)) => a.kind() == b.kind(),
            _ => false,
        }
    }
}
