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

use crate::{dialogue::Dialogue, gate::Gate, screen::Screen, signals::Interrupt, terminal};

/// Starts to read lines on a separate thread, and to print everything above the prompt. Returns the dialogue if the terminal
/// cannot move its cursor.
pub(crate) fn start(dialogue: Dialogue, interrupt: Interrupt) -> Result<(), Dialogue> {
    let gate = Arc::new(Gate::new());
    let Ok((editor, screen)) = open(&gate) else { return Err(dialogue) };
    dialogue.output.set_screen(screen);
    thread::spawn(move || {
        read(editor, &dialogue, &gate, &interrupt);
        gate.end();
    });
    Ok(())
}

type LineEditor = Editor<Continuation, MemHistory>;

fn open(gate: &Arc<Gate>) -> rustyline::Result<(LineEditor, Screen)> {
    terminal::remember();
    let config = Config::builder().auto_add_history(true).build();
    let history = MemHistory::with_config(&config);
    let mut editor = Editor::with_history(config, history)?;
    editor.set_helper(Some(Continuation(Arc::clone(gate))));
    let printer = editor.create_external_printer()?;
    Ok((editor, Screen::new(printer, Arc::clone(gate))))
}

/// Reads lines until the terminal fails. After the end of input, keys are read and ignored, so that texts are still printed.
fn read(mut editor: LineEditor, dialogue: &Dialogue, gate: &Gate, interrupt: &Interrupt) {
    let mut is_over = false;
    loop {
        let text = if is_over { "" } else { "> " };
        match editor.readline(&GatedPrompt { text, gate }) {
            Ok(line) if !is_over => dialogue.accept(line.replace("\\\n", "\n")),
            Ok(_) => {}
            Err(ReadlineError::Eof) => {
                is_over = true;
                dialogue.to.close();
            }
            Err(ReadlineError::Interrupted) => {
                is_over = true;
                interrupt.raise();
            }
            Err(error) => return dialogue.fail(into_io(error)),
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
