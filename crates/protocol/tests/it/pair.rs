//! Two connections that are joined by bytes, with a clock of their own.

use std::{
    io,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use sockeye_errors::{Close, ProtocolError};
use sockeye_protocol::{CloseStep, Config, Event, Message, Role};

use crate::compression;
use crate::connection::Connection;

/// An endpoint, with the bytes that are in flight to it.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) connection: Connection,
    pub(crate) events: Vec<Event>,
    /// The steps of the endpoint in order.
    pub(crate) steps: Vec<CloseStep>,
    /// Bytes that have not arrived yet.
    pub(crate) incoming: BytesMut,
    /// Whether nothing will follow them.
    pub(crate) fin: bool,
    eof: bool,
}

/// Both ends.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) client: End,
    pub(crate) server: End,
    pub(crate) now: Instant,
}

impl End {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            events: Vec::new(),
            steps: Vec::new(),
            incoming: BytesMut::new(),
            fin: false,
            eof: false,
        }
    }

    /// The end that plays `role`, with the default configuration.
    pub(crate) fn playing(role: Role) -> Self {
        Self::configured(role, &Config::default())
    }

    pub(crate) fn configured(role: Role, config: &Config) -> Self {
        Self::new(connection(role, config))
    }

    /// Receives bytes, and collects the resulting events.
    pub(crate) fn receive(&mut self, now: Instant, bytes: &[u8]) -> &mut Self {
        self.connection.handle_received(&mut bytes.to_vec());
        while let Some(event) = self.connection.poll_event(now) {
            self.events.push(event);
        }
        self
    }

    /// Writes all queued bytes.
    pub(crate) fn transmit(&mut self) -> Vec<u8> {
        let mut wire = Vec::new();
        while let Some(bytes) = self.connection.poll_transmit() {
            let len = bytes.len();
            wire.extend_from_slice(bytes);
            let now = self.connection.now;
            self.connection.handle_transmitted(|| now, len);
        }
        wire
    }

    /// The messages among the events.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let message = |event: &Event| match event {
            Event::Message(message) => Some(message.clone()),
            _ => None,
        };
        self.events.iter().filter_map(message).collect()
    }

    /// The error by which the peer's bytes failed the connection.
    pub(crate) fn failure(&self) -> Option<ProtocolError> {
        self.events.iter().find_map(|event| match event {
            Event::Failed(error) => Some(*error),
            _ => None,
        })
    }

    /// The code of the close frame that was sent.
    pub(crate) fn sent_code(&self) -> Option<u16> {
        self.connection.outcome().sent.as_ref().map(|close| close.code.as_u16())
    }

    /// Performs the next step of the endpoint; returns whether anything changed.
    fn turn(&mut self, peer: &mut Self, now: Instant, chunk: usize) -> bool {
        let wire = self.transmit();
        peer.incoming.extend_from_slice(&wire);
        let step = self.connection.step();
        if self.steps.last() != Some(&step) {
            self.steps.push(step);
        }
        match step {
            CloseStep::ShutDown => {
                peer.fin = true;
                self.connection.handle_shut_down(now);
                true
            }
            CloseStep::Receive | CloseStep::Drain if !self.incoming.is_empty() => {
                let len = chunk.min(self.incoming.len());
                let bytes = self.incoming.split_to(len);
                self.receive(now, &bytes);
                true
            }
            CloseStep::Receive | CloseStep::Drain if self.fin && !self.eof => {
                self.eof = true;
                self.connection.handle_eof();
                true
            }
            CloseStep::Done => !std::mem::replace(&mut peer.fin, true),
            _ => !wire.is_empty(),
        }
    }
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::configured(&Config::default())
    }

    pub(crate) fn configured(config: &Config) -> Self {
        Self::joined(connection(Role::Client, config), connection(Role::Server, config))
    }

    pub(crate) fn joined(client: Connection, server: Connection) -> Self {
        let mut pair =
            Self { client: End::new(client), server: End::new(server), now: Instant::now() };
        pair.client.connection.start(pair.now);
        pair.server.connection.start(pair.now);
        pair
    }

    /// Transfers bytes in both directions until nothing changes.
    pub(crate) fn run(&mut self) -> &mut Self {
        self.run_in_chunks(usize::MAX)
    }

    /// The same, at most `chunk` bytes at a time.
    pub(crate) fn run_in_chunks(&mut self, chunk: usize) -> &mut Self {
        let Self { client, server, now } = self;
        while client.turn(server, *now, chunk) | server.turn(client, *now, chunk) {}
        self
    }

    /// Lets time pass at both endpoints.
    pub(crate) fn pass(&mut self, time: Duration) -> &mut Self {
        self.now += time;
        self.client.connection.handle_timeout(self.now);
        self.server.connection.handle_timeout(self.now);
        self
    }

    /// The end that plays `role`.
    pub(crate) fn end(&mut self, role: Role) -> &mut End {
        match role {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        }
    }

    /// Begins the closing handshake from the side of `role`.
    pub(crate) fn close(&mut self, role: Role, code: u16, reason: &str) -> &mut Self {
        let now = self.now;
        let frame = Close::new(code, reason);
        self.end(role).connection.close(now, &frame).expect("the frame is valid");
        self
    }
}

/// A function that configures a connection.
pub(crate) type Finish = Box<dyn Fn(Connection) -> Connection>;

/// The two endpoints with every setting of the extension and without it, each with its name.
pub(crate) fn links(config: &Config) -> Vec<(String, Connection, Connection)> {
    let plain =
        ("plain".to_owned(), connection(Role::Client, config), connection(Role::Server, config));
    let mut links = vec![plain];
    links.extend(compression::links(config));
    links
}

pub(crate) fn connection(role: Role, config: &Config) -> Connection {
    match role {
        Role::Client => Connection::client(config.clone(), keys),
        Role::Server => Connection::server(config.clone()),
    }
}

/// Distinct keys.
#[expect(clippy::unnecessary_wraps, reason = "the type of a source of keys")]
pub(crate) fn keys() -> io::Result<[u8; 4]> {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    Ok(count.wrapping_mul(0x9e37_79b9).to_be_bytes())
}

pub(crate) const ROLES: [Role; 2] = [Role::Client, Role::Server];
