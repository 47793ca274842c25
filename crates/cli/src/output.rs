//! The output of the client: messages on standard output, everything else on standard error.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use base64::{display::Base64Display, prelude::BASE64_STANDARD};
use clap::Args;
use sockeye::Message;

use crate::{diagnostics, escape::Escaped, json::Pretty, screen::Screen};

/// The format of messages, and everything else that is shown.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Output options")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub(crate) struct Show {
    /// Pretty-print text messages that are JSON
    #[arg(long)]
    json: bool,

    /// Write binary messages unchanged and without line breaks instead of in hexadecimal; not allowed on a terminal
    #[arg(long, conflicts_with = "base64")]
    pub(crate) raw: bool,

    /// Print binary messages in Base64 instead of in hexadecimal
    #[arg(long)]
    base64: bool,

    /// Prefix messages with the seconds since the connection was opened; print connect time, latency and a summary
    #[arg(long, conflicts_with = "raw")]
    pub(crate) timing: bool,

    /// Print the heads of the request (>) and of the response (<) on standard error, without credentials
    #[arg(long, short = 'v')]
    pub(crate) verbose: bool,

    /// Print received pings and pongs on standard error
    #[arg(long, short = 'P')]
    pub(crate) show_pings: bool,

    /// Print messages and failures only
    #[arg(long, short = 'q', conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

/// The output streams, and whether they are terminals.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    show: Show,
    /// Whether standard output is a terminal.
    is_terminal: bool,
    /// Whether a person types the messages and sees the output.
    is_interactive: bool,
    /// The screen above the prompt of the line editor, while there is one.
    screen: Arc<Mutex<Option<Screen>>>,
}

impl Output {
    /// `reads_lines` is whether the messages are lines of standard input.
    pub(crate) fn new(show: Show, reads_lines: bool) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let is_interactive =
            reads_lines && is_terminal && io::stdin().is_terminal() && io::stderr().is_terminal();
        Self { show, is_terminal, is_interactive, screen: Arc::default() }
    }

    /// Returns whether standard output is a terminal.
    pub(crate) const fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Returns whether a person types the messages and sees the output.
    pub(crate) const fn is_interactive(&self) -> bool {
        self.is_interactive
    }

    /// Prints everything above the prompt of the line editor from now on.
    pub(crate) fn set_screen(&self, screen: Screen) {
        *self.screen.lock().unwrap_or_else(PoisonError::into_inner) = Some(screen);
    }

    /// Removes the prompt of the line editor.
    pub(crate) fn close_screen(&self) {
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(screen) = screen {
            screen.close();
        }
    }

    /// Prints a message. `since` is the time at which the connection was opened.
    pub(crate) fn message(&self, message: &Message, since: Instant) -> io::Result<()> {
        let mut out = Vec::new();
        if self.is_interactive {
            out.extend_from_slice(b"< ");
        }
        if self.show.timing {
            write!(out, "[{:.6}] ", since.elapsed().as_secs_f64())?;
        }
        self.write(message, &mut out)?;
        if let Some(screen) = self.screen() {
            // A message for a terminal is text.
            screen.print(String::from_utf8_lossy(&out).into_owned());
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(&out)?;
        stdout.flush()
    }

    /// Prints a status line in interactive mode.
    pub(crate) fn status(&self, text: &str) {
        if self.is_interactive && !self.show.quiet {
            self.say(text);
        }
    }

    /// Prints a line for the person, with control characters escaped.
    pub(crate) fn say(&self, line: &str) {
        match self.screen() {
            Some(screen) => screen.print(format!("{}\n", Escaped(line))),
            None => diagnostics::say(line),
        }
    }

    /// Prints lines about something that was typed, on the thread of the line editor.
    pub(crate) fn explain(&self, lines: &str) {
        match self.screen() {
            Some(screen) => screen.print_from_editor(format!("{}\n", lines.trim_end())),
            None => lines.lines().for_each(diagnostics::say),
        }
    }

    fn screen(&self) -> Option<Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, message: &Message, out: &mut impl Write) -> io::Result<()> {
        match message {
            Message::Text(text) => {
                let json = self.show.json.then(|| Pretty::new(text, self.is_terminal)).flatten();
                match json {
                    Some(json) => writeln!(out, "{json}"),
                    None if self.is_terminal => writeln!(out, "{}", Escaped(text)),
                    None => writeln!(out, "{text}"),
                }
            }
            Message::Binary(bytes) if self.show.raw => out.write_all(bytes),
            Message::Binary(bytes) if self.show.base64 => {
                writeln!(out, "{}", Base64Display::new(bytes, &BASE64_STANDARD))
            }
            Message::Binary(bytes) => writeln!(out, "{}", Hexadecimal(bytes)),
        }
    }
}

struct Hexadecimal<'a>(&'a [u8]);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(message: impl Into<Message>, show: Show, is_terminal: bool) -> Vec<u8> {
        let mut written = Vec::new();
        let screen = Arc::default();
        let output = Output { show, is_terminal, is_interactive: false, screen };
        output.write(&message.into(), &mut written).expect("a vector takes everything");
        written
    }

    fn plain() -> Show {
        Show::default()
    }

    #[test]
    fn text_on_a_terminal_is_one_harmless_line() {
        let text = "a\tb\nc\x1b[2J\u{9b}2J\u{202e}d κόσμε";
        let wanted = "a\\tb\\nc\\u{1b}[2J\\u{9b}2J\\u{202e}d κόσμε\n";
        assert_eq!(written(text, plain(), true), wanted.as_bytes());
        let json = Show { json: true, ..plain() };
        assert_eq!(written(text, json, true), wanted.as_bytes());
        assert_eq!(written("[\"\u{9b}\"]", json, true), b"[\n  \"\\u{9b}\"\n]\n");
    }

    #[test]
    fn text_in_a_pipe_is_as_it_came() {
        assert_eq!(written("a\tb\x1b[2J", plain(), false), b"a\tb\x1b[2J\n");
    }

    #[test]
    fn binary_messages_are_hexadecimal_or_base64_or_raw() {
        let base64 = Show { base64: true, ..plain() };
        assert_eq!(written(&[0, 10, 255], base64, false), b"AAr/\n");
        let raw = Show { raw: true, ..plain() };
        assert_eq!(written(&[0, 10, 255], plain(), false), b"000aff\n");
        assert_eq!(written(&[0, 10, 255], raw, false), [0, 10, 255]);
    }
}
