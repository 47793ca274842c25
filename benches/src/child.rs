//! What is measured: a child process on a core of its own, a server or a client.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::ops::Deref;
use std::process::{Child as Process, ChildStdout, Command, Stdio};
use std::time::Duration;

use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use crate::peers::Peer;
use crate::scenario::Scenario;

/// A running process; it ends when this is dropped.
#[derive(Debug)]
pub struct Child {
    process: Process,
    clock: ClockId,
}

impl Child {
    /// Starts `command`.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut process = command.spawn()?;
        let id = i32::try_from(process.id()).map_err(io::Error::other);
        match id.and_then(|id| Ok(clock_getcpuclockid(Pid::from_raw(id))?)) {
            Ok(clock) => Ok(Self { process, clock }),
            Err(error) => {
                process.kill()?;
                process.wait()?;
                Err(error)
            }
        }
    }

    /// The CPU time of all its threads so far, in user mode and in the kernel, to the nanosecond.
    pub fn cpu(&self) -> io::Result<Duration> {
        Ok(self.clock.now()?.into())
    }

    /// The memory that is its own: resident, and not a mere view of a file, in bytes.
    pub fn memory(&self) -> io::Result<u64> {
        let path = format!("/proc/{}/smaps_rollup", self.process.id());
        let text = std::fs::read_to_string(path)?;
        let line = text.lines().find_map(|line| line.strip_prefix("Anonymous:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or_else(|| io::Error::other("no line `Anonymous`"))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            eprintln!("cannot end the process {}: {error}", self.process.id());
        }
    }
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// What it prints; with the feature `allocations` a line for each that it gets.
    lines: RefCell<BufReader<ChildStdout>>,
    address: SocketAddr,
}

impl Server {
    /// Starts the server of a peer, and waits until it listens.
    pub fn start(peer: &Peer, scenario: &Scenario) -> io::Result<Self> {
        let mut command = peer.server(scenario)?;
        let counts = cfg!(feature = "allocations") && peer.is_ours();
        let stdin = if counts { Stdio::piped() } else { Stdio::null() };
        let mut child = Child::start(command.stdin(stdin).stdout(Stdio::piped()))?;
        let stdout = child.process.stdout.take();
        let stdout = stdout.ok_or_else(|| io::Error::other("no output"))?;
        let mut lines = BufReader::new(stdout);
        let mut line = String::new();
        lines.read_line(&mut line)?;
        let address = line.trim().strip_prefix(GREETING).ok_or_else(|| {
            io::Error::other(format!("the server did not say where it listens: {line:?}"))
        })?;
        let address = address.parse().map_err(io::Error::other)?;
        Ok(Self { child, lines: lines.into(), address })
    }

    /// How often it has allocated or reallocated so far, if this program was built to count that, and if it is this program.
    pub fn allocations(&self) -> io::Result<Option<u64>> {
        let Some(mut stdin) = self.child.process.stdin.as_ref() else { return Ok(None) };
        stdin.write_all(b"\n")?;
        let mut line = String::new();
        self.lines.borrow_mut().read_line(&mut line)?;
        line.trim().parse().map(Some).map_err(io::Error::other)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Deref for Server {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.child
    }
}

/// What a server prints before its address.
pub const GREETING: &str = "listening on ";
