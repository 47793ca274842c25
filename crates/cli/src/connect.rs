//! `sockeye connect`: an interactive client that also works in pipes.

use std::{cell::Cell, error::Error as StdError, process::ExitCode};

use clap::Args;
use smol::future::or;
use sockeye::client::{Dial, WebSocketUri};

use crate::{
    closing::Closing,
    control_frames,
    diagnostics::{FAILED, INTERRUPTED, USAGE, fail, message, say, status},
    dialogue::Dialogue,
    editor,
    input::{Actions, Input, Source},
    insecure,
    output::{Output, Show},
    report::Report,
    request::Request,
    runtime::Program,
    session::{End, Session},
    signals::Interrupt,
    tls::Trust,
    transport::Transport,
};

/// Connect to a server, send lines of standard input, and print received messages
///
/// Each line is sent as a text message. The connection is closed at the end of input and after SIGINT or SIGTERM. A second
/// signal ends the command immediately. On a terminal, lines can be edited, and /help lists commands such as /ping and /close.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sockeye connect ws://localhost:8765                    talk to a server on a terminal
  sockeye connect ws://localhost:8765 -x hello -1        send one message, and print one reply
  sockeye connect wss://localhost:8765 --insecure        accept a self-signed certificate
  sockeye connect ws://localhost:8765 -v -H 'X-Key: 1'   add a header, and print both heads

Exit status:
  0    the connection was closed normally, with --count after all messages
  1    the connection could not be opened, was lost, or was closed with an error
  2    the arguments are wrong
  130  a signal arrived while there was no connection, or a second signal arrived")]
pub(crate) struct Connect {
    #[arg(help = "URI of the server, such as ws://localhost:8765/chat")]
    uri: String,

    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    closing: Closing,

    #[command(flatten)]
    show: Show,

    #[command(flatten)]
    request: Request,

    #[command(flatten)]
    trust: Trust,

    #[command(flatten)]
    transport: Transport,
}

impl Connect {
    pub(crate) fn main(self) -> ExitCode {
        let runtime = self.transport.runtime;
        runtime.run(None, self).unwrap_or_else(|error| fail(FAILED, "cannot start", &error))
    }

    /// Validates the arguments, and prepares the request and the session.
    fn prepare<R: sockeye::connection::Sockets>(&self) -> Result<Prepared<R>, ExitCode> {
        let usage = |error: Box<dyn StdError>| fail(USAGE, "", &*error);
        let uri = WebSocketUri::parse(&self.uri).map_err(|error| {
            say(&message(&error.into()));
            ExitCode::from(USAGE)
        })?;
        let request = self.request::<R>(&uri).map_err(usage)?;
        let input =
            self.source.open().map_err(|error| fail(USAGE, &error.operation, &error.error))?;
        let output = Output::new(self.show, input.is_lines());
        if self.show.raw && output.is_terminal() {
            let text = "--raw would let the server control this terminal: redirect standard output";
            return Err(usage(text.into()));
        }
        let interrupt =
            Interrupt::catch().map_err(|error| fail(FAILED, "cannot catch signals", &error))?;
        if self.show.show_pings {
            control_frames::show(output.clone())
                .map_err(|error| fail(FAILED, "cannot show pings", &error))?;
        }
        let session = Session {
            wait: self.closing.wait(output.is_interactive()),
            count: self.closing.count(),
            received: Cell::new(0),
            close: self.closing.close(),
            timing: self.show.timing,
            output,
            interrupt,
        };
        Ok(Prepared { uri, request, input, session, verbose: self.show.verbose })
    }

    fn request<R: sockeye::connection::Sockets>(
        &self,
        uri: &WebSocketUri,
    ) -> Result<sockeye::client::Connect<R, Dial>, Box<dyn StdError>> {
        let request = sockeye::client::connect::<R, _>(uri.clone());
        let request = self.transport.apply(request)?;
        let request = self.request.apply(request)?;
        self.trust.apply(request)
    }
}

impl Program for Connect {
    async fn run<R: sockeye::connection::Sockets>(self) -> ExitCode {
        let prepared = match self.prepare::<R>() {
            Ok(prepared) => prepared,
            Err(status) => return status,
        };
        if self.trust.is_insecure() && !self.show.quiet {
            say(insecure::WARNING);
        }
        let output = prepared.session.output.clone();
        let status = if self.transport.reconnect {
            prepared.run_reconnecting().await
        } else {
            prepared.run_once().await
        };
        output.close_screen();
        status
    }
}

/// A validated request, its input and its session.
struct Prepared<R> {
    uri: WebSocketUri,
    request: sockeye::client::Connect<R, Dial>,
    input: Input,
    session: Session,
    /// Whether to print the heads of the opening handshake.
    verbose: bool,
}

impl<R: sockeye::connection::Sockets> Prepared<R> {
    /// Opens one connection.
    async fn run_once(self) -> ExitCode {
        let Self { uri, request, input, session, verbose } = self;
        let report = Report::new(uri, &session, verbose);
        let opened = async { Some(request.await) };
        let ws = match or(opened, interrupted(&session)).await {
            Some(Ok(ws)) => ws,
            Some(Err(error)) => {
                report.refused(&error, "");
                return status(&error).into();
            }
            None => return INTERRUPTED.into(),
        };
        report.connected();
        report.greet(&ws);
        let actions = start(input, &session);
        match session.run(ws, &actions).await {
            End::Over(status) => status,
            End::Lost(error) => session.report(&error),
        }
    }

    /// Opens connections until one ends permanently.
    async fn run_reconnecting(self) -> ExitCode {
        let Self { uri, request, input, session, verbose } = self;
        let report = Report::new(uri.clone(), &session, verbose);
        let events = Report::new(uri, &session, verbose);
        let mut connections = request.reconnect().on_event(move |event| events.event(event));
        let (mut input, mut actions) = (Some(input), None);
        loop {
            let next = async { Some(connections.next().await) };
            let ws = match or(next, interrupted(&session)).await {
                Some(Ok(Some(ws))) => ws,
                // `events` has printed the error.
                Some(Err(error)) => return status(&error).into(),
                Some(Ok(None)) => return FAILED.into(),
                None => return INTERRUPTED.into(),
            };
            report.greet(&ws);
            if let Some(input) = input.take() {
                actions = Some(start(input, &session));
            }
            let Some(actions) = &actions else { return FAILED.into() };
            match session.run(ws, actions).await {
                End::Lost(error) if error.is_retryable() => {
                    session.output.say(&format!("{} (reconnecting)", message(&error)));
                }
                End::Lost(error) => return session.report(&error),
                End::Over(status) => return status,
            }
        }
    }
}

/// Starts to read the input: with the line editor where a person types it.
fn start(input: Input, session: &Session) -> Actions {
    if !session.output.is_interactive() {
        return input.spawn();
    }
    let (to, actions) = async_channel::unbounded();
    input.read_before_lines(&to);
    let dialogue = Dialogue { output: session.output.clone(), to };
    if let Err(dialogue) = editor::start(dialogue, session.interrupt.clone()) {
        dialogue.read_plain_lines();
    }
    actions
}

/// Returns `None` after a signal.
async fn interrupted<T>(session: &Session) -> Option<T> {
    session.interrupt.wait().await;
    None
}
