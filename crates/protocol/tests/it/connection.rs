//! Both directions of a connection, driven by the calling contract of the crate.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Instant,
};

use sockeye_protocol::{CloseStep, Config, Event, MaskSource, Receiver, Role, Sender};

/// A sender and a receiver. The events that the library answers by itself are passed on to the sender.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) sender: Sender,
    pub(crate) receiver: Receiver,
    /// The time of the last call that was given one.
    pub(crate) now: Instant,
}

impl Connection {
    pub(crate) fn client(config: Config, masks: MaskSource) -> Self {
        let config = Arc::new(config);
        let receiver = Receiver::new(Role::Client, Arc::clone(&config));
        Self { sender: Sender::client(config, masks), receiver, now: Instant::now() }
    }

    pub(crate) fn server(config: Config) -> Self {
        let config = Arc::new(config);
        let receiver = Receiver::new(Role::Server, Arc::clone(&config));
        Self { sender: Sender::server(config), receiver, now: Instant::now() }
    }

    pub(crate) fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }

    pub(crate) fn handle_received(&mut self, bytes: &mut [u8]) {
        self.sender.handle_received();
        match self.sender.step() {
            CloseStep::Receive => self.receiver.handle_received(bytes),
            _ => self.sender.handle_discarded(bytes.len()),
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        self.sender.handle_timeout(now, true);
    }

    pub(crate) fn poll_event(&mut self, now: Instant) -> Option<Event> {
        self.now = now;
        let event = loop {
            match self.receiver.poll_event()? {
                Event::Progress => {}
                event => break event,
            }
        };
        match &event {
            Event::Ping(payload) => self.sender.handle_ping(payload),
            Event::Pong(payload) => drop(self.sender.handle_pong(now, payload)),
            Event::Close(close) => self.sender.handle_close(now, close.clone()),
            Event::Failed(error) => self.sender.handle_failure(now, *error),
            _ => {}
        }
        Some(event)
    }
}

impl Deref for Connection {
    type Target = Sender;

    fn deref(&self) -> &Sender {
        &self.sender
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Sender {
        &mut self.sender
    }
}
