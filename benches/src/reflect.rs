//! The other side of a measured client: an echo server on one thread, with epoll and without a WebSocket library.
//!
//! What it sends was built before; what it gets is unmasked and compared with what it must be, byte for byte.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::arrival::Arrival;
use crate::child::Child;
use crate::handshake::{self, PATIENCE};
use crate::peers::{Peer, Talk};
use crate::report::Sample;
use crate::rounds::Timing;
use crate::scenario::{Load, Scenario};
use crate::script::Script;
use crate::span::Span;
use sockeye_bench_data::frame::{FIN, append_unmasked};

/// Measures a client.
pub fn measure(peer: &Peer, scenario: &Scenario, timing: Timing) -> io::Result<Sample> {
    let Load::Echo { window, content, size, fragments: 1 } = scenario.load else {
        return Err(io::Error::other("no scenario for a client"));
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let (address, connections) = (listener.local_addr()?, scenario.connections);
    let talk = Talk { address, connections, window, content, size };
    let client = Child::start(peer.client(&talk)?.stdin(Stdio::null()))?;
    let script = Script::echo(window, content, size, 1);
    let reply = reply(&script, peer.is_raw());
    let mut echo = Reflecting::new(accept(&listener, connections, peer.is_raw())?, &script, reply)?;
    echo.run_until(Instant::now() + timing.warm_up)?;

    let before = echo.messages;
    let span = Span::begin(&client, timing)?;
    echo.run_until(span.deadline())?;
    span.end(echo.messages - before)
}

/// The echoes of a window.
fn reply(script: &Script, raw: bool) -> Vec<u8> {
    if raw {
        return script.bursts[0].clone();
    }
    let mut reply = Vec::new();
    for _ in 0..script.window {
        let message = &script.messages[0];
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
    let deadline = Instant::now() + PATIENCE;
    while streams.len() < connections {
        match listener.accept() {
            Ok((mut stream, _)) => {
                stream.set_nonblocking(false)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
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

struct Reflecting<'script> {
    poll: Poll,
    script: &'script Script,
    reply: Vec<u8>,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    messages: u64,
}

impl<'script> Reflecting<'script> {
    fn new(
        streams: Vec<std::net::TcpStream>,
        script: &'script Script,
        reply: Vec<u8>,
    ) -> io::Result<Self> {
        let raw = reply == script.bursts[0];
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(streams.len());
        for (index, stream) in streams.into_iter().enumerate() {
            let mut stream = TcpStream::from_std(stream);
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(index), interest)?;
            let arrival = if raw { Arrival::raw() } else { Arrival::frames() };
            connections.push(Connection { stream, arrival, owed: 0, written: 0 });
        }
        let buffer = vec![0; BUFFER];
        Ok(Self { poll, script, reply, connections, buffer, messages: 0 })
    }

    /// Runs until `deadline`, and then until a message has come: so that big messages are counted whole.
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
            } else if now - progress.1 > PATIENCE {
                return Err(io::Error::new(ErrorKind::TimedOut, "the client went silent"));
            }
            let wait = if now < deadline { deadline - now } else { PATIENCE };
            self.poll.poll(&mut events, Some(wait.min(Duration::from_secs(1))))?;
            for event in &events {
                let connection = &mut self.connections[event.token().0];
                if event.is_readable() {
                    self.messages += connection.read(self.script, &mut self.buffer)?;
                }
                connection.write(&self.reply, self.script.window)?;
            }
        }
    }
}

struct Connection {
    stream: TcpStream,
    arrival: Arrival,
    /// Messages that came and are not wholly answered.
    owed: usize,
    /// How much of the reply of a window is written.
    written: usize,
}

impl Connection {
    /// Reads all that is there; returns the number of messages.
    fn read(&mut self, script: &Script, buffer: &mut [u8]) -> io::Result<u64> {
        let mut messages = 0;
        loop {
            let size = match self.stream.read(buffer) {
                Ok(0) => return Err(io::Error::other("the client closed the connection")),
                Ok(size) => size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            };
            let arrived = self.arrival.receive(&buffer[..size], script);
            messages += arrived.map_err(io::Error::other)?;
            // With edge-triggered readiness, what comes after a short read is a new edge.
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
