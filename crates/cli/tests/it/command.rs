//! The command as a process.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
};

/// All that a command left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("it is text")
    }
}

/// Runs `sockeye` to its end with this input.
pub(crate) fn run(arguments: &[&str], input: impl AsRef<[u8]>) -> Outcome {
    let mut process = Running::start(arguments);
    // It may end without reading all of it.
    let _ = process.input().write_all(input.as_ref());
    process.finish()
}

/// A `sockeye` at work; killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    stderr: Option<BufReader<ChildStderr>>,
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sockeye"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let stderr = child.stderr.take().map(BufReader::new);
        Self { child, stdin, stdout, stderr }
    }

    pub(crate) fn input(&mut self) -> &mut ChildStdin {
        self.stdin.as_mut().expect("it is piped")
    }

    /// Writes a line to its standard input.
    pub(crate) fn write(&mut self, line: &str) {
        writeln!(self.input(), "{line}").expect("it reads");
    }

    /// Reads a line of its standard output.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("it writes text");
        assert_eq!(line.pop(), Some('\n'), "the output ended");
        line
    }

    /// Reads a line of its standard error.
    pub(crate) fn error_line(&mut self) -> String {
        let mut line = String::new();
        let stderr = self.stderr.as_mut().expect("it has not finished");
        stderr.read_line(&mut line).expect("it writes text");
        assert_eq!(line.pop(), Some('\n'), "standard error ended");
        line
    }

    /// Sends it a signal, by the name that `kill` knows.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.is_ok_and(|status| status.success()), "{kill}");
    }

    /// Ends its input, and waits for its end.
    pub(crate) fn finish(&mut self) -> Outcome {
        self.stdin = None;
        let mut stderr = self.stderr.take().expect("it finishes once");
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).map(|_| text)
        });
        let mut stdout = Vec::new();
        self.stdout.read_to_end(&mut stdout).expect("it can be read");
        let stderr = errors.join().expect("it does not panic").expect("it can be read");
        let status = self.child.wait().expect("it ends");
        Outcome { status: ExitStatus::code(&status), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An echo server on any port that is free.
pub(crate) struct Server {
    pub(crate) process: Running,
    pub(crate) uri: String,
}

impl Server {
    pub(crate) fn start(options: &[&str]) -> Self {
        let mut process = Running::start(&[&["echo", "--bind", "127.0.0.1:0"], options].concat());
        let line = process.line();
        let uri = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}"));
        Self { uri: uri.to_owned(), process }
    }
}
