//! System calls by name, counted with strace. strace slows the process down, so that such a run measures no time.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use nix::sys::signal::{Signal, kill};

use crate::load::handshake::TIMEOUT;
use crate::measure::process::Child;

/// System calls by name: their number, or their number per message.
pub type Calls = BTreeMap<String, f64>;

/// Returns an error if strace is not installed.
pub fn check() -> io::Result<()> {
    let version = Command::new("strace").arg("-V").output();
    version.map(drop).map_err(|error| io::Error::new(error.kind(), format!("strace: {error}")))
}

/// A running strace. Dropping it detaches from the process.
///
/// It attaches and detaches while the process is idle, so that no call of a message is missing or too many.
#[derive(Debug)]
pub struct Tracer<'child> {
    process: &'child Child,
    strace: Child,
    lines: Receiver<io::Result<String>>,
}

impl<'child> Tracer<'child> {
    /// Attaches to all threads of a process once it is idle.
    pub fn attach(process: &'child Child) -> io::Result<Self> {
        process.wait_until_idle()?;
        let mut strace = Command::new("strace");
        strace.args(["-c", "-f", "-U", "calls,name", "-p", &process.id().to_string()]);
        strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut strace = Child::start(&mut strace)?;
        let lines = follow(strace.take_stderr()?)?;
        let tracer = Self { process, strace, lines };
        match tracer.line()? {
            Some(line) if line.contains(" attached") => Ok(tracer),
            other => {
                Err(io::Error::other(other.unwrap_or_else(|| "strace printed nothing".into())))
            }
        }
    }

    /// Detaches from the process once it is idle, and returns the calls that it has made.
    pub fn detach(self) -> io::Result<Calls> {
        self.process.wait_until_idle()?;
        kill(self.strace.id(), Signal::SIGINT)?;
        let mut summary = String::new();
        while let Some(line) = self.line()? {
            summary += &line;
            summary.push('\n');
        }
        parse(&summary).map_err(io::Error::other)
    }

    /// Returns the next line of its output, or `None` at the end.
    fn line(&self) -> io::Result<Option<String>> {
        match self.lines.recv_timeout(TIMEOUT) {
            Ok(line) => line.map(Some),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err(io::Error::other("strace does not reply")),
        }
    }
}

/// Reads the lines of a pipe in a thread, so that the reader can wait with a timeout.
fn follow(pipe: impl Read + Send + 'static) -> io::Result<Receiver<io::Result<String>>> {
    let (sender, receiver) = channel();
    thread::Builder::new().spawn(move || {
        for line in BufReader::new(pipe).lines() {
            if sender.send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}

/// Parses the summary: a line with the number and the name of each call, and a line `total` with their sum.
fn parse(summary: &str) -> Result<Calls, String> {
    let mut calls: Calls = summary
        .lines()
        .filter_map(|line| {
            let (count, name) = line.trim().split_once(' ')?;
            Some((name.trim().to_owned(), count.parse::<u32>().ok()?.into()))
        })
        .collect();
    let total = calls.remove("total");
    if total.is_some_and(|total| total.total_cmp(&calls.values().sum()).is_eq()) {
        Ok(calls)
    } else {
        Err(format!("cannot parse the output of strace:\n{summary}"))
    }
}

/// Formats the most frequent calls. Omits calls that fewer than one in a thousand messages makes.
pub fn shown(calls: &Calls) -> String {
    let mut most: Vec<_> = calls.iter().filter(|(_, count)| **count >= 0.001).collect();
    most.sort_by(|one, other| other.1.total_cmp(one.1));
    let most =
        most.into_iter().take(MAX_SHOWN).map(|(name, count)| format!("{name} {}", amount(*count)));
    most.collect::<Vec<_>>().join(", ")
}

/// Formats a number of calls per message.
pub fn amount(calls: f64) -> String {
    let digits = if calls < 1.0 { 3 } else { 2 };
    format!("{calls:.digits$}")
}

/// The number of calls that are shown.
const MAX_SHOWN: usize = 10;

/// The note in a report that counts system calls.
pub const WARNING: &str =
    "System calls are counted with strace, which slows the process down. Time is not measured.";

#[cfg(test)]
mod tests {
    use super::{parse, shown};

    /// The output of strace 6.1.
    const SUMMARY: &str = "\
strace: Process 20706 attached
strace: Process 20706 detached
    calls syscall
--------- ----------------
     3518 sendto
     3520 epoll_ctl
     3518 recvfrom
     1870 accept4
     1760 shutdown
     1760 setsockopt
     1760 close
     1825 write
      360 epoll_wait
--------- ----------------
    19891 total
";

    #[test]
    fn the_summary_is_parsed() {
        let calls = parse(SUMMARY).unwrap_or_default();
        assert_eq!(calls.len(), 9);
        assert_eq!((calls["epoll_ctl"], calls["epoll_wait"]), (3520.0, 360.0));
    }

    #[test]
    fn frequent_calls_come_first_and_rare_calls_are_omitted() {
        let calls = [("epoll_wait", 0.02), ("recvfrom", 1.0), ("sendto", 0.5), ("brk", 0.0001)];
        let calls = calls.map(|(name, count)| (name.to_owned(), count)).into();
        assert_eq!(shown(&calls), "recvfrom 1.00, sendto 0.500, epoll_wait 0.020");
    }

    #[test]
    fn a_wrong_total_is_an_error() {
        for bad in ["", &SUMMARY.replace("total", "sum"), &SUMMARY.replace("1825", "1826")] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
