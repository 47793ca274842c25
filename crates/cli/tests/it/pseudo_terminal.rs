//! The command on a terminal: a test presses keys and reads the screen.

use std::{
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use vt100::Parser;

/// A `sockeye` on a terminal of 24 lines of 80 columns; killed when it is dropped.
pub(crate) struct Terminal {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    parser: Parser,
    shown: Vec<u8>,
}

impl Terminal {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::of_kind("xterm", arguments)
    }

    /// Starts the command on a kind of terminal, as the variable `TERM` names it.
    pub(crate) fn of_kind(kind: &str, arguments: &[&str]) -> Self {
        let command = [&[env!("CARGO_BIN_EXE_sockeye")], arguments].concat().join(" ");
        let mut child = Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .env("TERM", kind)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a program that makes terminals");
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().expect("it is piped");
        Self { child, stdin, stdout, parser: Parser::default(), shown: Vec::new() }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        let stdin = self.stdin.as_mut().expect("it is piped");
        stdin.write_all(keys.as_bytes()).and_then(|()| stdin.flush()).expect("it reads");
    }

    /// Waits until the last lines of the screen are these. A line that ends with `…` stands for all that begin so.
    pub(crate) fn wait_for(&mut self, wanted: &[&str]) {
        while !ends_with(&self.lines(), wanted) {
            assert!(self.read(), "wanted {wanted:#?}, but the screen shows {:#?}", self.lines());
        }
    }

    /// Waits for the end of the command, and returns all that it wrote.
    pub(crate) fn finish(mut self, status: i32) -> String {
        // The end of its input is the end of ours: not before the command has ended.
        while self.read() {}
        let code = self.child.wait().expect("it ends").code();
        assert_eq!(code, Some(status), "{:#?}", self.lines());
        String::from_utf8(std::mem::take(&mut self.shown)).expect("it shows text")
    }

    /// The lines of the screen, without blank ones at the end.
    pub(crate) fn lines(&self) -> Vec<String> {
        let contents = self.parser.screen().contents();
        contents.trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
    }

    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let len = self.stdout.read(&mut bytes).expect("it can be read");
        self.parser.process(&bytes[..len]);
        self.shown.extend_from_slice(&bytes[..len]);
        len > 0
    }
}

fn ends_with(lines: &[String], wanted: &[&str]) -> bool {
    let matches = |(line, wanted): (&String, &&str)| match wanted.strip_suffix('…') {
        Some(beginning) => line.starts_with(beginning),
        None => line == wanted,
    };
    let start = lines.len().checked_sub(wanted.len());
    start.is_some_and(|start| lines[start..].iter().zip(wanted).all(matches))
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
