//! The deadline of a graceful shutdown.

use std::{future::poll_fn, task::Poll, time::Duration};

use sockeye_errors::{Error, Operation};
use sockeye_net::{Deadline, Runtime};

use crate::{connections::Connections, trace};

/// Waits for the end of a server that accepts no more connections. If the connections are still open `timeout` after they were
/// to be closed, cancels their handlers.
pub(crate) async fn finish<R: Runtime>(connections: &Connections, timeout: Option<Duration>) {
    poll_fn(|cx| connections.poll_close_requested(cx)).await;
    if ended::<R>(connections, timeout).await.is_err() {
        trace::handlers_cancelled(connections.len());
        connections.abort();
        if ended::<R>(connections, Some(CANCEL_TIMEOUT)).await.is_err() {
            connections.abandon();
        }
    }
}

async fn ended<R: Runtime>(
    connections: &Connections,
    timeout: Option<Duration>,
) -> Result<(), Error> {
    let deadline = Deadline::after::<R>(timeout);
    deadline
        .timeout_fn::<R, _>(Operation::Close, |cx| -> Poll<Result<(), Error>> {
            connections.poll_ended(cx).map(Ok)
        })
        .await
}

/// The time for the tasks of cancelled handlers to end. A task that blocks its thread does not.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);
