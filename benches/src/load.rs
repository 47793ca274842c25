//! The load: connections that write bursts and await their echoes, on one thread, with epoll.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use crate::child::Server;
use crate::echo::Echo;
use crate::handshake::{self, Agreement, PATIENCE};
use crate::peers::Peer;
use crate::report::Sample;
use crate::rounds::Timing;
use crate::scenario::{Compression, Load, Scenario};
use crate::script::Script;
use crate::span::Span;
use crate::wire::Wire;

/// Measures echoed messages.
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
    let script = script(scenario, agreement);
    let mut load = Running::new(wires, &script, raw)?;
    load.run_until(Instant::now() + timing.warm_up)?;

    let allocations = server.allocations()?;
    let before = (load.messages, load.bytes);
    let span = Span::begin(server, timing)?;
    load.run_until(span.deadline())?;
    let messages = load.messages - before.0;
    let sample = span.end(messages)?;
    let messages = messages as f64;
    Ok(Sample {
        wire: (load.bytes - before.1) as f64 / messages,
        allocations: allocations
            .zip(server.allocations()?)
            .map(|(from, to)| (to - from) as f64 / messages),
        ..sample
    })
}

fn script(scenario: &Scenario, agreement: Agreement) -> Script {
    match scenario.load {
        Load::Echo { window, content, size, fragments } => {
            Script::echo(window, content, size, fragments)
        }
        Load::Deflate { window, size, .. } => Script::deflate(window, size, agreement),
        Load::Handshakes | Load::Idle { .. } => unreachable!("measured elsewhere"),
    }
}

struct Running<'script> {
    poll: Poll,
    script: &'script Script,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    messages: u64,
    bytes: u64,
}

impl<'script> Running<'script> {
    fn new(wires: Vec<Wire>, script: &'script Script, raw: bool) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(wires.len());
        for (index, mut wire) in wires.into_iter().enumerate() {
            wire.register(poll.registry(), Token(index))?;
            let echo = if raw { Echo::raw() } else { Echo::frames() };
            let awaited = script.window;
            connections.push(Connection { wire, echo, burst: 0, written: 0, awaited });
        }
        let buffer = vec![0; BUFFER];
        Ok(Self { poll, script, connections, buffer, messages: 0, bytes: 0 })
    }

    /// Runs until `deadline`, and then until a message is back: so that big messages are counted whole.
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
            } else if now - progress.1 > PATIENCE {
                return Err(io::Error::new(ErrorKind::TimedOut, "the server went silent"));
            }
            let wait = if now < deadline { deadline - now } else { PATIENCE };
            self.poll.poll(&mut events, Some(wait.min(Duration::from_secs(1))))?;
            for event in &events {
                let connection = &mut self.connections[event.token().0];
                if event.is_writable() {
                    connection.write(self.script)?;
                }
                if event.is_readable() {
                    let (messages, bytes) = connection.read(self.script, &mut self.buffer)?;
                    self.messages += messages as u64;
                    self.bytes += bytes as u64;
                }
            }
        }
    }
}

struct Connection {
    wire: Wire,
    echo: Echo,
    burst: usize,
    written: usize,
    awaited: usize,
}

impl Connection {
    fn write(&mut self, script: &Script) -> io::Result<()> {
        let burst = &script.bursts[self.burst];
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

    /// Reads all that is there; returns the number of messages and of bytes.
    fn read(&mut self, script: &Script, buffer: &mut [u8]) -> io::Result<(usize, usize)> {
        let (mut messages, mut bytes) = (0, 0);
        loop {
            let size = match self.wire.read(buffer) {
                Ok(0) => return Err(io::Error::other("the server closed the connection")),
                Ok(size) => size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            };
            let completed = self.echo.receive(&buffer[..size], script).map_err(io::Error::other)?;
            messages += completed;
            bytes += size;
            self.awaited = self
                .awaited
                .checked_sub(completed)
                .ok_or_else(|| io::Error::other("more echoes than messages"))?;
            if self.awaited == 0 {
                (self.burst, self.written, self.awaited) =
                    (script.after(self.burst), 0, script.window);
                self.write(script)?;
            }
            if !self.wire.may_hold_more(size, buffer.len()) {
                break;
            }
        }
        Ok((messages, bytes))
    }
}

const BUFFER: usize = 256 * 1024;
