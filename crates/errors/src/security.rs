//! Violations of a security policy.

use std::{error::Error as StdError, fmt, sync::Arc};

/// A security policy was violated.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SecurityError {
    /// A certificate was refused. The source says why.
    ///
    /// Either this side refused the certificate of the peer, for example because it has expired, its issuer is unknown or
    /// it is for another name; or the peer refused the certificate of this side, and the source is its TLS alert.
    Certificate(Arc<dyn StdError + Send + Sync>),
    /// A redirect leads from `wss` to `ws`.
    Downgrade,
    /// The server redirected more often than the limit allows.
    TooManyRedirects {
        /// The limit.
        max: usize,
    },
    /// The head of a request or response exceeds its limit.
    HeadTooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// The request line exceeds its limit.
    RequestLineTooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// The status line exceeds its limit.
    StatusLineTooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// A header line exceeds its limit.
    HeaderLineTooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// The head has more headers than the limit allows.
    TooManyHeaders {
        /// The limit.
        max: usize,
    },
    /// The body of a response exceeds its limit.
    BodyTooLong {
        /// The limit, in bytes.
        max: usize,
    },
}

impl fmt::Display for SecurityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(_) => f.write_str("the certificate was refused"),
            Self::Downgrade => f.write_str("a redirect leads from wss to ws"),
            Self::TooManyRedirects { max } => write!(f, "more than {max} redirects"),
            Self::HeadTooLong { max } => write!(f, "the head has more than {max} bytes"),
            Self::RequestLineTooLong { max } => {
                write!(f, "the request line has more than {max} bytes")
            }
            Self::StatusLineTooLong { max } => {
                write!(f, "the status line has more than {max} bytes")
            }
            Self::HeaderLineTooLong { max } => write!(f, "a header line has more than {max} bytes"),
            Self::TooManyHeaders { max } => write!(f, "more than {max} headers"),
            Self::BodyTooLong { max } => write!(f, "the body has more than {max} bytes"),
        }
    }
}

impl StdError for SecurityError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            // Not the `Arc`, so that callers can downcast to the error of the TLS library.
            Self::Certificate(cause) => Some(&**cause),
            _ => None,
        }
    }
}

impl PartialEq for SecurityError {
    /// Compares the facts. Two refused certificates are equal if the texts of their causes are.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Certificate(a), Self::Certificate(b)) => a.to_string() == b.to_string(),
            (Self::Certificate(_), _) | (_, Self::Certificate(_)) => false,
            // The other variants contain at most a number, which their texts show.
            (a, b) => a.to_string() == b.to_string(),
        }
    }
}
