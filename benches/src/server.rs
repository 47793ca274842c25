//! A measured server: a child process on a core of its own.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use crate::scenario::Compression;

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    clock: ClockId,
    address: SocketAddr,
}

impl Server {
    /// Starts the server of a peer, and waits until it listens.
    pub fn start(peer: &str, compression: Compression) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["server", peer, "--compression", compression.name()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        match Self::describe(&mut child) {
            Ok((clock, address)) => Ok(Self { child, clock, address }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    fn describe(child: &mut Child) -> io::Result<(ClockId, SocketAddr)> {
        let id = i32::try_from(child.id()).map_err(io::Error::other)?;
        let clock = clock_getcpuclockid(Pid::from_raw(id))?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().strip_prefix(GREETING).ok_or_else(|| {
            io::Error::other(format!("the server did not say where it listens: {line:?}"))
        })?;
        Ok((clock, address.parse().map_err(io::Error::other)?))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The CPU time of all its threads so far, in user mode and in the kernel, to the nanosecond.
    pub fn cpu(&self) -> io::Result<Duration> {
        Ok(self.clock.now()?.into())
    }

    /// The memory that is its own: resident, and not a mere view of a file, in bytes.
    pub fn memory(&self) -> io::Result<u64> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = std::fs::read_to_string(path)?;
        let line = text.lines().find_map(|line| line.strip_prefix("Anonymous:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or_else(|| io::Error::other("no line `Anonymous`"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("cannot end the server {}: {error}", self.child.id());
        }
    }
}

/// What a server prints before its address.
pub const GREETING: &str = "listening on ";
