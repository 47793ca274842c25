#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
//!
//! # The tree
//!
//! ```text
//! Error
//! ├── ConnectionClosed                 the connection ended; is_ok() after a normal closure
//! ├── Handshake(HandshakeError)        the opening handshake failed
//! │   ├── Security                     certificate, redirect, or a head that exceeds its limits
//! │   ├── InvalidMessage               not a valid HTTP message
//! │   ├── InvalidMethod, InvalidProtocol
//! │   ├── InvalidStatus                the server answered with a status other than 101
//! │   ├── InvalidHeader                missing, duplicate, malformed or wrong
//! │   ├── InvalidOrigin, InvalidUpgrade
//! │   ├── Negotiation                  no agreement on a subprotocol or an extension
//! │   ├── DuplicateParameter, InvalidParameterName, InvalidParameterValue
//! │   └── Proxy(ProxyError)            InvalidProxy, InvalidProxyMessage, InvalidProxyStatus, Socks
//! ├── InvalidUri
//! ├── Protocol(ProtocolError)          a rule of RFC 6455 or RFC 7692 was broken
//! │   ├── one variant for each rule
//! │   └── PayloadTooBig, InvalidState, Concurrency
//! ├── Io                               the network failed; an AddressError inside names the address
//! ├── Timeout
//! └── QueueFull                        the peer does not read fast enough; `try_send` only
//! ```
//!
//! A subclass of the specification is a nested type here, and a cause is the [`source`](std::error::Error::source).
//!
//! # Texts
//!
//! `{}` of an error prints the error itself and never repeats its source. `{:#}` of [`Error`] prints the complete message
//! with the peer, the causes and a hint. No text contains a secret: the user information of URIs is removed.

mod category;
pub use category::{ErrorCategory, Severity};

mod error;
pub use error::Error;

mod closed;
pub use closed::{CloseCause, ConnectionClosed};

mod close;
pub use close::{Close, CloseCode};

mod state;
pub use state::State;

mod protocol;
pub use protocol::{ConcurrencyError, InvalidState, PayloadTooBig, ProtocolError};

mod handshake;
pub use handshake::{
    HandshakeError, InvalidMessage, InvalidMethod, InvalidOrigin, InvalidProtocol, InvalidStatus,
    OriginErrorKind,
};

mod negotiation;
pub use negotiation::{
    DuplicateParameter, InvalidParameterName, InvalidParameterValue, NegotiationError,
};

mod header;
pub use header::{HeaderErrorKind, InvalidHeader, InvalidUpgrade};

mod security;
pub use security::SecurityError;

mod proxy;
pub use proxy::{
    InvalidProxy, InvalidProxyMessage, InvalidProxyStatus, ProxyError, SocksError, SocksReply,
};

mod uri;
pub use uri::InvalidUri;

mod address;
pub use address::AddressError;

mod queue;
pub use queue::QueueFull;

mod timeout;
pub use timeout::{Operation, Timeout};

mod hint;
mod remote;
mod report;
mod retry_after;
mod text;
mod tls_text;
