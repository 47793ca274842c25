//! The handler of a server's connections and the hook for its requests.

use std::{error::Error as StdError, sync::Arc};

use http::StatusCode;
use sockeye_handshake::{Rejection, Request};

/// The error of a handler: any error.
///
/// A handler that is a function declares it: `async fn handle(ws: WebSocket) -> Result<(), HandlerError>`. Call a handler
/// that returns another error in a closure: `|ws| async { Ok(handle(ws).await?) }`.
pub type HandlerError = Box<dyn StdError + Send + Sync>;

pub(crate) type OnRequest = Arc<dyn Fn(&Request) -> Decision + Send + Sync>;

/// The decision of an `on_request` hook about a request, before it is validated.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a request is either validated or rejected")]
pub enum Decision {
    /// Validates the request and accepts the connection.
    Accept,
    /// Sends this response.
    Reject(Rejection),
}

impl Decision {
    /// Rejects the request with this status and body.
    pub fn reject(status: StatusCode, body: impl Into<Vec<u8>>) -> Self {
        Self::Reject(Rejection::new(status, body))
    }
}

impl From<Rejection> for Decision {
    fn from(rejection: Rejection) -> Self {
        Self::Reject(rejection)
    }
}
