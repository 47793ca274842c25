//! A program that runs beside us: it says when it is ready, and is stopped by the process id that was started.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::outcome::Result;
use crate::process::{command, shown};

pub(crate) struct Background {
    child: Child,
    lines: Receiver<String>,
    log: PathBuf,
    name: String,
}

impl Background {
    /// Starts `program`; what it writes to standard error goes to the file `log`.
    pub(crate) fn start(program: &mut Command, log: &Path) -> Result<Self> {
        let name = shown(program);
        let mut child = program
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            .spawn()
            .map_err(|error| format!("{name}: {error}"))?;
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            // Read to the end even without a receiver, or the program would block on a full pipe.
            for line in stdout.lines().map_while(std::result::Result::ok) {
                let _ = sender.send(line);
            }
        });
        Ok(Self { child, lines, log: log.into(), name })
    }

    /// Waits for a line that contains `text`, and returns what follows it on that line.
    pub(crate) fn wait_for(&mut self, text: &str, limit: Duration) -> Result<String> {
        let deadline = Instant::now() + limit;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some((_, rest)) = line.split_once(text) {
                        return Ok(rest.trim().to_owned());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(self.complaint(&format!("did not print `{text}` in {limit:?}")));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.complaint(&format!("ended before it printed `{text}`")));
                }
            }
        }
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(self.complaint(&format!("did not end within {limit:?}")))
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end (SIGTERM), and returns how it ended.
    pub(crate) fn stop(&mut self, limit: Duration) -> Result<ExitStatus> {
        if self.is_running() {
            command("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status()?;
        }
        self.wait(limit)
    }

    pub(crate) fn complaint(&self, what: &str) -> Box<dyn std::error::Error> {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(20)..].join("\n");
        format!("{} {what}\n{tail}", self.name).trim_end().into()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if self.is_running() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Waits until something listens on `port` of the loopback.
pub(crate) fn wait_for_port(port: u16, program: &mut Background, limit: Duration) -> Result<()> {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline && program.is_running() {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(program.complaint(&format!("does not listen on port {port}")))
}
