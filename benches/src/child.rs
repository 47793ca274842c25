//! What is measured: a child process on a core of its own, a server or a client.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::ops::Deref;
use std::process::{Child as Process, ChildStderr, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use crate::handshake::PATIENCE;
use crate::peers::Peer;
use crate::scenario::Scenario;

/// A running process; it ends when this is dropped.
#[derive(Debug)]
pub struct Child {
    process: Process,
    id: Pid,
    clock: ClockId,
}

impl Child {
    /// Starts `command`.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut process = command.spawn()?;
        let id = i32::try_from(process.id()).map(Pid::from_raw).map_err(io::Error::other);
        match id.and_then(|id| Ok((id, clock_getcpuclockid(id)?))) {
            Ok((id, clock)) => Ok(Self { process, id, clock }),
            Err(error) => {
                process.kill()?;
                process.wait()?;
                Err(error)
            }
        }
    }

    /// Its number.
    pub fn id(&self) -> Pid {
        self.id
    }

    /// Where its standard error comes out, if it was made a pipe; once.
    pub fn take_stderr(&mut self) -> io::Result<ChildStderr> {
        self.process.stderr.take().ok_or_else(|| io::Error::other("no output of errors"))
    }

    /// The CPU time of all its threads so far, in user mode and in the kernel, to the nanosecond.
    pub fn cpu(&self) -> io::Result<Duration> {
        Ok(self.clock.now()?.into())
    }

    /// Waits until it does nothing any more: what it does when its connections fall silent, it has done by then.
    pub fn await_rest(&self) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut before = self.cpu()?;
        loop {
            sleep(SILENCE);
            let now = self.cpu()?;
            if now == before {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(io::Error::other("it does not come to rest"));
            }
            before = now;
        }
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

const SILENCE: Duration = Duration::from_millis(100);
