//! What is refused for the sake of security.

use std::{error::Error as StdError, sync::Arc};

/// A policy of security forbids to go on.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecurityError {
    /// The certificate of the peer was refused: expired, unknown issuer, wrong name.
    #[error("the certificate was refused")]
    Certificate(#[source] Arc<dyn StdError + Send + Sync>),
    /// A redirect leads from `wss` to `ws`.
    #[error("a redirect leads from wss to ws")]
    Downgrade,
    /// There are more redirects than the limit allows.
    #[error("more than {max} redirects")]
    TooManyRedirects {
        /// The limit.
        max: usize,
    },
    /// The head of a request or response is over its limit.
    #[error("the head has more than {max} bytes")]
    HeadTooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// The request line is over its limit.
    #[error("the request line has more than {max} bytes")]
    RequestLineTooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// The status line is over its limit.
    #[error("the status line has more than {max} bytes")]
    StatusLineTooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// A header line is over its limit.
    #[error("a header line has more than {max} bytes")]
    HeaderLineTooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// There are more headers than the limit allows.
    #[error("more than {max} headers")]
    TooManyHeaders {
        /// The limit.
        max: usize,
    },
    /// The body of a response is over its limit.
    #[error("the body has more than {max} bytes")]
    BodyTooLong {
        /// The limit, in bytes.
        max: usize,
    },
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
