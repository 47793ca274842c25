//! `sockeye connect`: an interactive client that also works in pipes.

use std::{
    error::Error as StdError,
    path::PathBuf,
    process::ExitCode,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use clap::Args;
use smol::future::or;
use sockeye::client::{Dial, ReconnectEvent, WebSocketUri};

use crate::{
    diagnostics::{FAILED, INTERRUPTED, USAGE, fail, message, refusal, say, status},
    input::Input,
    insecure,
    output::{Output, Show},
    request::{Request, seconds},
    runtime::{Program, Runtime},
    session::{End, Session, milliseconds},
    signals::Interrupt,
};

/// Connect to a server, send lines of standard input, and print received messages
///
/// Each line is sent as a text message. The connection is closed at the end of input and after SIGINT or SIGTERM. A second
/// signal ends the command immediately.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status:
  0    the connection was closed normally (1000 or 1001)
  1    the connection could not be opened, was lost, or was closed with an error
  2    the arguments are wrong
  130  a signal arrived while there was no connection, or a second signal arrived")]
pub(crate) struct Connect {
    #[arg(help = "URI of the server, such as ws://localhost:8765/chat")]
    uri: String,

    #[command(flatten)]
    request: Request,

    /// Send this file as a binary message before the lines; may be repeated; - sends all of standard input as one message
    #[arg(long, value_name = "FILE")]
    binary: Vec<PathBuf>,

    /// Time to wait for replies between the end of input and closing [default: 1, or 0 on a terminal]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    wait: Option<Duration>,

    /// Reconnect with exponential backoff after a temporary failure; no message is sent twice
    #[arg(long)]
    reconnect: bool,

    #[command(flatten)]
    show: Show,

    /// Async runtime
    #[arg(long, value_enum, default_value = "tokio")]
    runtime: Runtime,
}

impl Connect {
    pub(crate) fn main(self) -> ExitCode {
        let runtime = self.runtime;
        runtime.run(None, self).unwrap_or_else(|error| fail(FAILED, "cannot start", &error))
    }

    /// Validates the arguments, and prepares the request and the session.
    fn prepare<R: sockeye::connection::Sockets>(&self) -> Result<Prepared<R>, ExitCode> {
        let usage = |error: &(dyn StdError + 'static)| fail(USAGE, "", error);
        let uri = WebSocketUri::parse(&self.uri).map_err(|error| {
            say(&message(&error.into()));
            ExitCode::from(USAGE)
        })?;
        let request = self.request.make::<R>(uri.clone()).map_err(|error| usage(&*error))?;
        let input = Input::open(&self.binary)
            .map_err(|error| fail(USAGE, &error.operation, &error.error))?;
        let output = Output::new(self.show);
        if self.show.raw && output.is_terminal() {
            let text = "--raw would let the server control this terminal: redirect standard output";
            return Err(usage(&*Box::<dyn StdError>::from(text)));
        }
        let interrupt =
            Interrupt::catch().map_err(|error| fail(FAILED, "cannot catch signals", &error))?;
        let default = Duration::from_secs(u64::from(!output.is_interactive()));
        let session = Session {
            output,
            messages: input.messages(),
            wait: self.wait.unwrap_or(default),
            interrupt,
            timing: self.show.timing,
        };
        Ok(Prepared { uri, request, session })
    }
}

impl Program for Connect {
    async fn run<R: sockeye::connection::Sockets>(self) -> ExitCode {
        let prepared = match self.prepare::<R>() {
            Ok(prepared) => prepared,
            Err(status) => return status,
        };
        if self.request.is_insecure() {
            say(insecure::WARNING);
        }
        if self.reconnect { prepared.run_reconnecting().await } else { prepared.run_once().await }
    }
}

/// A validated request and its session.
struct Prepared<R> {
    uri: WebSocketUri,
    request: sockeye::client::Connect<R, Dial>,
    session: Session,
}

impl<R: sockeye::connection::Sockets> Prepared<R> {
    /// Opens one connection.
    async fn run_once(self) -> ExitCode {
        let Self { uri, request, session } = self;
        let start = Instant::now();
        let opened = async { Some(request.await) };
        let ws = match or(opened, interrupted(&session)).await {
            Some(Ok(ws)) => ws,
            Some(Err(error)) => {
                say(&refusal(&uri, &error));
                return status(&error).into();
            }
            None => return INTERRUPTED.into(),
        };
        if session.timing {
            say(&format!("sockeye: connecting took {}", milliseconds(start.elapsed())));
        }
        greet(&uri, &ws, session.output);
        match session.run(ws).await {
            End::Over(status) => status,
            End::Lost(error) => session.report(&error),
        }
    }

    /// Opens connections until one ends permanently.
    async fn run_reconnecting(self) -> ExitCode {
        let Self { uri, request, session } = self;
        let changes = Changes::new(uri.clone(), &session);
        let mut connections = request.reconnect().on_event(move |change| changes.print(change));
        loop {
            let next = async { Some(connections.next().await) };
            let ws = match or(next, interrupted(&session)).await {
                Some(Ok(Some(ws))) => ws,
                // `Changes` has printed the error.
                Some(Err(error)) => return status(&error).into(),
                Some(Ok(None)) => return FAILED.into(),
                None => return INTERRUPTED.into(),
            };
            greet(&uri, &ws, session.output);
            match session.run(ws).await {
                End::Lost(error) if error.is_retryable() => {
                    session.output.clear();
                    say(&format!("{} (reconnecting)", message(&error)));
                }
                End::Lost(error) => return session.report(&error),
                End::Over(status) => return status,
            }
        }
    }
}

/// Returns `None` after a signal.
async fn interrupted<T>(session: &Session) -> Option<T> {
    session.interrupt.wait().await;
    None
}

fn greet<R: sockeye::connection::Sockets>(
    uri: &WebSocketUri,
    ws: &sockeye::connection::WebSocket<R::Stream, R>,
    output: Output,
) {
    let subprotocol = ws.subprotocol().map(|name| format!(", subprotocol {name}"));
    let compression = if ws.is_compressed() { ", compressed" } else { "" };
    let subprotocol = subprotocol.unwrap_or_default();
    let end = "Press Ctrl-D to close.";
    output.status(&format!("Connected to {uri}{subprotocol}{compression}. {end}"));
    output.prompt();
}

/// Prints the progress between two connections.
struct Changes {
    uri: WebSocketUri,
    output: Output,
    timing: bool,
    /// The start of the last attempt.
    start: Mutex<Instant>,
}

impl Changes {
    fn new(uri: WebSocketUri, session: &Session) -> Self {
        let start = Mutex::new(Instant::now());
        Self { uri, output: session.output, timing: session.timing, start }
    }

    fn print(&self, change: ReconnectEvent<'_>) {
        let mut start = self.start.lock().unwrap_or_else(PoisonError::into_inner);
        let text = match change {
            ReconnectEvent::Connecting { .. } => {
                *start = Instant::now();
                return;
            }
            ReconnectEvent::Connected if self.timing => {
                format!("sockeye: connecting took {}", milliseconds(start.elapsed()))
            }
            ReconnectEvent::Waiting { delay, error: Some(error) } => {
                let refusal = refusal(&self.uri, error);
                format!("{refusal}; trying again in {:.1} s", delay.as_secs_f64())
            }
            ReconnectEvent::Stopped { error } => refusal(&self.uri, error),
            _ => return,
        };
        self.output.clear();
        say(&text);
    }
}
