//! `sockeye connect`: an interactive client, which works in pipes too.

use std::{
    error::Error as StdError,
    path::PathBuf,
    process::ExitCode,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use clap::Args;
use smol::future::or;
use sockeye::{
    Change, WebSocketUri,
    driver::{self, Dial},
};

use crate::{
    dialogue::{Dialogue, End, milliseconds},
    input::Input,
    insecure,
    output::{Output, Show},
    refusal::{no_uri, refusal, status},
    report::{FAILED, INTERRUPTED, USAGE, fail, line, say},
    request::{Request, seconds},
    runtime::{Program, Runtime},
    signals::Interrupt,
};

/// Connect to a server: lines of standard input are sent, messages that arrive are printed
///
/// Every line is a text message. The end of input closes the connection, and so does SIGINT or SIGTERM; a second one
/// ends the command at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status:
  0    the connection was closed normally (1000 or 1001)
  1    it could not be opened, was lost, or was closed with an error
  2    wrong usage
  130  a signal came where there was no connection to be closed, or a second one")]
pub(crate) struct Connect {
    #[arg(help = "The server, such as ws://localhost:8765/chat")]
    uri: String,

    #[command(flatten)]
    request: Request,

    /// Send this file as a binary message, before the lines; may be repeated. - is standard input as a whole
    #[arg(long, value_name = "FILE")]
    binary: Vec<PathBuf>,

    /// How long to wait for replies after the end of input, before closing; by default 1, on a terminal 0
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    wait: Option<Duration>,

    /// Connect again, after growing delays, whenever the connection is lost or refused for a while; nothing is sent twice
    #[arg(long)]
    reconnect: bool,

    #[command(flatten)]
    show: Show,

    /// The runtime to use
    #[arg(long, value_enum, default_value = "tokio")]
    runtime: Runtime,
}

impl Connect {
    pub(crate) fn main(self) -> ExitCode {
        let runtime = self.runtime;
        runtime.run(None, self).unwrap_or_else(|error| fail(FAILED, "cannot start", &error))
    }

    /// What the options ask for.
    fn prepare<R: driver::Runtime>(&self) -> Result<Prepared<R>, ExitCode> {
        let usage = |error: &(dyn StdError + 'static)| fail(USAGE, "", error);
        let uri = WebSocketUri::parse(&self.uri).map_err(|error| {
            say(&no_uri(&self.uri, &error));
            ExitCode::from(USAGE)
        })?;
        let request = self.request.make::<R>(uri.clone()).map_err(|error| usage(&*error))?;
        let input =
            Input::open(&self.binary).map_err(|unread| fail(USAGE, &unread.what, &unread.error))?;
        let output = Output::new(self.show);
        if self.show.raw && output.is_terminal() {
            let text =
                "--raw would let the server drive this terminal: send standard output elsewhere";
            return Err(usage(&*Box::<dyn StdError>::from(text)));
        }
        let interrupt =
            Interrupt::catch().map_err(|error| fail(FAILED, "cannot catch signals", &error))?;
        let default = Duration::from_secs(u64::from(!output.is_dialogue()));
        let dialogue = Dialogue {
            output,
            messages: input.messages(),
            wait: self.wait.unwrap_or(default),
            interrupt,
            timing: self.show.timing,
        };
        Ok(Prepared { uri, request, dialogue })
    }
}

impl Program for Connect {
    async fn run<R: driver::Runtime>(self) -> ExitCode {
        let prepared = match self.prepare::<R>() {
            Ok(prepared) => prepared,
            Err(status) => return status,
        };
        if self.request.is_insecure() {
            say(insecure::WARNING);
        }
        if self.reconnect { prepared.again_and_again().await } else { prepared.once().await }
    }
}

/// All that is needed to begin.
struct Prepared<R> {
    uri: WebSocketUri,
    request: driver::Connect<R, Dial>,
    dialogue: Dialogue,
}

impl<R: driver::Runtime> Prepared<R> {
    /// One connection.
    async fn once(self) -> ExitCode {
        let Self { uri, request, dialogue } = self;
        let start = Instant::now();
        let opened = async { Some(request.await) };
        let ws = match or(opened, interrupted(&dialogue)).await {
            Some(Ok(ws)) => ws,
            Some(Err(error)) => {
                say(&refusal(&uri, &error));
                return status(&error).into();
            }
            None => return INTERRUPTED.into(),
        };
        if dialogue.timing {
            say(&format!("sockeye: connecting took {}", milliseconds(start.elapsed())));
        }
        greet(&uri, &ws, dialogue.output);
        match dialogue.talk(ws).await {
            End::Over(status) => status,
            End::Lost(error) => dialogue.tell(&error),
        }
    }

    /// One connection after the other.
    async fn again_and_again(self) -> ExitCode {
        let Self { uri, request, dialogue } = self;
        let tell = Changes::new(uri.clone(), &dialogue);
        let mut connections = request.reconnect().on_change(move |change| tell.tell(change));
        loop {
            let next = async { Some(connections.next().await) };
            let ws = match or(next, interrupted(&dialogue)).await {
                Some(Ok(Some(ws))) => ws,
                // What ended it was told when it did.
                Some(Err(error)) => return status(&error).into(),
                Some(Ok(None)) => return FAILED.into(),
                None => return INTERRUPTED.into(),
            };
            greet(&uri, &ws, dialogue.output);
            match dialogue.talk(ws).await {
                End::Lost(error) if error.is_retryable() => {
                    dialogue.output.clear();
                    let closed = line("", &error);
                    say(&format!("{closed} (connecting again)"));
                }
                End::Lost(error) => return dialogue.tell(&error),
                End::Over(status) => return status,
            }
        }
    }
}

/// Nothing, as soon as a signal comes.
async fn interrupted<T>(dialogue: &Dialogue) -> Option<T> {
    dialogue.interrupt.wait().await;
    None
}

fn greet<R: driver::Runtime>(
    uri: &WebSocketUri,
    ws: &driver::WebSocket<R::Stream, R>,
    output: Output,
) {
    let subprotocol = ws.subprotocol().map(|name| format!(", subprotocol {name}"));
    let compression = if ws.is_compressed() { ", compressed" } else { "" };
    let subprotocol = subprotocol.unwrap_or_default();
    let end = "The end of input (Ctrl-D) closes.";
    output.status(&format!("Connected to {uri}{subprotocol}{compression}. {end}"));
    output.prompt();
}

/// Tells what happens between two connections.
struct Changes {
    uri: WebSocketUri,
    output: Output,
    timing: bool,
    /// When the last attempt began.
    start: Mutex<Instant>,
}

impl Changes {
    fn new(uri: WebSocketUri, dialogue: &Dialogue) -> Self {
        let start = Mutex::new(Instant::now());
        Self { uri, output: dialogue.output, timing: dialogue.timing, start }
    }

    fn tell(&self, change: Change<'_>) {
        let mut start = self.start.lock().unwrap_or_else(PoisonError::into_inner);
        let text = match change {
            Change::Connecting { .. } => {
                *start = Instant::now();
                return;
            }
            Change::Connected if self.timing => {
                format!("sockeye: connecting took {}", milliseconds(start.elapsed()))
            }
            Change::Waiting { delay, error: Some(error) } => {
                let line = line(&format!("cannot connect to {}", self.uri), error);
                format!("{line}; trying again in {:.1} s", delay.as_secs_f64())
            }
            Change::Stopped { error } => refusal(&self.uri, error),
            _ => return,
        };
        self.output.clear();
        say(&text);
    }
}
