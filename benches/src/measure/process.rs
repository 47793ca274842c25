//! A measured process: a server or a client on a core of its own.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::ops::Deref;
use std::process::{Child as Process, ChildStderr, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use crate::load::handshake::TIMEOUT;
use crate::peers::Peer;
use crate::scenario::Scenario;

/// A running process. Dropping it kills the process.
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

    /// Returns the id of the process.
    pub fn id(&self) -> Pid {
        self.id
    }

    /// Takes the standard error of the process, if it is a pipe.
    pub fn take_stderr(&mut self) -> io::Result<ChildStderr> {
        self.process.stderr.take().ok_or_else(|| io::Error::other("standard error is not a pipe"))
    }

    /// Returns the CPU time of all threads so far, in user mode and in the kernel, in nanoseconds.
    pub fn cpu(&self) -> io::Result<Duration> {
        Ok(self.clock.now()?.into())
    }

    /// Waits until the process uses no more CPU time, so that work which follows the last message is included.
    pub fn wait_until_idle(&self) -> io::Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        let mut before = self.cpu()?;
        loop {
            sleep(IDLE_CHECK_INTERVAL);
            let now = self.cpu()?;
            if now == before {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(io::Error::other("the process does not become idle"));
            }
            before = now;
        }
    }

    /// Returns the anonymous resident memory of the process in bytes. Mapped files, such as code, are not included.
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
            eprintln!("cannot kill process {}: {error}", self.process.id());
        }
    }
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// The standard output of the server. With the feature `allocations` it prints a line for each line that it reads.
    lines: RefCell<BufReader<ChildStdout>>,
    address: SocketAddr,
}

impl Server {
    /// Starts the server of a peer and waits until it listens.
    pub fn start(peer: &Peer, scenario: &Scenario) -> io::Result<Self> {
        let mut command = peer.server_command(scenario)?;
        let counts = cfg!(feature = "allocations") && peer.is_internal();
        let stdin = if counts { Stdio::piped() } else { Stdio::null() };
        let mut child = Child::start(command.stdin(stdin).stdout(Stdio::piped()))?;
        let stdout = child.process.stdout.take();
        let stdout = stdout.ok_or_else(|| io::Error::other("standard output is not a pipe"))?;
        let mut lines = BufReader::new(stdout);
        let mut line = String::new();
        lines.read_line(&mut line)?;
        let address = line.trim().strip_prefix(LISTENING).ok_or_else(|| {
            io::Error::other(format!("the server did not print its address but {line:?}"))
        })?;
        let address = address.parse().map_err(io::Error::other)?;
        Ok(Self { child, lines: lines.into(), address })
    }

    /// Returns the number of allocations and reallocations so far, if the server is part of this program and the build counts them.
    pub fn allocations(&self) -> io::Result<Option<u64>> {
        let Some(mut stdin) = self.child.process.stdin.as_ref() else { return Ok(None) };
        stdin.write_all(b"\n")?;
        let mut line = String::new();
        self.lines.borrow_mut().read_line(&mut line)?;
        line.trim().parse().map(Some).map_err(io::Error::other)
    }

    /// Returns the address on which the server listens.
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

/// The text that a server prints before its address.
pub const LISTENING: &str = "listening on ";

const IDLE_CHECK_INTERVAL: Duration = Duration::from_millis(100);
