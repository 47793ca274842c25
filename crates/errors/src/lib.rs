#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
//!
//! # The tree
//!
//! ```text
//! Error
//! ├── ConnectionClosed                 the outcome of a connection that ended; is_ok() after a normal close
//! ├── Handshake(HandshakeError)        the opening handshake failed
//! │   ├── Security                     certificate, redirect, or a head over its limits
//! │   ├── InvalidMessage               not HTTP
//! │   ├── InvalidMethod, InvalidProtocol
//! │   ├── InvalidStatus                the server answered, but not 101
//! │   ├── InvalidHeader                missing, duplicate, malformed or wrong
//! │   ├── InvalidOrigin, InvalidUpgrade
//! │   ├── Negotiation                  no agreement on a subprotocol or an extension
//! │   ├── DuplicateParameter, InvalidParameterName, InvalidParameterValue
//! │   └── Proxy(ProxyError)            InvalidProxy, InvalidProxyMessage, InvalidProxyStatus, Socks
//! ├── InvalidUri
//! ├── Protocol(ProtocolError)          a rule of RFC 6455 or RFC 7692 was broken
//! │   ├── one variant per rule
//! │   └── PayloadTooBig, InvalidState, Concurrency
//! ├── Io                               the network failed; an AddressError inside says where
//! └── Timeout
//! ```
//!
//! "Is a" is nesting, "caused by" is [`source`](std::error::Error::source). A family prints as itself and never repeats
//! its source. No text ever holds a secret: user information is removed from URIs.

mod error;
pub use error::{Error, ErrorCategory, ErrorLevel};

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
    DuplicateParameter, HandshakeError, InvalidMessage, InvalidMethod, InvalidOrigin,
    InvalidParameterName, InvalidParameterValue, InvalidProtocol, InvalidStatus, NegotiationError,
    OriginProblem,
};

mod header;
pub use header::{HeaderProblem, InvalidHeader, InvalidUpgrade};

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

mod timeout;
pub use timeout::{Operation, Timeout};
