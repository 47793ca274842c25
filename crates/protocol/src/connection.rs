//! Both directions in one.

use std::{
    io::{self, IoSlice},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use sockeye_errors::{Close, ConnectionClosed, Error, State};
use sockeye_frames::Role;

use crate::{Config, Event, MaskSource, MessageKind, Outgoing, PingId, Receiver, Sender, Step};

/// A WebSocket connection after its opening handshake, without I/O.
///
/// Its methods are of four kinds, and the name tells which:
///
/// | kind | form | |
/// | --- | --- | --- |
/// | the world tells us | `handle_*` | [`handle_received`](Self::handle_received), [`handle_transmitted`](Self::handle_transmitted), [`handle_eof`](Self::handle_eof), [`handle_timeout`](Self::handle_timeout) |
/// | the application asks | a plain verb | [`send`](Self::send), [`ping`](Self::ping), [`close`](Self::close) |
/// | we want something | `poll_*` | [`poll_event`](Self::poll_event), [`poll_transmit`](Self::poll_transmit), [`poll_timeout`](Self::poll_timeout) |
/// | look | a noun or `is_*` | [`state`](Self::state), [`outcome`](Self::outcome), [`is_flushed`](Self::is_flushed) |
///
/// They may be called in any order. Pongs and close frames are answered as they are met by `poll_event`; the answers
/// are among the bytes that `poll_transmit` wants written.
#[derive(Debug)]
pub struct Connection {
    receiver: Receiver,
    sender: Sender,
}

impl Connection {
    /// The client's end of a connection. `masks` makes the keys that frames are masked with.
    pub fn client(config: Config, masks: MaskSource) -> Self {
        let config = Arc::new(config);
        let receiver = Receiver::new(Role::Client, Arc::clone(&config));
        Self { receiver, sender: Sender::client(config, masks) }
    }

    /// The server's end of a connection.
    pub fn server(config: Config) -> Self {
        let config = Arc::new(config);
        let receiver = Receiver::new(Role::Server, Arc::clone(&config));
        Self { receiver, sender: Sender::server(config) }
    }

    /// The two directions, for two owners. What one learns and the other must know is on both of them: `handle_*`.
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }

    /// The two directions in one hand again.
    pub fn join(sender: Sender, receiver: Receiver) -> Self {
        Self { receiver, sender }
    }

    /// Starts the keepalive: the connection is open.
    pub fn start(&mut self, now: Instant) {
        self.sender.start(now);
    }

    /// Takes bytes from the transport, which are overwritten in the process.
    pub fn handle_received(&mut self, bytes: &mut [u8]) {
        self.sender.handle_received();
        match self.sender.step() {
            Step::Receive => self.receiver.handle_received(bytes),
            _ => self.sender.handle_discarded(bytes.len()),
        }
    }

    /// There is nothing to read at the moment, where [`step`](Self::step) wants it: a server whose peer said goodbye goes.
    pub fn handle_exhausted(&mut self) {
        self.sender.handle_exhausted();
    }

    /// `len` bytes of what [`poll_transmit`](Self::poll_transmit) wanted written were written.
    #[inline]
    pub fn handle_transmitted(&mut self, len: usize) {
        self.sender.handle_transmitted(len);
    }

    /// The transport takes no more bytes at the moment.
    pub fn handle_blocked(&mut self, now: Instant) {
        self.sender.handle_blocked(now);
    }

    /// The transport ended.
    pub fn handle_eof(&mut self) {
        self.sender.handle_eof();
    }

    /// The transport failed.
    pub fn handle_error(&mut self, error: io::Error) {
        self.sender.handle_error(error);
    }

    /// Writing failed. What the peer wrote before can still be read, its close frame for one.
    pub fn handle_write_error(&mut self, now: Instant, error: io::Error) {
        self.sender.handle_write_error(now, error);
    }

    /// Our direction of the transport was shut down, as [`step`](Self::step) wanted.
    pub fn handle_shut_down(&mut self, now: Instant) {
        self.sender.handle_shut_down(now);
    }

    /// The time is `now`: acts on the deadlines that have passed.
    ///
    /// Where one has, the connection also frees what it can do without while it is idle; see [`Sender::park`].
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.sender.park();
            self.receiver.park();
        }
        self.sender.handle_timeout(now);
    }

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// See [`Sender::send`].
    pub fn send(&mut self, outgoing: impl Into<Outgoing>) -> Result<(), Error> {
        self.sender.send(outgoing)
    }

    /// Begins a message of unknown size.
    ///
    /// # Errors
    ///
    /// See [`Sender::begin_message`].
    pub fn begin_message(&mut self, kind: MessageKind) -> Result<(), Error> {
        self.sender.begin_message(kind)
    }

    /// Queues the next fragment of the message that has begun, and with `last` the end of the message.
    ///
    /// # Errors
    ///
    /// See [`Sender::write_fragment`].
    pub fn write_fragment(&mut self, data: impl Into<Bytes>, last: bool) -> Result<(), Error> {
        self.sender.write_fragment(data.into(), last)
    }

    /// Queues a ping.
    ///
    /// # Errors
    ///
    /// See [`Sender::ping`].
    pub fn ping(&mut self, now: Instant, payload: impl Into<Bytes>) -> Result<PingId, Error> {
        self.sender.ping(now, payload)
    }

    /// Queues a pong that answers no ping.
    ///
    /// # Errors
    ///
    /// See [`Sender::pong`].
    pub fn pong(&mut self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.sender.pong(payload)
    }

    /// Gives up the message that has begun; see [`Sender::abandon_message`].
    pub fn abandon_message(&mut self, now: Instant) {
        self.sender.abandon_message(now);
    }

    /// Begins the closing handshake; does nothing if it has begun.
    ///
    /// # Errors
    ///
    /// See [`Sender::close`].
    pub fn close(&mut self, now: Instant, frame: &Close) -> Result<(), Error> {
        self.sender.close(now, frame)
    }

    /// The next thing that arrived; `None` asks for more bytes. What the protocol answers by itself is answered.
    pub fn poll_event(&mut self, now: Instant) -> Option<Event> {
        let event = self.receiver.poll_event()?;
        match &event {
            Event::Message(_) | Event::Fragment(_) => {}
            Event::Ping(payload) => self.sender.handle_ping(payload.clone()),
            Event::Pong(payload) => {
                self.sender.handle_pong(now, payload);
            }
            Event::Close(close) => self.sender.handle_close(now, close.clone()),
            Event::Failed(error) => self.sender.handle_failure(now, *error),
        }
        Some(event)
    }

    /// The next bytes to write; tell [`handle_transmitted`](Self::handle_transmitted) how many were.
    pub fn poll_transmit(&self) -> Option<&[u8]> {
        self.sender.poll_transmit()
    }

    /// The next pieces to write at once, for a vectored write; returns how many there are.
    pub fn poll_transmit_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.sender.poll_transmit_vectored(slices)
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.sender.poll_timeout()
    }

    /// What the end of the connection wants from the transport next.
    pub fn step(&mut self) -> Step {
        self.sender.step()
    }

    /// Whether nothing waits to be written.
    pub fn is_flushed(&self) -> bool {
        self.sender.is_flushed()
    }

    /// The state of the connection.
    pub fn state(&self) -> State {
        self.sender.state()
    }

    /// How the connection ended, as far as it has.
    pub fn outcome(&self) -> &ConnectionClosed {
        self.sender.outcome()
    }

    /// The time between the last ping that was answered and its pong.
    pub fn latency(&self) -> Option<Duration> {
        self.sender.latency()
    }

    /// Bytes that wait to be written.
    pub fn buffered(&self) -> usize {
        self.sender.buffered()
    }

    /// Whether so much waits to be written that a sender should wait.
    pub fn is_congested(&self) -> bool {
        self.sender.is_congested()
    }

    /// Sets apart the next message to come in fragments; see [`Receiver::stream`].
    pub fn stream(&mut self) {
        self.receiver.stream();
    }

    /// Takes [`stream`](Self::stream) back; see [`Receiver::keep_whole`].
    pub fn keep_whole(&mut self) {
        self.receiver.keep_whole();
    }

    /// Forgets what is left of the message that comes in fragments; see [`Receiver::discard`].
    pub fn discard(&mut self) {
        self.receiver.discard();
    }
}

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use super::{Receiver, Sender};

    // Servers have many connections that are idle: what they need only at times is in boxes.
    const _: () = assert!(size_of::<Sender>() <= 104);
    const _: () = assert!(size_of::<Receiver>() <= 48);
}
