//! Accepting connections until the server shuts down.

use std::{
    future::{Future, poll_fn},
    io, mem,
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
    pending_handshakes::HandshakeLimits,
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
    pub(crate) handshake_limits: HandshakeLimits,
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
        let mut accepted_in_a_row = 0;
        while let Some(accepted) = self.unless_closing(B::accept(listener)).await {
            match accepted {
                Ok((stream, peer)) => {
                    let guard = self.connections.insert(peer, self.handshake_limits);
                    R::spawn(serve_connection(Arc::clone(&self), stream, guard));
                    accepted_in_a_row += 1;
                }
                Err(error) => {
                    trace::accept_failed(&error);
                    if is_out_of_descriptors(&error) {
                        self.connections.end_oldest_handshakes();
                    }
                    // Retrying at once would only use the CPU.
                    self.unless_closing(R::sleep_until(R::now() + RETRY_AFTER)).await;
                    accepted_in_a_row = 0;
                }
            }
            // The tasks of handshakes that have ended must run, and free their memory.
            if accepted_in_a_row == MAX_IN_A_ROW {
                accepted_in_a_row = 0;
                yield_to_reactor::<R>().await;
            }
        }
    }

    /// Awaits a future until the server shuts down.
    async fn unless_closing<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if self.connections.poll_closing(cx).is_ready() {
                return Poll::Ready(None);
            }
            future.as_mut().poll(cx).map(Some)
        })
        .await
    }
}

/// Lets other tasks run.
async fn yield_to_reactor<R: Sockets>() {
    let mut is_polled = false;
    poll_fn(|cx| {
        if mem::replace(&mut is_polled, true) {
            return Poll::Ready(());
        }
        R::yield_to_reactor(cx);
        Poll::Pending
    })
    .await;
}

/// Returns whether the process or the system has too many open files. The numbers are the same on all Unix systems.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    const WSAEMFILE: i32 = 10024;
    matches!(error.raw_os_error(), Some(ENFILE | EMFILE | WSAEMFILE))
}

/// The number of connections that are accepted before other tasks run.
const MAX_IN_A_ROW: u32 = 64;

/// The delay after the operating system failed to accept a connection.
const RETRY_AFTER: Duration = Duration::from_millis(50);
