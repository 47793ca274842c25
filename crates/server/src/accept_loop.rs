//! Accepting connections until the server shuts down.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use sockeye_connection::WebSocket;
use sockeye_net::{Sockets, TcpOptions, tls::ServerTls};

use crate::{
    Accept, HandlerError,
    bind::Bindable,
    connection_task::serve_connection,
    connections::Connections,
    handler::{OnError, OnRequest},
    trace,
};

/// The state that the accept loop and all connection tasks of a server share.
pub(crate) struct AcceptLoop<R, H> {
    pub(crate) handler: H,
    pub(crate) accept: Accept<R, ()>,
    pub(crate) on_request: Option<OnRequest>,
    pub(crate) on_error: OnError,
    pub(crate) tcp: TcpOptions,
    pub(crate) tls: ServerTls,
    pub(crate) connections: Arc<Connections>,
}

impl<R, H, F> AcceptLoop<R, H>
where
    R: Sockets,
    H: Fn(WebSocket<R::Stream, R>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    /// Accepts streams until the server shuts down, and spawns a task for each.
    pub(crate) async fn run<B: Bindable<R>>(self: Arc<Self>, listener: &B::Listener) {
        while poll_fn(|cx| self.connections.poll_capacity(cx, MAX_HANDSHAKES)).await.is_some() {
            let mut accept = pin!(B::accept(listener));
            let accepted = poll_fn(|cx| {
                if self.connections.poll_closing(cx).is_ready() {
                    return Poll::Ready(None);
                }
                accept.as_mut().poll(cx).map(Some)
            });
            match accepted.await {
                None => return,
                Some(Ok(stream)) => {
                    let guard = self.connections.insert();
                    R::spawn(serve_connection(Arc::clone(&self), stream, guard));
                }
                // For example when no file descriptor is left. Retrying at once would only use the CPU.
                Some(Err(error)) => {
                    trace::accept_failed(&error);
                    R::sleep_until(R::now() + RETRY_AFTER).await;
                }
            }
        }
    }
}

/// The maximum number of handshakes in progress.
const MAX_HANDSHAKES: usize = 1024;

/// The delay after the operating system failed to accept a connection.
const RETRY_AFTER: Duration = Duration::from_millis(50);
