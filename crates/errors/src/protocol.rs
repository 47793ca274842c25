//! Rules of [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) and [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)
//! that can be broken, by the peer or by the application.

use crate::{CloseCode, State};

/// A rule of the protocol was broken.
///
/// By the peer: then the connection fails with [`close_code`](Self::close_code), and this is the source of
/// [`ConnectionClosed`](crate::ConnectionClosed). By the application: then nothing was sent, and the connection stays
/// as it was.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A reserved bit is set that no extension gave a meaning (RFC 6455 §5.2; RFC 7692 §6).
    #[error("a reserved bit is set")]
    ReservedBits,
    /// The opcode is a reserved one (RFC 6455 §5.2).
    #[error("reserved opcode {opcode:#x}")]
    ReservedOpcode {
        /// The opcode.
        opcode: u8,
    },
    /// The length of a payload is not in its shortest form (RFC 6455 §5.2).
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
        /// Bytes in its payload, or as many of them as are known.
        length: u64,
    },
    /// A continuation frame without a message to continue (RFC 6455 §5.4).
    #[error("a continuation frame continues nothing")]
    UnexpectedContinuation,
    /// A message began before the one before it ended (RFC 6455 §5.4).
    #[error("a message begins inside a fragmented message")]
    ExpectedContinuation,
    /// A text message is not UTF-8 (RFC 6455 §8.1).
    #[error("a text message is not UTF-8")]
    InvalidUtf8,
    /// A close frame has a payload of one byte (RFC 6455 §5.5.1).
    #[error("a close frame has half a status code")]
    HalfCloseCode,
    /// A code that a close frame must not hold (RFC 6455 §7.4).
    #[error("invalid close code {code}")]
    InvalidCloseCode {
        /// The code.
        code: CloseCode,
    },
    /// The reason in a close frame is not UTF-8 (RFC 6455 §5.5.1).
    #[error("the reason of a close frame is not UTF-8")]
    InvalidCloseReason,
    /// The reason for a close frame has more than 123 bytes (RFC 6455 §5.5.1).
    #[error("the reason for closing has {length} bytes, more than 123")]
    CloseReasonTooLong {
        /// Bytes in the reason.
        length: usize,
    },
    /// Compressed data does not decompress (RFC 7692 §7.2.2).
    #[error("compressed data is corrupt")]
    CorruptDeflate,
    /// Compressed data goes on and on without any content.
    #[error("compressed data expands to nothing")]
    EmptyDeflate,
    /// A message came in more, or in smaller, fragments than the limits allow.
    #[error("a message has too many fragments")]
    TooManyFragments,
    /// A message is over the size limit.
    #[error(transparent)]
    PayloadTooBig(PayloadTooBig),
    /// The application asked for what the state of the connection forbids.
    #[error(transparent)]
    InvalidState(InvalidState),
    /// Two parts of the application did at once what only one can do.
    #[error(transparent)]
    Concurrency(ConcurrencyError),
}

impl ProtocolError {
    /// The close code that answers this error: 1007 for broken data, 1008 for floods, 1009 for size, 1011 for the
    /// application's own mistakes, 1002 for all else ([RFC 6455 §10.7](https://www.rfc-editor.org/rfc/rfc6455#section-10.7)).
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
            | Self::HalfCloseCode
            | Self::InvalidCloseCode { .. }
            | Self::CloseReasonTooLong { .. } => CloseCode::PROTOCOL_ERROR,
            Self::InvalidUtf8 | Self::InvalidCloseReason | Self::CorruptDeflate => {
                CloseCode::INVALID_DATA
            }
            Self::EmptyDeflate | Self::TooManyFragments => CloseCode::POLICY_VIOLATION,
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

/// A message is bigger than the limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Payload too big: {size} > {max_size}")]
#[non_exhaustive]
pub struct PayloadTooBig {
    /// Bytes in the message, or as many of them as are known.
    pub size: u64,
    /// The limit, in bytes.
    pub max_size: u64,
}

impl PayloadTooBig {
    /// A message of `size` bytes where `max_size` are allowed.
    pub const fn new(size: u64, max_size: u64) -> Self {
        Self { size, max_size }
    }
}

impl From<PayloadTooBig> for ProtocolError {
    fn from(error: PayloadTooBig) -> Self {
        Self::PayloadTooBig(error)
    }
}

/// The application asked for something that the state of the connection forbids.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Cannot {operation} in state {state}")]
#[non_exhaustive]
pub struct InvalidState {
    /// What was asked for: `send`, `ping`, …
    pub operation: &'static str,
    /// The state that forbids it.
    pub state: State,
}

impl InvalidState {
    /// The refusal of `operation` in `state`.
    pub const fn new(operation: &'static str, state: State) -> Self {
        Self { operation, state }
    }
}

impl From<InvalidState> for ProtocolError {
    fn from(error: InvalidState) -> Self {
        Self::InvalidState(error)
    }
}

/// Two parts of the application did at once what only one can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Concurrent {operation} operations")]
#[non_exhaustive]
pub struct ConcurrencyError {
    /// What was done twice: `send`, `recv`, …
    pub operation: &'static str,
}

impl ConcurrencyError {
    /// The clash of two times `operation`.
    pub const fn new(operation: &'static str) -> Self {
        Self { operation }
    }
}

impl From<ConcurrencyError> for ProtocolError {
    fn from(error: ConcurrencyError) -> Self {
        Self::Concurrency(error)
    }
}
