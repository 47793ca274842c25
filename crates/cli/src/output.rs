//! What the interactive client prints: messages on standard output, and what is only for people on standard error.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
};

use sockeye::Message;

/// How messages are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// Whether binary messages are written as they are.
    raw: bool,
    /// Whether somebody looks at the messages.
    is_terminal: bool,
    /// Whether somebody types and looks.
    is_dialogue: bool,
}

impl Output {
    pub(crate) fn new(raw: bool) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let is_dialogue = is_terminal && io::stdin().is_terminal() && io::stderr().is_terminal();
        Self { raw, is_terminal, is_dialogue }
    }

    /// Whether somebody types and looks.
    pub(crate) const fn is_dialogue(self) -> bool {
        self.is_dialogue
    }

    /// Shows a message.
    pub(crate) fn message(self, message: &Message) -> io::Result<()> {
        self.aside("\r\x1b[K< ");
        self.write(message, &mut io::stdout().lock())?;
        self.prompt();
        Ok(())
    }

    /// Tells how things stand, if there is a dialogue.
    pub(crate) fn status(self, text: &str) {
        self.aside(&format!("\r\x1b[K{text}\n"));
    }

    /// Asks for a line, if there is a dialogue.
    pub(crate) fn prompt(self) {
        self.aside("> ");
    }

    fn aside(self, text: &str) {
        if self.is_dialogue {
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }

    fn write(self, message: &Message, out: &mut impl Write) -> io::Result<()> {
        match message {
            Message::Text(text) if self.is_terminal => writeln!(out, "{}", Escaped(text))?,
            Message::Text(text) => {
                out.write_all(text.as_bytes())?;
                out.write_all(b"\n")?;
            }
            Message::Binary(bytes) if self.raw => out.write_all(bytes)?,
            Message::Binary(bytes) => writeln!(out, "{}", Hexadecimal(bytes))?,
        }
        out.flush()
    }
}

/// Text that cannot do anything to a terminal, nor pretend to be more than one line.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if is_harmless(c) {
                fmt::Write::write_char(f, c)?;
            } else {
                write!(f, "{}", c.escape_default())?;
            }
        }
        Ok(())
    }
}

fn is_harmless(c: char) -> bool {
    // The latter reorder the text around them.
    !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

    fn written(message: impl Into<Message>, raw: bool, is_terminal: bool) -> Vec<u8> {
        let mut written = Vec::new();
        let output = Output { raw, is_terminal, is_dialogue: false };
        output.write(&message.into(), &mut written).expect("a vector takes everything");
        written
    }

    #[test]
    fn text_on_a_terminal_is_one_harmless_line() {
        let text = "a\tb\nc\x1b[2J\u{9b}2J\u{202e}d κόσμε";
        let wanted = "a\\tb\\nc\\u{1b}[2J\\u{9b}2J\\u{202e}d κόσμε\n";
        assert_eq!(written(text, false, true), wanted.as_bytes());
    }

    #[test]
    fn text_in_a_pipe_is_as_it_came() {
        assert_eq!(written("a\tb\x1b[2J", false, false), b"a\tb\x1b[2J\n");
    }

    #[test]
    fn binary_messages_are_hexadecimal_or_raw() {
        assert_eq!(written(&[0, 10, 255], false, false), b"000aff\n");
        assert_eq!(written(&[0, 10, 255], true, false), [0, 10, 255]);
        assert_eq!(written(&[], true, true), []);
    }
}
