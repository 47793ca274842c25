//! The server of a measured client: an echo on one thread, with epoll and without a WebSocket library.
//!
//! Its replies are built before the measurement. It unmasks each message and compares it with the expected bytes.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::load::handshake::{self, TIMEOUT};
use crate::load::verify::ClientVerifier;
use crate::load::workload::Workload;
use crate::measure::measurement::Measurement;
use crate::measure::process::Child;
use crate::measure::runner::Timing;
use crate::peers::{ClientLoad, Peer};
use crate::report::Sample;
use crate::scenario::{Load, Scenario};
use sockeye_bench_data::frame::{FIN, append_unmasked};

/// Measures a client.
pub fn measure(peer: &Peer, scenario: &Scenario, timing: Timing) -> io::Result<Sample> {
    let Load::Echo { window, content, size, fragments: 1 } = scenario.load else {
        return Err(io::Error::other("not a scenario for a client"));
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let (address, connections) = (listener.local_addr()?, scenario.connections);
    let load = ClientLoad { address, connections, window, content, size };
    let client = Child::start(peer.client_command(&load)?.stdin(Stdio::null()))?;
    let workload = Workload::echo(window, content, size, 1);
    let reply = reply(&workload, peer.is_raw());
    let mut echo = EchoPeer::new(accept(&listener, connections, peer.is_raw())?, &workload, reply)?;
    echo.run_until(Instant::now() + timing.warm_up)?;

    let before = echo.messages;
    let measurement = Measurement::begin(&client, timing)?;
    echo.run_until(measurement.deadline())?;
    measurement.end(echo.messages - before)
}

/// Returns the echoes of one window of messages.
fn reply(workload: &Workload, raw: bool) -> Vec<u8> {
    if raw {
        return workload.bursts[0].clone();
    }
    let mut reply = Vec::new();
    for _ in 0..workload.window {
        let message = &workload.messages[0];
        append_unmasked(FIN | message.opcode, &message.payload, &mut reply);
    }
    reply
}

fn accept(
    listener: &TcpListener,
    connections: usize,
    raw: bool,
) -> io::Result<Vec<std::net::TcpStream>> {
    listener.set_nonblocking(true)?;
    let mut streams = Vec::with_capacity(connections);
    let deadline = Instant::now() + TIMEOUT;
    while streams.len() < connections {
        match listener.accept() {
            Ok((mut stream, _)) => {
                stream.set_nonblocking(false)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(TIMEOUT))?;
                if !raw {
                    handshake::answer(&mut stream)?;
                }
                stream.set_nonblocking(true)?;
                streams.push(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < deadline => {
                sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(streams)
}

struct EchoPeer<'workload> {
    poll: Poll,
    workload: &'workload Workload,
    reply: Vec<u8>,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    messages: u64,
}

impl<'workload> EchoPeer<'workload> {
    fn new(
        streams: Vec<std::net::TcpStream>,
        workload: &'workload Workload,
        reply: Vec<u8>,
    ) -> io::Result<Self> {
        let raw = reply == workload.bursts[0];
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(streams.len());
        for (index, stream) in streams.into_iter().enumerate() {
            let mut stream = TcpStream::from_std(stream);
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(index), interest)?;
            let verifier = if raw { ClientVerifier::raw() } else { ClientVerifier::frames() };
            connections.push(Connection { stream, verifier, owed: 0, written: 0 });
        }
        let buffer = vec![0; BUFFER];
        Ok(Self { poll, workload, reply, connections, buffer, messages: 0 })
    }

    /// Runs until `deadline`, and then until one more message has arrived, so that a large message is not counted in part.
    fn run_until(&mut self, deadline: Instant) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut progress = (self.messages, Instant::now());
        let mut overdue = None;
        loop {
            let now = Instant::now();
            if now >= deadline && self.messages > *overdue.get_or_insert(self.messages) {
                return Ok(());
            }
            if progress.0 != self.messages {
                progress = (self.messages, now);
            } else if now - progress.1 > TIMEOUT {
                return Err(io::Error::new(ErrorKind::TimedOut, "the client does not send"));
            }
            let wait = if now < deadline { deadline - now } else { TIMEOUT };
            self.poll.poll(&mut events, Some(wait.min(Duration::from_secs(1))))?;
            for event in &events {
                let connection = &mut self.connections[event.token().0];
                if event.is_readable() {
                    self.messages += connection.read(self.workload, &mut self.buffer)?;
                }
                connection.write(&self.reply, self.workload.window)?;
            }
        }
    }
}

struct Connection {
    stream: TcpStream,
    verifier: ClientVerifier,
    /// The number of messages whose echo is not completely written.
    owed: usize,
    /// The number of bytes of a window's echoes that are written.
    written: usize,
}

impl Connection {
    /// Reads everything that has arrived. Returns the number of completed messages.
    fn read(&mut self, workload: &Workload, buffer: &mut [u8]) -> io::Result<u64> {
        let mut messages = 0;
        loop {
            let size = match self.stream.read(buffer) {
                Ok(0) => return Err(io::Error::other("the client closed the connection")),
                Ok(size) => size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            };
            let arrived = self.verifier.receive(&buffer[..size], workload);
            messages += arrived.map_err(io::Error::other)?;
            // Readiness is edge-triggered: data that arrives after a short read is a new edge.
            if size < buffer.len() {
                break;
            }
        }
        self.owed += messages;
        Ok(messages as u64)
    }

    fn write(&mut self, reply: &[u8], window: usize) -> io::Result<()> {
        let size = reply.len() / window;
        while self.owed > 0 {
            let end = reply.len().min((self.written / size + self.owed) * size);
            let written = match self.stream.write(&reply[self.written..end]) {
                Ok(written) => self.written + written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            self.owed -= written / size - self.written / size;
            self.written = written % reply.len();
        }
        Ok(())
    }
}

const BUFFER: usize = 256 * 1024;
