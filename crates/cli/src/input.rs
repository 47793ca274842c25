//! The messages to send: arguments, then files, then standard input.

use std::{
    fs::File,
    io::{self, BufRead, Read},
    path::{Path, PathBuf},
    thread,
};

use async_channel::{Receiver, Sender};
use clap::Args;
use sockeye::{Close, Message};

/// Something that the client does after the connection is open.
#[derive(Debug)]
pub(crate) enum Action {
    Send(Message),
    Ping(String),
    Close(Close),
}

/// The actions in order. An error is the last item.
pub(crate) type Actions = Receiver<Result<Action, InputError>>;

/// The sender of [`Actions`].
pub(crate) type ActionSender = Sender<Result<Action, InputError>>;

/// An input that cannot be read.
#[derive(Debug)]
pub(crate) struct InputError {
    /// The operation that failed, such as `cannot read FILE`.
    pub(crate) operation: String,
    pub(crate) error: io::Error,
}

/// The options that select the messages to send.
#[derive(Debug, Args)]
#[command(next_help_heading = "Message options")]
pub(crate) struct Source {
    /// Send this text message, and do not read standard input; may be repeated
    #[arg(long, short = 'x', value_name = "MESSAGE")]
    execute: Vec<String>,

    /// Send this file as a text message before the lines; may be repeated; - sends all of standard input as one message
    #[arg(long, value_name = "FILE")]
    text: Vec<PathBuf>,

    /// Send this file as a binary message before the lines; may be repeated; - sends all of standard input as one message
    #[arg(long, value_name = "FILE")]
    binary: Vec<PathBuf>,

    /// Messages on standard input end with a NUL character instead of a line break, and may contain line breaks
    #[arg(long, short = '0')]
    null: bool,
}

impl Source {
    /// Opens the files.
    pub(crate) fn open(&self) -> Result<Input, InputError> {
        let mut input = Input {
            messages: self.execute.clone(),
            files: Vec::new(),
            stdin: match &*self.execute {
                [] => Stdin::Messages { separator: if self.null { 0 } else { b'\n' } },
                _ => Stdin::Unread,
            },
        };
        for (paths, kind) in [(&self.text, Kind::Text), (&self.binary, Kind::Binary)] {
            for path in paths {
                input.open_file(path, kind)?;
            }
        }
        Ok(input)
    }
}

/// The inputs, which are read one after the other.
#[derive(Debug)]
pub(crate) struct Input {
    messages: Vec<String>,
    files: Vec<(String, File, Kind)>,
    stdin: Stdin,
}

/// The use of standard input.
#[derive(Clone, Copy, Debug)]
enum Stdin {
    Unread,
    /// All of it is one message.
    Whole(Kind),
    /// It contains messages that end with a byte.
    Messages {
        separator: u8,
    },
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Binary,
}

impl Input {
    fn open_file(&mut self, path: &Path, kind: Kind) -> Result<(), InputError> {
        if path.as_os_str() == "-" {
            self.stdin = Stdin::Whole(kind);
            return Ok(());
        }
        let operation = format!("cannot read {}", path.display());
        match File::open(path) {
            Ok(file) => self.files.push((operation, file, kind)),
            Err(error) => return Err(InputError { operation, error }),
        }
        Ok(())
    }

    /// Returns whether a person can type the messages, line by line.
    pub(crate) const fn is_lines(&self) -> bool {
        matches!(self.stdin, Stdin::Messages { separator: b'\n' })
    }

    /// Reads all on a separate thread, because no runtime can wait for a file. The process ends without waiting for the thread.
    pub(crate) fn spawn(self) -> Actions {
        // A bound, so that a file larger than the memory can be sent.
        let (sender, receiver) = async_channel::bounded(64);
        thread::spawn(move || self.read_before_lines(&sender) && self.read_stdin(&sender));
        receiver
    }

    /// Reads the arguments and the files on this thread, and returns whether more items may follow.
    pub(crate) fn read_before_lines(&self, to: &ActionSender) -> bool {
        let messages = self.messages.iter().map(|text| Ok(text.as_str().into()));
        let files = self.files.iter().map(|(operation, file, kind)| whole(operation, file, *kind));
        messages.chain(files).all(|message| pass(to, message))
    }

    fn read_stdin(&self, to: &ActionSender) -> bool {
        let mut stdin = io::stdin().lock();
        match self.stdin {
            Stdin::Unread => true,
            Stdin::Whole(kind) => pass(to, whole(STDIN, &mut stdin, kind)),
            Stdin::Messages { separator } => {
                read_messages(&mut stdin, separator).all(|message| pass(to, message))
            }
        }
    }
}

/// Sends a message, and returns whether more may follow.
fn pass(to: &ActionSender, message: Result<Message, InputError>) -> bool {
    let is_last = message.is_err();
    to.send_blocking(message.map(Action::Send)).is_ok() && !is_last
}

/// Reads text messages that end with a byte. The last one may lack it.
fn read_messages(
    from: &mut impl BufRead,
    separator: u8,
) -> impl Iterator<Item = Result<Message, InputError>> {
    std::iter::from_fn(move || {
        let mut bytes = Vec::new();
        match from.read_until(separator, &mut bytes) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => return Some(Err(cannot_read_stdin(error))),
        }
        if bytes.last() == Some(&separator) {
            bytes.pop();
            if separator == b'\n' && bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        }
        Some(String::from_utf8(bytes).map(Message::from).map_err(|_| not_text(STDIN)))
    })
}

/// Reads all of an input as one message.
fn whole(operation: &str, mut from: impl Read, kind: Kind) -> Result<Message, InputError> {
    let mut bytes = Vec::new();
    let read = from.read_to_end(&mut bytes);
    read.map_err(|error| InputError { operation: operation.to_owned(), error })?;
    match kind {
        Kind::Binary => Ok(bytes.into()),
        Kind::Text => String::from_utf8(bytes).map(Message::from).map_err(|_| not_text(operation)),
    }
}

pub(crate) fn cannot_read_stdin(error: io::Error) -> InputError {
    InputError { operation: STDIN.to_owned(), error }
}

/// The error for an input that is not text, with the option for binary input.
fn not_text(operation: &str) -> InputError {
    let hint = if operation == STDIN { "--binary -" } else { "--binary FILE" };
    let text = format!("it is not UTF-8 ({hint} sends it as a binary message)");
    InputError {
        operation: operation.to_owned(),
        error: io::Error::new(io::ErrorKind::InvalidData, text),
    }
}

const STDIN: &str = "cannot read standard input";
