//! The outcome of a connection that ended.

use std::{error::Error as StdError, fmt, io, sync::Arc};

use crate::{
    Close, CloseCode, ProtocolError, Timeout,
    remote::Remote,
    text::{Escaped, causes},
};

/// The way in which a connection ended: the close frames that were exchanged, and the failure if there was one.
///
/// The [`source`](StdError::source) is the root cause: the violation of the protocol, the deadline that passed, or the
/// failure of the network.
///
/// `{}` prints the received close frame only, as other WebSocket libraries do. `{:#}` prints the complete message: both
/// close frames, the names of their codes, the side that sent them, and the cause.
///
/// # Examples
///
/// ```no_run
/// # #[tokio::main]
/// # async fn main() -> Result<(), sockeye::Error> {
/// use sockeye::Error;
///
/// let mut ws = sockeye::connect("ws://localhost:8765").await?;
/// match ws.recv().await {
///     Ok(message) => println!("{message:?}"),
///     Err(Error::ConnectionClosed(closed)) if closed.is_ok() => println!("done"),
///     Err(Error::ConnectionClosed(closed)) => {
///         println!("code {:?}, reason {:?}", closed.code(), closed.reason());
///         println!("{closed:#}");
///     }
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ConnectionClosed {
    /// The close frame that was received.
    pub rcvd: Option<Close>,
    /// The close frame that was sent.
    pub sent: Option<Close>,
    /// Whether the close frame of the peer came first; `None` unless both frames exist.
    pub rcvd_then_sent: Option<bool>,
    /// The failure that ended the connection; `None` if a close frame ended it.
    pub cause: Option<CloseCause>,
    /// Whether the peer sent its close frame after the first fragment of a message and before the last one, so that this message
    /// is lost.
    ///
    /// The protocol allows that, so [`is_ok`](Self::is_ok) can be true all the same.
    pub is_message_incomplete: bool,
    pub(crate) remote: Remote,
}

/// A failure that ended a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CloseCause {
    /// The peer broke a rule of the protocol.
    Protocol(ProtocolError),
    /// A deadline passed.
    Timeout(Timeout),
    /// The transport failed, or ended without a close frame.
    Io(Arc<io::Error>),
}

impl ConnectionClosed {
    /// Creates the outcome of a connection with the close frames that were received and sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use sockeye::{Close, CloseCode, ConnectionClosed};
    ///
    /// let closed = ConnectionClosed::new(Some(Close::new(CloseCode::NORMAL, "bye")), None);
    /// assert_eq!(closed.to_string(), "Connection closed: 1000 bye");
    /// assert!(!closed.is_ok(), "this side did not reply");
    /// ```
    pub const fn new(rcvd: Option<Close>, sent: Option<Close>) -> Self {
        Self {
            rcvd,
            sent,
            rcvd_then_sent: None,
            cause: None,
            is_message_incomplete: false,
            remote: Remote::NONE,
        }
    }

    /// Returns the code of the received close frame
    /// ([RFC 6455 §7.1.5](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.5)).
    pub fn code(&self) -> Option<CloseCode> {
        self.rcvd.as_ref().map(|close| close.code)
    }

    /// Returns the reason in the received close frame
    /// ([RFC 6455 §7.1.6](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.6)).
    pub fn reason(&self) -> Option<&str> {
        self.rcvd.as_ref().map(|close| close.reason.as_str())
    }

    /// Returns whether the connection was closed normally: both sides sent a close frame, each with 1000, 1001 or no code.
    pub fn is_ok(&self) -> bool {
        let normal = |close: &Option<Close>| close.as_ref().is_some_and(|c| c.code.is_normal());
        normal(&self.rcvd) && normal(&self.sent)
    }

    /// Writes both close frames and the cause.
    fn write_complete(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.remote.uri().or(self.remote.peer()) {
            Some(peer) => write!(f, "Connection with {peer} closed")?,
            None => f.write_str("Connection closed")?,
        }
        match (&self.rcvd, &self.sent) {
            (Some(rcvd), Some(sent)) if self.rcvd_then_sent == Some(false) => {
                write!(f, ": this side sent {}; the peer replied {}", Frame(sent), Frame(rcvd))?;
            }
            // A reply repeats the code.
            (Some(rcvd), Some(sent)) if rcvd.code != sent.code => {
                write!(f, ": the peer sent {}; this side replied {}", Frame(rcvd), Frame(sent))?;
            }
            (Some(rcvd), _) => write!(f, ": the peer sent {}", Frame(rcvd))?,
            // The cause says more than the reason that was derived from it.
            (None, Some(sent)) if self.cause.is_some() => {
                write!(f, ": this side sent {}", Frame(&Close::new(sent.code, "")))?;
            }
            (None, Some(sent)) => {
                write!(f, ": this side sent {}; the peer did not reply", Frame(sent))?;
            }
            (None, None) => {}
        }
        if self.is_message_incomplete {
            f.write_str(", before the end of a message")?;
        }
        causes(self, "", f)
    }
}

impl fmt::Display for ConnectionClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return self.write_complete(f);
        }
        match &self.rcvd {
            Some(Close { code, reason }) => {
                write!(f, "Connection closed: {code} {}", reason.escape_debug())
            }
            None => f.write_str("Connection closed"),
        }
    }
}

/// A close frame in words.
struct Frame<'a>(&'a Close);

impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Close { code, reason } = self.0;
        if *code == 1005 {
            return f.write_str("a close frame without a code");
        }
        write!(f, "{code:#}")?;
        if reason.is_empty() { Ok(()) } else { write!(f, ": {}", Escaped(reason)) }
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
    /// Compares the close frames and the causes. Causes that are I/O errors are equal if their kinds are.
    fn eq(&self, other: &Self) -> bool {
        let Self { rcvd, sent, rcvd_then_sent, cause, is_message_incomplete, remote: _ } = self;
        *rcvd == other.rcvd
            && *sent == other.sent
            && *rcvd_then_sent == other.rcvd_then_sent
            && *cause == other.cause
            && *is_message_incomplete == other.is_message_incomplete
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
