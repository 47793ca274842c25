//! System calls by name, counted by strace. What it watches is slowed down, so that nothing is timed then.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use nix::sys::signal::{Signal, kill};

use crate::child::Child;
use crate::handshake::PATIENCE;

/// System calls by name: how many, or how many for each message.
pub type Calls = BTreeMap<String, f64>;

/// Fails if there is no strace.
pub fn check() -> io::Result<()> {
    let there = Command::new("strace").arg("-V").output();
    there.map(drop).map_err(|error| io::Error::new(error.kind(), format!("strace: {error}")))
}

/// A running strace; it lets its process go when this is dropped.
///
/// It comes and goes when the process is at rest, so that the messages in flight belong to the same side at both ends.
#[derive(Debug)]
pub struct Tracer<'child> {
    process: &'child Child,
    strace: Child,
    lines: Receiver<io::Result<String>>,
}

impl<'child> Tracer<'child> {
    /// Counts what a process and all its threads do, once it has nothing to do.
    pub fn attach(process: &'child Child) -> io::Result<Self> {
        process.await_rest()?;
        let mut strace = Command::new("strace");
        strace.args(["-c", "-f", "-U", "calls,name", "-p", &process.id().to_string()]);
        strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut strace = Child::start(&mut strace)?;
        let lines = follow(strace.take_stderr()?)?;
        let tracer = Self { process, strace, lines };
        match tracer.line()? {
            Some(line) if line.contains(" attached") => Ok(tracer),
            said => Err(io::Error::other(said.unwrap_or_else(|| "strace said nothing".into()))),
        }
    }

    /// Lets the process go when it has nothing to do any more, and returns what it has done.
    pub fn detach(self) -> io::Result<Calls> {
        self.process.await_rest()?;
        kill(self.strace.id(), Signal::SIGINT)?;
        let mut summary = String::new();
        while let Some(line) = self.line()? {
            summary += &line;
            summary.push('\n');
        }
        parse(&summary).map_err(io::Error::other)
    }

    /// The next line that it prints; `None` when it has ended.
    fn line(&self) -> io::Result<Option<String>> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line.map(Some),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err(io::Error::other("strace went silent")),
        }
    }
}

/// The lines of a pipe, for somebody who does not wait for ever.
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

/// Reads the summary: a line of `calls` and `name` for each call, and their sum as `total`.
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
        Err(format!("strace did not say what it counted:\n{summary}"))
    }
}

/// The most frequent calls, but for those that less than one in a thousand messages makes, for people.
pub fn shown(calls: &Calls) -> String {
    let mut most: Vec<_> = calls.iter().filter(|(_, count)| **count >= 0.001).collect();
    most.sort_by(|one, other| other.1.total_cmp(one.1));
    let most =
        most.into_iter().take(MOST).map(|(name, count)| format!("{name} {}", amount(*count)));
    most.collect::<Vec<_>>().join(", ")
}

/// A number of calls for each message.
pub fn amount(calls: f64) -> String {
    let digits = if calls < 1.0 { 3 } else { 2 };
    format!("{calls:.digits$}")
}

/// How many of the calls are shown.
const MOST: usize = 10;

/// What is said of a run that counts them.
pub const WARNING: &str =
    "System calls are counted by strace, which slows what it watches: nothing is timed.";

#[cfg(test)]
mod tests {
    use super::{parse, shown};

    /// What strace 6.1 printed.
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
    fn the_summary_is_read() {
        let calls = parse(SUMMARY).unwrap_or_default();
        assert_eq!(calls.len(), 9);
        assert_eq!((calls["epoll_ctl"], calls["epoll_wait"]), (3520.0, 360.0));
    }

    #[test]
    fn the_most_frequent_is_shown_first_and_what_is_rare_is_not() {
        let calls = [("epoll_wait", 0.02), ("recvfrom", 1.0), ("sendto", 0.5), ("brk", 0.0001)];
        let calls = calls.map(|(name, count)| (name.to_owned(), count)).into();
        assert_eq!(shown(&calls), "recvfrom 1.00, sendto 0.500, epoll_wait 0.020");
    }

    #[test]
    fn what_does_not_add_up_is_refused() {
        for bad in ["", &SUMMARY.replace("total", "sum"), &SUMMARY.replace("1825", "1826")] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
