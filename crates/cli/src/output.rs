//! The output of the client: messages on standard output, everything else on standard error.

use std::{
    fmt,
    io::{self, BufWriter, IsTerminal, Write},
    time::Instant,
};

use clap::Args;
use sockeye::Message;

use crate::{escape::Escaped, json::Pretty};

/// The format of messages.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Show {
    /// Pretty-print text messages that are JSON
    #[arg(long)]
    json: bool,

    /// Write binary messages unchanged and without line breaks instead of in hexadecimal; not allowed on a terminal
    #[arg(long)]
    pub(crate) raw: bool,

    /// Prefix messages with the seconds since the connection was opened; print connect time, latency and a summary
    #[arg(long, conflicts_with = "raw")]
    pub(crate) timing: bool,
}

/// The output streams, and whether they are terminals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    show: Show,
    /// Whether standard output is a terminal.
    is_terminal: bool,
    /// Whether all three standard streams are terminals.
    is_interactive: bool,
}

impl Output {
    pub(crate) fn new(show: Show) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let is_interactive = is_terminal && io::stdin().is_terminal() && io::stderr().is_terminal();
        Self { show, is_terminal, is_interactive }
    }

    /// Returns whether standard output is a terminal.
    pub(crate) const fn is_terminal(self) -> bool {
        self.is_terminal
    }

    /// Returns whether all three standard streams are terminals.
    pub(crate) const fn is_interactive(self) -> bool {
        self.is_interactive
    }

    /// Prints a message. `since` is the time at which the connection was opened.
    pub(crate) fn message(self, message: &Message, since: Instant) -> io::Result<()> {
        self.aside("\r\x1b[K< ");
        let mut out = BufWriter::new(io::stdout().lock());
        if self.show.timing {
            write!(out, "[{:.6}] ", since.elapsed().as_secs_f64())?;
        }
        self.write(message, &mut out)?;
        out.flush()?;
        self.prompt();
        Ok(())
    }

    /// Prints a status line in interactive mode.
    pub(crate) fn status(self, text: &str) {
        self.aside(&format!("\r\x1b[K{}\n", Escaped(text)));
    }

    /// Clears the line of the prompt in interactive mode.
    pub(crate) fn clear(self) {
        self.aside("\r\x1b[K");
    }

    /// Prints the prompt in interactive mode.
    pub(crate) fn prompt(self) {
        self.aside("> ");
    }

    fn aside(self, text: &str) {
        if self.is_interactive {
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }

    fn write(self, message: &Message, out: &mut impl Write) -> io::Result<()> {
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
        let output = Output { show, is_terminal, is_interactive: false };
        output.write(&message.into(), &mut written).expect("a vector takes everything");
        written
    }

    const PLAIN: Show = Show { raw: false, json: false, timing: false };
    const JSON: Show = Show { json: true, ..PLAIN };

    #[test]
    fn text_on_a_terminal_is_one_harmless_line() {
        let text = "a\tb\nc\x1b[2J\u{9b}2J\u{202e}d κόσμε";
        let wanted = "a\\tb\\nc\\u{1b}[2J\\u{9b}2J\\u{202e}d κόσμε\n";
        assert_eq!(written(text, PLAIN, true), wanted.as_bytes());
        assert_eq!(written(text, JSON, true), wanted.as_bytes());
        assert_eq!(written("[\"\u{9b}\"]", JSON, true), b"[\n  \"\\u{9b}\"\n]\n");
    }

    #[test]
    fn text_in_a_pipe_is_as_it_came() {
        assert_eq!(written("a\tb\x1b[2J", PLAIN, false), b"a\tb\x1b[2J\n");
    }

    #[test]
    fn binary_messages_are_hexadecimal_or_raw() {
        let raw = Show { raw: true, ..PLAIN };
        assert_eq!(written(&[0, 10, 255], PLAIN, false), b"000aff\n");
        assert_eq!(written(&[0, 10, 255], raw, false), [0, 10, 255]);
    }
}
