//! Nobody is told.

use std::io;

use sockeye_errors::{ConnectionClosed, Error};
use sockeye_handshake::Request;
use sockeye_protocol::Role;

use crate::HandlerError;

pub(crate) const fn opened(_: Role, _: &Request) {}

pub(crate) const fn ended(_: &ConnectionClosed) {}

pub(crate) const fn refused(_: &Error) {}

pub(crate) const fn refusal_failed(_: &Error) {}

pub(crate) const fn handler_failed(_: &HandlerError) {}

pub(crate) const fn handler_panicked() {}

pub(crate) const fn accept_failed(_: &io::Error) {}
