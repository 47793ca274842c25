//! What is refused for the sake of security.

use std::{error::Error as StdError, fmt, sync::Arc};

/// A policy of security forbids to go on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SecurityError {
    /// A certificate was refused: that of the peer, as it has expired, or its issuer is unknown, or it bears another name;
    /// or our own, by the peer, whose alert is the source then.
    Certificate(Arc<dyn StdError + Send + Sync>),
    /// A redirect leads from `wss` to `ws`.
    Downgrade,
    /// There are more redirects than the limit allows.
    TooManyRedirects {
        /// The limit.
        max: usize,
    },
    /// The head of a request or response is over its limit.
    HeadTooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// The request line is over its limit.
    RequestLineTooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// The status line is over its limit.
    StatusLineTooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// A header line is over its limit.
    HeaderLineTooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// There are more headers than the limit allows.
    TooManyHeaders {
        /// The limit.
        max: usize,
    },
    /// The body of a response is over its limit.
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
            // What is shared, not the reference to it: so that it can be downcast.
            Self::Certificate(cause) => Some(&**cause),
            _ => None,
        }
    }
}

impl PartialEq for SecurityError {
    /// Compares the facts; the causes of two refused certificates compare by their text.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Certificate(a), Self::Certificate(b)) => a.to_string() == b.to_string(),
            (Self::Certificate(_), _) | (_, Self::Certificate(_)) => false,
            // What is left holds numbers, which the text shows whole.
            (a, b) => a.to_string() == b.to_string(),
        }
    }
}
