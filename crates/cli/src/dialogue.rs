//! The lines that a person types: messages and commands.

use std::{io, thread};

use crate::{
    input::{ActionSender, cannot_read_stdin},
    output::Output,
    slash::{self, Line},
};

/// The destination of the lines.
#[derive(Debug)]
pub(crate) struct Dialogue {
    pub(crate) output: Output,
    pub(crate) to: ActionSender,
}

impl Dialogue {
    /// Passes a message or a command on, or explains why it is none.
    pub(crate) fn accept(&self, line: String) {
        match slash::parse(line) {
            Ok(Line::Action(action)) => drop(self.to.send_blocking(Ok(action))),
            Ok(Line::Help) => self.output.explain(slash::HELP),
            Err(error) => self.output.explain(&error),
        }
    }

    /// Reports that no more lines can be read.
    pub(crate) fn fail(&self, error: io::Error) {
        let _ = self.to.send_blocking(Err(cannot_read_stdin(error)));
    }

    /// Reads lines without a line editor, for a terminal that cannot move its cursor.
    pub(crate) fn read_plain_lines(self) {
        thread::spawn(move || {
            for line in io::stdin().lines() {
                match line {
                    Ok(line) => self.accept(line),
                    Err(error) => return self.fail(error),
                }
            }
        });
    }
}
