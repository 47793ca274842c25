//! What is sent: files as binary messages, then standard input, line by line.

use std::{
    fs::File,
    io::{self, BufRead, Read},
    path::Path,
    thread,
};

use async_channel::{Receiver, Sender};
use sockeye::Message;

/// The messages in their order. The first error, with what cannot be done, is the last item.
pub(crate) type Messages = Receiver<Result<Message, Unread>>;

/// What cannot be read, and why not.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) what: String,
    pub(crate) error: io::Error,
}

/// What is read one after the other.
#[derive(Debug, Default)]
pub(crate) struct Input {
    files: Vec<(String, File)>,
    /// Whether standard input is one binary message.
    is_binary: bool,
}

impl Input {
    /// Opens the files; `-` stands for standard input.
    pub(crate) fn open(paths: &[impl AsRef<Path>]) -> Result<Self, Unread> {
        let mut input = Self::default();
        for path in paths {
            let path = path.as_ref();
            if path.as_os_str() == "-" {
                input.is_binary = true;
                continue;
            }
            let what = format!("cannot read {}", path.display());
            match File::open(path) {
                Ok(file) => input.files.push((what, file)),
                Err(error) => return Err(Unread { what, error }),
            }
        }
        Ok(input)
    }

    /// Begins to read. A thread of its own does it, since no runtime can wait for a file; the process ends without waiting
    /// for the thread.
    pub(crate) fn messages(self) -> Messages {
        let (sender, receiver) = async_channel::bounded(64);
        thread::spawn(move || self.read(&sender));
        receiver
    }

    /// Reads until the end, an error, or until nobody listens any more.
    fn read(self, to: &Sender<Result<Message, Unread>>) {
        for (what, mut file) in self.files {
            if !pass(to, whole(what, &mut file)) {
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
            if !pass(to, line.map_err(|error| Unread { what: STDIN.to_owned(), error })) {
                return;
            }
        }
    }
}

/// Returns whether to go on.
fn pass(to: &Sender<Result<Message, Unread>>, message: Result<Message, Unread>) -> bool {
    let is_last = message.is_err();
    to.send_blocking(message).is_ok() && !is_last
}

fn whole(what: String, from: &mut impl Read) -> Result<Message, Unread> {
    let mut bytes = Vec::new();
    match from.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes.into()),
        Err(error) => Err(Unread { what, error }),
    }
}

const STDIN: &str = "cannot read standard input";
