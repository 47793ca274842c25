//! The line editor of a terminal, with a history. Messages that arrive never overwrite the line that is being typed.

use std::{io, sync::Arc, thread};

use rustyline::{
    Config, Editor, Helper, Prompt,
    completion::Completer,
    error::ReadlineError,
    highlight::Highlighter,
    hint::Hinter,
    history::MemHistory,
    validate::{ValidationContext, ValidationResult, Validator},
};

use crate::{
    gate::Gate,
    input::{ActionSender, cannot_read_stdin},
    screen::Screen,
    signals::Interrupt,
    slash::{self, Line},
    terminal,
};

/// Starts to read lines on a separate thread, and returns the screen above the prompt.
pub(crate) fn start(to: ActionSender, interrupt: Interrupt) -> io::Result<Screen> {
    terminal::remember();
    let config = Config::builder().auto_add_history(true).build();
    let history = MemHistory::with_config(&config);
    let mut editor = Editor::with_history(config, history).map_err(into_io)?;
    let gate = Arc::new(Gate::new());
    editor.set_helper(Some(Continuation(Arc::clone(&gate))));
    let printer = editor.create_external_printer().map_err(into_io)?;
    let screen = Screen::new(printer, Arc::clone(&gate));
    let dialogue = Dialogue { screen: screen.clone(), to, interrupt };
    thread::spawn(move || {
        dialogue.read(&mut editor, &gate);
        gate.end();
    });
    Ok(screen)
}

/// The lines of a person, and their destination.
struct Dialogue {
    screen: Screen,
    to: ActionSender,
    interrupt: Interrupt,
}

impl Dialogue {
    /// Reads lines until the terminal fails. After the end of input, keys are read and ignored, so that texts are still printed.
    fn read(&self, editor: &mut Editor<Continuation, MemHistory>, gate: &Gate) {
        let mut is_over = false;
        loop {
            let text = if is_over { "" } else { "> " };
            match editor.readline(&GatedPrompt { text, gate }) {
                Ok(line) if !is_over => self.accept(&line),
                Ok(_) => {}
                Err(ReadlineError::Eof) => {
                    is_over = true;
                    self.to.close();
                }
                Err(ReadlineError::Interrupted) => {
                    is_over = true;
                    self.interrupt.raise();
                }
                Err(error) => {
                    let _ = self.to.send_blocking(Err(cannot_read_stdin(into_io(error))));
                    return;
                }
            }
        }
    }

    fn accept(&self, line: &str) {
        match slash::parse(line.replace("\\\n", "\n")) {
            Ok(Line::Action(action)) => drop(self.to.send_blocking(Ok(action))),
            Ok(Line::Help) => self.screen.print_from_editor(slash::HELP.to_owned()),
            Err(error) => self.screen.print_from_editor(format!("{error}\n")),
        }
    }
}

fn into_io(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        error => io::Error::other(error),
    }
}

/// A prompt that tells the gate when it is drawn.
struct GatedPrompt<'a> {
    text: &'a str,
    gate: &'a Gate,
}

impl Prompt for GatedPrompt<'_> {
    fn raw(&self) -> &str {
        self.gate.enter();
        self.text
    }
}

/// Continues a line that ends with a backslash, and tells the gate when a line is complete.
struct Continuation(Arc<Gate>);

impl Validator for Continuation {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        if context.input().ends_with('\\') {
            return Ok(ValidationResult::Incomplete);
        }
        self.0.leave();
        Ok(ValidationResult::Valid(None))
    }
}

impl Completer for Continuation {
    type Candidate = String;
}

impl Highlighter for Continuation {}

impl Hinter for Continuation {
    type Hint = String;
}

impl Helper for Continuation {}
