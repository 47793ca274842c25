//! Events for `tracing`, with the target `sockeye`. None holds a query, a payload or a URI.
//!
//! A peer has a say in paths, close reasons and refusals: of those, an event holds the beginning, and nothing that could
//! end a line or drive a terminal.

use std::{
    error::Error as StdError,
    fmt::{self, Write as _},
    io,
};

use sockeye_errors::{ConnectionClosed, Error, ErrorLevel};
use sockeye_handshake::Request;
use sockeye_protocol::Role;
use tracing::{
    debug, error,
    field::{DisplayValue, display},
    info, warn,
};

use crate::HandlerError;

/// A connection is open.
pub(crate) fn opened(role: Role, request: &Request) {
    debug!(target: TARGET, ?role, path = %Brief(request.path()), "connection open");
}

/// A connection has ended.
pub(crate) fn ended(outcome: &ConnectionClosed) {
    let (outcome, cause, is_ok) = (Brief(outcome), cause(outcome), outcome.is_ok());
    if is_ok {
        debug!(target: TARGET, %outcome, "connection closed");
    } else {
        info!(target: TARGET, %outcome, cause, "connection lost");
    }
}

/// A server refused a request. Scanners and health checks make many of these.
pub(crate) fn refused(error: &Error) {
    debug!(target: TARGET, error = %Brief(error), cause = cause(error), "request refused");
}

/// What the application answers to a request cannot be sent.
pub(crate) fn refusal_failed(error: &Error) {
    error!(target: TARGET, error = %Brief(error), cause = cause(error), "refusal failed");
}

/// A handler ended with an error.
pub(crate) fn handler_failed(error: &HandlerError) {
    let level = error.downcast_ref::<Error>().map_or(ErrorLevel::Error, Error::level);
    let (error, cause) = (Brief(error), cause(&**error));
    match level {
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

fn cause(error: &dyn StdError) -> Option<DisplayValue<Brief<&dyn StdError>>> {
    error.source().map(|cause| display(Brief(cause)))
}

/// The beginning of a text, on one line.
#[derive(Clone, Copy)]
struct Brief<T>(T);

impl<T: fmt::Display> fmt::Display for Brief<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line { f, left: MAX_LENGTH };
        match write!(line, "{}", self.0) {
            Err(_) if line.left == 0 => f.write_char('…'),
            result => result,
        }
    }
}

/// Takes so many characters more, and escapes those that are no part of a line.
struct Line<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    left: usize,
}

impl fmt::Write for Line<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            match c {
                // What is escaped already stays as it is.
                '\\' | '"' | '\'' => self.f.write_char(c)?,
                c => write!(self.f, "{}", c.escape_debug())?,
            }
        }
        Ok(())
    }
}

const TARGET: &str = "sockeye";

/// How much of a text an event holds, in characters.
const MAX_LENGTH: usize = 256;
