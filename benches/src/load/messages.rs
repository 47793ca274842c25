//! Echoed messages: connections that write bursts and wait for the echoes, on one thread, with epoll.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use crate::load::handshake::{self, Agreement, TIMEOUT};
use crate::load::verify::ServerVerifier;
use crate::load::wire::Wire;
use crate::load::workload::Workload;
use crate::measure::measurement::Measurement;
use crate::measure::process::Server;
use crate::measure::runner::Timing;
use crate::peers::Peer;
use crate::report::Sample;
use crate::scenario::{Compression, Load, Scenario};

/// Measures the echo of messages.
pub fn measure(
    server: &Server,
    scenario: &Scenario,
    peer: &Peer,
    timing: Timing,
) -> io::Result<Sample> {
    let (raw, address) = (peer.is_raw(), server.address());
    let mut wires = Vec::with_capacity(scenario.connections);
    let mut agreement = Agreement::default();
    for _ in 0..scenario.connections {
        let wire = if peer.tls {
            handshake::over_tls(address, raw)?
        } else if raw {
            Wire::plain(handshake::connect(address)?)?
        } else {
            let compressed = scenario.compression() != Compression::Off;
            let (stream, agreed) = handshake::upgrade(address, compressed)?;
            agreement = agreed;
            Wire::plain(stream)?
        };
        wires.push(wire);
    }
    let workload = workload(scenario, agreement);
    let mut load = LoadGenerator::new(wires, &workload, raw)?;
    load.run_until(Instant::now() + timing.warm_up)?;

    let allocations = server.allocations()?;
    let before = (load.messages, load.bytes);
    let measurement = Measurement::begin(server, timing)?;
    load.run_until(measurement.deadline())?;
    let messages = load.messages - before.0;
    let sample = measurement.end(messages)?;
    let messages = messages as f64;
    Ok(Sample {
        wire: (load.bytes - before.1) as f64 / messages,
        allocations: allocations
            .zip(server.allocations()?)
            .map(|(from, to)| (to - from) as f64 / messages),
        ..sample
    })
}

fn workload(scenario: &Scenario, agreement: Agreement) -> Workload {
    match scenario.load {
        Load::Echo { window, content, size, fragments } => {
            Workload::echo(window, content, size, fragments)
        }
        Load::Deflate { window, size, .. } => Workload::deflate(window, size, agreement),
        Load::Handshakes | Load::Idle { .. } => unreachable!("measured elsewhere"),
    }
}

struct LoadGenerator<'workload> {
    poll: Poll,
    workload: &'workload Workload,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    messages: u64,
    bytes: u64,
}

impl<'workload> LoadGenerator<'workload> {
    fn new(wires: Vec<Wire>, workload: &'workload Workload, raw: bool) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(wires.len());
        for (index, mut wire) in wires.into_iter().enumerate() {
            wire.register(poll.registry(), Token(index))?;
            let verifier = if raw { ServerVerifier::raw() } else { ServerVerifier::frames() };
            let awaited = workload.window;
            connections.push(Connection { wire, verifier, burst: 0, written: 0, awaited });
        }
        let buffer = vec![0; BUFFER];
        Ok(Self { poll, workload, connections, buffer, messages: 0, bytes: 0 })
    }

    /// Runs until `deadline`, and then until one more message is back, so that a large message is not counted in part.
    fn run_until(&mut self, deadline: Instant) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut progress = (self.bytes, Instant::now());
        let mut overdue = None;
        loop {
            let now = Instant::now();
            if now >= deadline && self.messages > *overdue.get_or_insert(self.messages) {
                return Ok(());
            }
            if progress.0 != self.bytes {
                progress = (self.bytes, now);
            } else if now - progress.1 > TIMEOUT {
                return Err(io::Error::new(ErrorKind::TimedOut, "the server does not reply"));
            }
            let wait = if now < deadline { deadline - now } else { TIMEOUT };
            self.poll.poll(&mut events, Some(wait.min(Duration::from_secs(1))))?;
            for event in &events {
                let connection = &mut self.connections[event.token().0];
                if event.is_writable() {
                    connection.write(self.workload)?;
                }
                if event.is_readable() {
                    let (messages, bytes) = connection.read(self.workload, &mut self.buffer)?;
                    self.messages += messages as u64;
                    self.bytes += bytes as u64;
                }
            }
        }
    }
}

struct Connection {
    wire: Wire,
    verifier: ServerVerifier,
    burst: usize,
    written: usize,
    awaited: usize,
}

impl Connection {
    fn write(&mut self, workload: &Workload) -> io::Result<()> {
        let burst = &workload.bursts[self.burst];
        while self.written < burst.len() {
            match self.wire.write(&burst[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.wire.flush()?;
        Ok(())
    }

    /// Reads everything that has arrived. Returns the number of completed messages and of bytes.
    fn read(&mut self, workload: &Workload, buffer: &mut [u8]) -> io::Result<(usize, usize)> {
        let (mut messages, mut bytes) = (0, 0);
        loop {
            let size = match self.wire.read(buffer) {
                Ok(0) => return Err(io::Error::other("the server closed the connection")),
                Ok(size) => size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            };
            let completed =
                self.verifier.receive(&buffer[..size], workload).map_err(io::Error::other)?;
            messages += completed;
            bytes += size;
            self.awaited = self
                .awaited
                .checked_sub(completed)
                .ok_or_else(|| io::Error::other("more echoes than messages"))?;
            if self.awaited == 0 {
                (self.burst, self.written, self.awaited) =
                    (workload.after(self.burst), 0, workload.window);
                self.write(workload)?;
            }
            if !self.wire.may_hold_more(size, buffer.len()) {
                break;
            }
        }
        Ok((messages, bytes))
    }
}

const BUFFER: usize = 256 * 1024;
