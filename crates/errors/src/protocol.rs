//! Violations of [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) and
//! [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), by the peer or by the application.

use crate::{CloseCode, State};

/// A rule of the protocol was broken.
///
/// If the peer broke it, the connection fails with [`close_code`](Self::close_code), and this error is the source of
/// [`ConnectionClosed`](crate::ConnectionClosed). If the application broke it, nothing was sent and the connection remains
/// usable.
///
/// # Examples
///
/// ```no_run
/// # #[tokio::main]
/// # async fn main() -> Result<(), sockeye::Error> {
/// use sockeye::{Error, error::ProtocolError};
///
/// let mut ws = sockeye::connect("ws://localhost:8765").max_size(1 << 20).await?;
/// match ws.send(vec![0; 2 << 20]).await {
///     Err(Error::Protocol(ProtocolError::PayloadTooBig(e))) => {
///         println!("{} bytes, but at most {} are allowed", e.size, e.max_size);
///     }
///     result => result?,
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A reserved bit is set that no negotiated extension defines (RFC 6455 §5.2; RFC 7692 §6).
    #[error("a reserved bit is set")]
    ReservedBits,
    /// The opcode is reserved (RFC 6455 §5.2).
    #[error("reserved opcode {opcode:#x}")]
    ReservedOpcode {
        /// The opcode.
        opcode: u8,
    },
    /// The length of a payload is not encoded in the shortest form (RFC 6455 §5.2).
    #[error("the payload length is not in its shortest form")]
    NonMinimalLength,
    /// The highest bit of a 64-bit length is set (RFC 6455 §5.2).
    #[error("the payload length exceeds 63 bits")]
    LengthTooLarge,
    /// A client sent a frame without a mask (RFC 6455 §5.1).
    #[error("a frame from the client is not masked")]
    Unmasked,
    /// A server sent a masked frame (RFC 6455 §5.1).
    #[error("a frame from the server is masked")]
    Masked,
    /// A control frame is fragmented (RFC 6455 §5.5).
    #[error("a control frame is fragmented")]
    FragmentedControl,
    /// A control frame has more than 125 bytes (RFC 6455 §5.5).
    #[error("a control frame has {length} bytes, more than 125")]
    ControlTooLong {
        /// The length of the payload, in bytes, as far as it is known.
        length: u64,
    },
    /// A continuation frame arrived outside of a fragmented message (RFC 6455 §5.4).
    #[error("a continuation frame continues nothing")]
    UnexpectedContinuation,
    /// A message began before the previous one was complete (RFC 6455 §5.4).
    #[error("a message begins inside a fragmented message")]
    ExpectedContinuation,
    /// A text message is not UTF-8 (RFC 6455 §8.1).
    #[error("a text message is not UTF-8")]
    InvalidUtf8,
    /// A close frame has a payload of one byte (RFC 6455 §5.5.1).
    #[error("a close frame has half a status code")]
    TruncatedCloseCode,
    /// A close frame contains a code that must not be sent (RFC 6455 §7.4).
    #[error("invalid close code {code}")]
    InvalidCloseCode {
        /// The code.
        code: CloseCode,
    },
    /// The reason in a close frame is not UTF-8 (RFC 6455 §5.5.1).
    #[error("the reason of a close frame is not UTF-8")]
    InvalidCloseReason,
    /// The reason for a close frame has more than 123 bytes (RFC 6455 §5.5.1). [`Close::truncated`](crate::Close::truncated)
    /// shortens it.
    #[error("the reason for closing has {length} bytes, more than 123")]
    CloseReasonTooLong {
        /// The length of the reason, in bytes.
        length: usize,
    },
    /// Compressed data is corrupt (RFC 7692 §7.2.2).
    #[error("compressed data is corrupt")]
    CorruptDeflate,
    /// Compressed data produces no output, or costs much more time than its length justifies.
    #[error("compressed data expands to nothing")]
    UnproductiveDeflate,
    /// A message has more fragments than the limits allow.
    #[error("a message has too many fragments")]
    TooManyFragments,
    /// A message exceeds the size limit.
    #[error(transparent)]
    PayloadTooBig(PayloadTooBig),
    /// The state of the connection does not allow the operation.
    #[error(transparent)]
    InvalidState(InvalidState),
    /// Two parts of the application ran an exclusive operation at the same time.
    #[error(transparent)]
    Concurrency(ConcurrencyError),
}

impl ProtocolError {
    /// Returns the close code that reports this error to the peer
    /// ([RFC 6455 §7.4.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1) and
    /// [§10.7](https://www.rfc-editor.org/rfc/rfc6455#section-10.7)).
    ///
    /// The code is 1007 for invalid data, 1008 for floods, 1009 for messages that are too big, 1011 for mistakes of the
    /// application, and 1002 otherwise.
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::ReservedBits
            | Self::ReservedOpcode { .. }
            | Self::NonMinimalLength
            | Self::LengthTooLarge
            | Self::Unmasked
            | Self::Masked
            | Self::FragmentedControl
            | Self::ControlTooLong { .. }
            | Self::UnexpectedContinuation
            | Self::ExpectedContinuation
            | Self::TruncatedCloseCode
            | Self::InvalidCloseCode { .. }
            | Self::CloseReasonTooLong { .. } => CloseCode::PROTOCOL_ERROR,
            Self::InvalidUtf8 | Self::InvalidCloseReason | Self::CorruptDeflate => {
                CloseCode::INVALID_DATA
            }
            Self::UnproductiveDeflate | Self::TooManyFragments => CloseCode::POLICY_VIOLATION,
            Self::PayloadTooBig(_) => CloseCode::MESSAGE_TOO_BIG,
            Self::InvalidState(_) | Self::Concurrency(_) => CloseCode::INTERNAL_ERROR,
        }
    }
}

impl From<&ProtocolError> for CloseCode {
    fn from(error: &ProtocolError) -> Self {
        error.close_code()
    }
}

/// A message exceeds the size limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Payload too big: {size} > {max_size}")]
#[non_exhaustive]
pub struct PayloadTooBig {
    /// The size of the message, in bytes, as far as it is known.
    pub size: u64,
    /// The limit, in bytes.
    pub max_size: u64,
}

impl PayloadTooBig {
    /// Creates the error for a message of `size` bytes where `max_size` are allowed.
    pub const fn new(size: u64, max_size: u64) -> Self {
        Self { size, max_size }
    }
}

impl From<PayloadTooBig> for ProtocolError {
    fn from(error: PayloadTooBig) -> Self {
        Self::PayloadTooBig(error)
    }
}

/// The state of the connection does not allow the operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Cannot {operation} in state {state}")]
#[non_exhaustive]
pub struct InvalidState {
    /// The operation: `send`, `ping`, …
    pub operation: &'static str,
    /// The state of the connection.
    pub state: State,
}

impl InvalidState {
    /// Creates the error for `operation` in `state`.
    pub const fn new(operation: &'static str, state: State) -> Self {
        Self { operation, state }
    }
}

impl From<InvalidState> for ProtocolError {
    fn from(error: InvalidState) -> Self {
        Self::InvalidState(error)
    }
}

/// Two parts of the application ran an exclusive operation at the same time.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Concurrent {operation} operations")]
#[non_exhaustive]
pub struct ConcurrencyError {
    /// The operation: `send`, `recv`, …
    pub operation: &'static str,
}

impl ConcurrencyError {
    /// Creates the error for two concurrent calls of `operation`.
    pub const fn new(operation: &'static str) -> Self {
        Self { operation }
    }
}

impl From<ConcurrencyError> for ProtocolError {
    fn from(error: ConcurrencyError) -> Self {
        Self::Concurrency(error)
    }
}
