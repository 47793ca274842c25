//! The texts above the prompt of the line editor.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use rustyline::ExternalPrinter;

use crate::{gate::Gate, terminal};

/// Prints texts above the line that is being typed.
#[derive(Clone, Debug)]
pub(crate) struct Screen(SyncSender<Request>);

#[derive(Debug)]
enum Request {
    Print(String),
    /// Print all earlier texts, stop the editor, and drop the sender.
    Close(SyncSender<()>),
}

impl Screen {
    /// Starts to print, on a separate thread: while a person searches the history, the printer waits.
    pub(crate) fn new(printer: impl ExternalPrinter + Send + 'static, gate: Arc<Gate>) -> Self {
        let (sender, requests) = sync_channel(MAX_WAITING);
        thread::spawn(move || print_all(printer, &gate, &requests));
        Self(sender)
    }

    /// Prints complete lines. It blocks while too many others wait, as a full standard output does.
    pub(crate) fn print(&self, text: String) {
        let _ = self.0.send(Request::Print(text));
    }

    /// Prints complete lines without blocking the thread of the editor, on which the others wait.
    pub(crate) fn print_from_editor(&self, text: String) {
        let screen = self.clone();
        thread::spawn(move || screen.print(text));
    }

    /// Prints all earlier texts, removes the prompt, and restores the mode of the terminal.
    pub(crate) fn close(&self) {
        let (done, closed) = sync_channel(0);
        let requests = self.0.clone();
        // On a thread, because the request may have to wait as well.
        thread::spawn(move || requests.send(Request::Close(done)));
        let _ = closed.recv_timeout(PATIENCE);
        terminal::restore();
    }
}

fn print_all(mut printer: impl ExternalPrinter, gate: &Gate, requests: &Receiver<Request>) {
    for request in requests {
        gate.wait_for_editing();
        match request {
            Request::Print(text) => drop(printer.print(text)),
            Request::Close(done) => {
                // The editor has room for one text: it accepts the second one of these when all others are on the screen. It
                // stops when it draws the prompt below that one.
                drop(printer.print(NOTHING.to_owned()));
                drop(printer.print(NOTHING.to_owned()));
                gate.stop();
                gate.wait_for_stop();
                drop(done);
            }
        }
    }
}

/// A line up and a line down: the editor ends each text with a line end.
const NOTHING: &str = "\x1b[A\n";

/// The number of texts that wait to be printed.
const MAX_WAITING: usize = 16;

/// The time limit for closing. The editor prints nothing while a person searches the history.
const PATIENCE: Duration = Duration::from_secs(2);
