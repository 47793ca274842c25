//! Events for `tracing`, with the target `sockeye`. None holds a header, a query, a payload or a URI.

use std::{error::Error as StdError, io};

use sockeye_errors::{ConnectionClosed, Error, ErrorLevel};
use sockeye_handshake::Request;
use sockeye_protocol::Role;
use tracing::{debug, error, info, warn};

use crate::HandlerError;

/// A connection is open.
pub(crate) fn opened(role: Role, request: &Request) {
    debug!(target: TARGET, ?role, path = ?request.path(), "connection open");
}

/// A connection has ended.
pub(crate) fn ended(outcome: &ConnectionClosed) {
    let cause = outcome.source();
    if outcome.is_ok() {
        debug!(target: TARGET, %outcome, "connection closed");
    } else {
        info!(target: TARGET, %outcome, cause, "connection lost");
    }
}

/// A server refused a request. Scanners and health checks make many of these.
pub(crate) fn refused(error: &Error) {
    debug!(target: TARGET, %error, cause = error.source(), "request refused");
}

/// A handler ended with an error.
pub(crate) fn handler_failed(error: &HandlerError) {
    let cause = error.source();
    match error.downcast_ref::<Error>().map_or(ErrorLevel::Error, Error::level) {
        ErrorLevel::Info => info!(target: TARGET, %error, cause, "handler ended"),
        ErrorLevel::Warn => warn!(target: TARGET, %error, cause, "handler failed"),
        _ => error!(target: TARGET, %error, cause, "handler failed"),
    }
}

/// A handler panicked. The message is the affair of the panic hook.
pub(crate) fn handler_panicked() {
    error!(target: TARGET, "handler panicked");
}

/// The operating system did not hand out a connection.
pub(crate) fn accept_failed(error: &io::Error) {
    warn!(target: TARGET, %error, "accept failed");
}

const TARGET: &str = "sockeye";
