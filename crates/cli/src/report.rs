//! How a command fails: one line that says what could not be done and why, and an exit status.

use std::{error::Error, io::Write, process::ExitCode};

use crate::escape::Escaped;

/// It did not work.
pub(crate) const FAILED: u8 = 1;

/// It was asked for something that makes no sense.
pub(crate) const USAGE: u8 = 2;

/// A signal ended it where there was nothing to be closed; what shells say of a program that SIGINT ended.
pub(crate) const INTERRUPTED: u8 = 130;

/// Says on standard error what could not be done, and why, down to the last cause.
pub(crate) fn fail(status: u8, what: &str, error: &(dyn Error + 'static)) -> ExitCode {
    say(&line(what, error));
    ExitCode::from(status)
}

/// Writes a line to standard error, whoever wrote what is in it; if that is gone, there is nobody left to tell.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", Escaped(line));
}

/// What could not be done, and why, down to the last cause.
pub(crate) fn line(what: &str, error: &(dyn Error + 'static)) -> String {
    let mut line = "sockeye".to_owned();
    let mut last = what.to_owned();
    if !last.is_empty() {
        line = format!("{line}: {last}");
    }
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        let text = text.trim_end();
        let text = match text.split_once(": ") {
            Some((address, why)) if is_told(&last, address) => why,
            _ => text,
        };
        // Some errors repeat the cause that they stand for.
        if !text.is_empty() && text != last {
            line = format!("{line}: {text}");
            text.clone_into(&mut last);
        }
        cause = error.source();
    }
    line
}

/// Whether `what` ends with this address, or has a URI of it.
fn is_told(what: &str, address: &str) -> bool {
    let is_its_uri = |part: &str| {
        let port = part.strip_prefix(address);
        port.is_some_and(|port| port.is_empty() || port.starts_with(':'))
    };
    what.ends_with(&format!(" {address}")) || what.split(['/', '@']).any(is_its_uri)
}

#[cfg(test)]
mod tests {
    use std::{fmt, io};

    use super::*;

    #[derive(Debug)]
    struct Nested(&'static str, Option<Box<Self>>);

    impl fmt::Display for Nested {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Nested {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|error| error as _)
        }
    }

    #[test]
    fn every_cause_is_told_once() {
        let inner = Nested("the inner", None);
        let middle = Nested("the inner", Some(Box::new(inner)));
        let outer = Nested("the outer ", Some(Box::new(middle)));
        assert_eq!(line("cannot", &outer), "sockeye: cannot: the outer: the inner");
    }

    #[test]
    fn an_address_is_told_once() {
        for (what, address, is_told) in [
            ("cannot connect to ws://127.0.0.1:1/chat", "127.0.0.1:1", true),
            ("cannot connect to ws://***@[::1]:1/", "[::1]:1", true),
            ("cannot connect to wss://chat.example/", "chat.example", true),
            ("cannot connect to ws://chat.example:1/", "chat.example", true),
            ("cannot listen on 127.0.0.1:1", "127.0.0.1:1", true),
            ("cannot listen on /run/chat.sock", "/run/chat.sock", true),
            // A proxy, and the address of a name.
            ("cannot connect to ws://127.0.0.1:12/", "127.0.0.1:1", false),
            ("cannot connect to ws://localhost:1/", "[::1]:1", false),
            ("cannot listen on localhost:1", "127.0.0.1:1", false),
        ] {
            let error = io::Error::other(format!("{address}: it broke"));
            let told = line(what, &error);
            assert_eq!(told == format!("sockeye: {what}: it broke"), is_told, "{told}");
            assert_eq!(told == format!("sockeye: {what}: {address}: it broke"), !is_told, "{told}");
        }
    }

    #[test]
    fn an_error_may_speak_for_itself() {
        let error = io::Error::other("it broke");
        assert_eq!(line("", &error), "sockeye: it broke");
    }
}
