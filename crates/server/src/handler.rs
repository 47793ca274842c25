//! The handler of a server's connections, and the hooks for its requests and errors.

use std::{any::Any, error::Error as StdError, fmt, sync::Arc};

use http::StatusCode;
use sockeye_errors::Error;
use sockeye_handshake::{Rejection, Request};
use sockeye_net::Truncated;

/// The error of a handler: any error.
///
/// `?` converts every error type to it, also `anyhow::Error`. A handler that is a function declares it as the error of its
/// result. A closure infers it. Messages of the compiler name the type behind the alias: `Box<dyn Error + Send + Sync>`.
///
/// # Examples
///
/// ```
/// use sockeye::{HandlerError, WebSocket};
///
/// async fn sum(mut ws: WebSocket) -> Result<(), HandlerError> {
///     let mut sum = 0;
///     while let Some(message) = ws.next().await? {
///         let text = message.as_text().ok_or("text expected")?;
///         sum += text.parse::<i64>()?;
///         ws.feed(sum.to_string()).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// A function with another error type is called in a closure:
///
/// ```no_run
/// use sockeye::{Error, WebSocket};
///
/// async fn greet(mut ws: WebSocket) -> Result<(), Error> {
///     ws.send("Hello").await
/// }
///
/// # async fn example() -> Result<(), Error> {
/// let server =
///     sockeye::serve("127.0.0.1:8765", |ws| async { Ok(greet(ws).await?) }).await?;
/// # Ok(())
/// # }
/// ```
pub type HandlerError = Box<dyn StdError + Send + Sync>;

pub(crate) type OnRequest = Arc<dyn Fn(&Request) -> Decision + Send + Sync>;

pub(crate) type OnError = Arc<dyn Fn(&HandlerError, Option<&Request>) + Send + Sync>;

/// The error of a handler that panicked, as [`Serve::on_error`](crate::Serve::on_error) receives it.
///
/// # Examples
///
/// ```no_run
/// # use sockeye::{HandlerError, WebSocket};
/// # async fn handle(ws: WebSocket) -> Result<(), HandlerError> { Ok(()) }
/// # async fn example() -> Result<(), sockeye::Error> {
/// use sockeye::server::HandlerPanic;
///
/// let server = sockeye::serve("127.0.0.1:8765", handle)
///     .on_error(|error, _| {
///         if error.is::<HandlerPanic>() {
///             eprintln!("{error}");
///         }
///     })
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HandlerPanic {
    message: String,
}

impl HandlerPanic {
    pub(crate) fn new(payload: &(dyn Any + Send)) -> Self {
        let message = match payload.downcast_ref::<String>() {
            Some(message) => message.clone(),
            None => payload.downcast_ref::<&str>().copied().unwrap_or("unknown reason").to_owned(),
        };
        Self { message }
    }
}

impl fmt::Display for HandlerPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "handler panicked: {}", self.message)
    }
}

impl StdError for HandlerPanic {}

/// The default of [`Serve::on_error`](crate::Serve::on_error): prints the failure in a program with debug assertions, so
/// that a developer sees it without configuration.
pub(crate) fn report(error: &HandlerError, request: Option<&Request>) {
    // The panic hook prints panics. The end of a connection is no failure of the handler.
    let is_closed = matches!(error.downcast_ref(), Some(Error::ConnectionClosed(_)));
    if cfg!(debug_assertions) && !is_closed && !error.is::<HandlerPanic>() {
        let path = request.map_or("?", Request::path);
        eprintln!("sockeye: the handler of {} failed: {error:#}", Truncated::new(path));
    }
}

/// The decision of an [`on_request`](crate::Serve::on_request) hook about a request, before it is validated.
///
/// # Examples
///
/// ```
/// use sockeye::{Request, http::StatusCode, server::{Decision, Rejection}};
///
/// fn decide(request: &Request) -> Decision {
///     match request.header("Authorization") {
///         Some("Bearer s3cr3t") => Decision::Accept,
///         Some(_) => Decision::reject(StatusCode::FORBIDDEN, "unknown token"),
///         None => Rejection::unauthorized("chat").expect("a valid realm").into(),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a request is either validated or rejected")]
pub enum Decision {
    /// Validates the request and accepts the connection.
    Accept,
    /// Sends this response.
    Reject(Rejection),
}

impl Decision {
    /// Rejects the request with this status and body. [`Rejection`] can also set headers.
    pub fn reject(status: StatusCode, body: impl Into<Vec<u8>>) -> Self {
        Self::Reject(Rejection::new(status, body))
    }
}

impl From<Rejection> for Decision {
    fn from(rejection: Rejection) -> Self {
        Self::Reject(rejection)
    }
}
