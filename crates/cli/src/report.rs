//! The report about the opening of connections.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use sockeye::{
    Error,
    client::{ReconnectEvent, WebSocketUri},
    error::HandshakeError,
};

use crate::{
    diagnostics::refusal,
    heads,
    output::Output,
    session::{Session, milliseconds},
};

/// Prints the progress until a connection is open.
pub(crate) struct Report {
    uri: WebSocketUri,
    output: Output,
    timing: bool,
    verbose: bool,
    /// The start of the last attempt.
    start: Mutex<Instant>,
}

impl Report {
    pub(crate) fn new(uri: WebSocketUri, session: &Session, verbose: bool) -> Self {
        let start = Mutex::new(Instant::now());
        Self { uri, output: session.output.clone(), timing: session.timing, verbose, start }
    }

    /// Prints the progress of a reconnection.
    pub(crate) fn event(&self, event: ReconnectEvent<'_>) {
        match event {
            ReconnectEvent::Connecting { .. } => {
                *self.start.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            }
            ReconnectEvent::Connected => self.connected(),
            ReconnectEvent::Waiting { delay, error: Some(error) } => {
                self.refused(error, &format!("; trying again in {:.1} s", delay.as_secs_f64()));
            }
            ReconnectEvent::Stopped { error } => self.refused(error, ""),
            _ => {}
        }
    }

    /// Prints the duration of an attempt that succeeded.
    pub(crate) fn connected(&self) {
        if self.timing {
            let start = *self.start.lock().unwrap_or_else(PoisonError::into_inner);
            let text = format!("sockeye: connecting took {}", milliseconds(start.elapsed()));
            self.output.say(&text);
        }
    }

    /// Prints the cause of a failure, and the response with the refusal.
    pub(crate) fn refused(&self, error: &Error, next: &str) {
        if self.verbose
            && let Error::Handshake(HandshakeError::InvalidStatus(response)) = error
        {
            for line in heads::refusal(response) {
                self.output.say(&line);
            }
        }
        self.output.say(&format!("{}{next}", refusal(&self.uri, error)));
    }

    /// Prints the properties of a connection.
    pub(crate) fn greet<R: sockeye::connection::Sockets>(
        &self,
        ws: &sockeye::connection::WebSocket<R::Stream, R>,
    ) {
        if self.verbose {
            for (mark, head) in [('>', ws.request().as_bytes()), ('<', ws.response().as_bytes())] {
                for line in heads::head(mark, head.unwrap_or_default()) {
                    self.output.say(&line);
                }
            }
        }
        let subprotocol = ws.subprotocol().map(|name| format!(", subprotocol {name}"));
        let compression = if ws.is_compressed() { ", compressed" } else { "" };
        let subprotocol = subprotocol.unwrap_or_default();
        let end = "Ctrl-D closes it, and /help lists commands.";
        self.output.status(&format!("Connected to {}{subprotocol}{compression}. {end}", self.uri));
    }
}
