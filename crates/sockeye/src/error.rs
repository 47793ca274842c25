//! The error hierarchy.
//!
//! [`Error`] is the root. Its variants contain the families: [`HandshakeError`], [`ProtocolError`],
//! [`ConnectionClosed`] and others.

#[doc(no_inline)]
pub use crate::{Close, CloseCode, ConnectionClosed, Error};
#[doc(inline)]
pub use sockeye_errors::{
    AddressError, CloseCause, ConcurrencyError, DuplicateParameter, ErrorCategory, HandshakeError,
    HeaderErrorKind, InvalidHeader, InvalidMessage, InvalidMethod, InvalidOrigin,
    InvalidParameterName, InvalidParameterValue, InvalidProtocol, InvalidProxy,
    InvalidProxyMessage, InvalidProxyStatus, InvalidState, InvalidStatus, InvalidUpgrade,
    InvalidUri, NegotiationError, Operation, OriginErrorKind, PayloadTooBig, ProtocolError,
    ProxyError, QueueFull, SecurityError, Severity, SocksError, SocksReply, Timeout,
};
