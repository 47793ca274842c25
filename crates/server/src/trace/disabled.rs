//! Events without the feature `tracing`: none.

use std::io;

use sockeye_errors::Error;

use crate::HandlerError;

pub(crate) const fn refused(_: &Error) {}

pub(crate) const fn refusal_failed(_: &Error) {}

pub(crate) const fn handler_failed(_: &HandlerError) {}

pub(crate) const fn accept_failed(_: &io::Error) {}

pub(crate) const fn handlers_cancelled(_: usize) {}
