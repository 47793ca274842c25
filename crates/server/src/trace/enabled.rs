//! Events for `tracing`, with the target `sockeye`. None contains a query, a payload or a URI.

use std::{error::Error as StdError, io};

use sockeye_errors::{Error, Severity};
use sockeye_net::Truncated;
use tracing::{
    debug, error,
    field::{DisplayValue, display},
    info, warn,
};

use crate::{HandlerError, HandlerPanic};

/// Records that the server rejected a request. The level is low, because scanners and health checks cause many.
pub(crate) fn refused(error: &Error) {
    debug!(target: TARGET, error = %Truncated::new(error), cause = cause(error), "request refused");
}

/// Records that the application's response to a request could not be sent.
pub(crate) fn refusal_failed(error: &Error) {
    error!(target: TARGET, error = %Truncated::new(error), cause = cause(error), "refusal failed");
}

/// Records that a handler returned an error or panicked.
pub(crate) fn handler_failed(error: &HandlerError) {
    if error.is::<HandlerPanic>() {
        // The panic hook reports the message.
        error!(target: TARGET, "handler panicked");
        return;
    }
    let level = error.downcast_ref::<Error>().map_or(Severity::Error, Error::severity);
    let (error, cause) = (Truncated::new(error), cause(&**error));
    match level {
        Severity::Info => info!(target: TARGET, %error, cause, "handler ended"),
        Severity::Warn => warn!(target: TARGET, %error, cause, "handler failed"),
        _ => error!(target: TARGET, %error, cause, "handler failed"),
    }
}

/// Records that the operating system failed to accept a connection.
pub(crate) fn accept_failed(error: &io::Error) {
    warn!(target: TARGET, %error, "accept failed");
}

/// Records that the deadline of a shutdown has passed, and how many handlers are cancelled.
pub(crate) fn handlers_cancelled(connections: usize) {
    warn!(target: TARGET, connections, "handlers cancelled");
}

fn cause(error: &dyn StdError) -> Option<DisplayValue<Truncated<&dyn StdError>>> {
    error.source().map(|cause| display(Truncated::new(cause)))
}

const TARGET: &str = "sockeye";
