//! The messages to send: files as binary messages, then the lines of standard input.

use std::{
    fs::File,
    io::{self, BufRead, Read},
    path::Path,
    thread,
};

use async_channel::{Receiver, Sender};
use sockeye::Message;

/// The messages in order. An error is the last item.
pub(crate) type Messages = Receiver<Result<Message, InputError>>;

/// An input that cannot be read.
#[derive(Debug)]
pub(crate) struct InputError {
    /// The operation that failed, such as `cannot read FILE`.
    pub(crate) operation: String,
    pub(crate) error: io::Error,
}

/// The inputs, which are read one after the other.
#[derive(Debug, Default)]
pub(crate) struct Input {
    files: Vec<(String, File)>,
    /// Whether standard input as a whole is one binary message.
    is_binary: bool,
}

impl Input {
    /// Opens the files. `-` is standard input.
    pub(crate) fn open(paths: &[impl AsRef<Path>]) -> Result<Self, InputError> {
        let mut input = Self::default();
        for path in paths {
            let path = path.as_ref();
            if path.as_os_str() == "-" {
                input.is_binary = true;
                continue;
            }
            let operation = format!("cannot read {}", path.display());
            match File::open(path) {
                Ok(file) => input.files.push((operation, file)),
                Err(error) => return Err(InputError { operation, error }),
            }
        }
        Ok(input)
    }

    /// Starts to read on a separate thread, because no runtime can wait for a file. The process ends without waiting for the
    /// thread.
    pub(crate) fn messages(self) -> Messages {
        let (sender, receiver) = async_channel::bounded(64);
        thread::spawn(move || self.read(&sender));
        receiver
    }

    /// Reads until the end of input, an error, or until the receiver is dropped.
    fn read(self, to: &Sender<Result<Message, InputError>>) {
        for (operation, mut file) in self.files {
            if !pass(to, whole(operation, &mut file)) {
                return;
            }
        }
        let mut stdin = io::stdin().lock();
        if self.is_binary {
            pass(to, whole(STDIN.to_owned(), &mut stdin));
            return;
        }
        for line in stdin.lines() {
            let line = line.map(Message::from);
            if !pass(to, line.map_err(not_a_line)) {
                return;
            }
        }
    }
}

/// Sends an item, and returns whether more items may follow.
fn pass(to: &Sender<Result<Message, InputError>>, message: Result<Message, InputError>) -> bool {
    let is_last = message.is_err();
    to.send_blocking(message).is_ok() && !is_last
}

/// Reads all of an input as one binary message.
fn whole(operation: String, from: &mut impl Read) -> Result<Message, InputError> {
    let mut bytes = Vec::new();
    match from.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes.into()),
        Err(error) => Err(InputError { operation, error }),
    }
}

/// Adds the option for binary input to the error of a line that is not text.
fn not_a_line(error: io::Error) -> InputError {
    let error = match error.kind() {
        io::ErrorKind::InvalidData => io::Error::new(
            error.kind(),
            "it is not UTF-8 (--binary - sends it as a binary message)",
        ),
        _ => error,
    };
    InputError { operation: STDIN.to_owned(), error }
}

const STDIN: &str = "cannot read standard input";
