//! The ways to a connection.

use std::future::Future;

#[cfg(unix)]
use sockeye_driver::BindUnix;
use sockeye_driver::{
    self as driver, Bind, HandlerError, Io, errors::Error, handshake::WebSocketUri,
};

use crate::{Accepting, Connect, ConnectOver, Reconnect, Serve, Smol, WebSocket};

/// Connects to a server.
///
/// # Errors
///
/// Awaiting fails with any of [`Error`] but `ConnectionClosed`.
pub fn connect<U>(uri: U) -> Connect
where
    U: TryInto<WebSocketUri>,
    U::Error: Into<Error>,
{
    driver::connect(uri)
}

/// Connects to a server over a stream that is connected already.
///
/// # Errors
///
/// Awaiting fails with any of [`Error`] but `ConnectionClosed`.
pub fn client<S, U>(uri: U, stream: S) -> ConnectOver<S>
where
    Smol: Io<S>,
    U: TryInto<WebSocketUri>,
    U::Error: Into<Error>,
{
    driver::client(uri, stream)
}

/// Connects to a server again and again: call [`next`](driver::Reconnect::next) for each connection.
pub fn reconnect<U>(uri: U) -> Reconnect
where
    U: TryInto<WebSocketUri>,
    U::Error: Into<Error>,
{
    driver::reconnect(uri)
}

/// Listens for connections, and runs `handler` for each, in a task of its own.
///
/// When the handler returns and the connection it was given has been dropped, the connection is closed: with 1000 after
/// `Ok`, with 1011 after an error or a panic. The feature `tracing` tells of the error; without it, nobody does.
///
/// A handler fails with [`HandlerError`], which `?` makes of any error: a function has to say so, a closure has not. A
/// function that returns another error is called in a closure:
///
/// ```
/// # use sockeye_driver::{HandlerError, errors::Error};
/// # use sockeye_smol::{WebSocket, serve};
/// async fn echo(mut ws: WebSocket) -> Result<(), HandlerError> {
///     while let Some(message) = ws.next().await? {
///         ws.send(message).await?;
///     }
///     Ok(())
/// }
///
/// async fn greet(mut ws: WebSocket) -> Result<(), Error> {
///     ws.send("Hello").await
/// }
///
/// let echoing = serve("127.0.0.1:8765", echo);
/// let greeting = serve("127.0.0.1:8766", |ws| async { Ok(greet(ws).await?) });
/// ```
///
/// # Errors
///
/// Awaiting fails when the address cannot be listened on, and when a setting makes no sense.
pub fn serve<H, F>(bind: impl Into<Bind>, handler: H) -> Serve<H>
where
    H: Fn(WebSocket) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    driver::serve(bind, handler)
}

/// Listens for connections by a Unix socket; all else is as with [`serve`].
///
/// # Errors
///
/// Awaiting fails when the path cannot be listened on, see [`BindUnix`], and when a setting makes no sense.
#[cfg(unix)]
pub fn serve_unix<H, F>(bind: impl Into<BindUnix>, handler: H) -> Serve<H, BindUnix>
where
    H: Fn(WebSocket) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    driver::serve_unix(bind, handler)
}

/// Accepts a WebSocket on a stream that was accepted.
///
/// Reads and checks the request; the answer is up to the caller: [`accept`](driver::Handshake::accept) opens the connection.
///
/// # Errors
///
/// Awaiting fails when the request is not that of a WebSocket, or not admitted; the client was told.
pub fn accept<S>(stream: S) -> Accepting<S>
where
    Smol: Io<S>,
{
    driver::accept(stream)
}
