//! A blocking client on a socket of the standard library, without a runtime.
//!
//! [`Socket`] follows the calling contract that the documentation of the crate describes.

use std::{
    env,
    error::Error,
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use sockeye_errors::Close;
use sockeye_handshake::{ClientHandshake, ClientOptions, WebSocketUri};
use sockeye_protocol::{CloseStep, Config, Event, Message, Receiver, Role, Sender, read_buffer};

fn main() -> Result<(), Box<dyn Error>> {
    let uri = env::args().nth(1).unwrap_or_else(|| "ws://localhost:8765".to_owned());
    println!("{:?}", ask(&uri, "Hello")?);
    Ok(())
}

/// Connects, sends a message, waits for the answer, and closes the connection.
pub(crate) fn ask(uri: &str, question: &str) -> Result<Message, Box<dyn Error>> {
    let uri: WebSocketUri = uri.parse()?;
    let mut stream = TcpStream::connect((uri.host(), uri.port()))?;
    let mut handshake = ClientHandshake::new(&uri, &ClientOptions::default(), random()?)?;
    stream.write_all(handshake.request_bytes())?;
    let mut buffer = vec![0; 4096];
    let leftover = loop {
        let len = stream.read(&mut buffer)?;
        if len == 0 {
            return Err(handshake.handle_eof().into());
        }
        if let Some((_, used)) = handshake.handle_received(&buffer[..len])? {
            break &mut buffer[used..len];
        }
    };
    let config = Arc::new(Config::default());
    let sender = Sender::client(Arc::clone(&config), random);
    let mut socket = Socket::new(stream, sender, Receiver::new(Role::Client, config), leftover);

    socket.sender.send(question)?;
    let answer = socket.recv();
    socket.sender.close(Instant::now(), &Close::new(1000, ""))?;
    while socket.recv().is_some() {}
    answer.ok_or_else(|| socket.sender.outcome().clone().into())
}

/// A blocking WebSocket connection. Messages that are queued in `sender` are sent by the next [`recv`](Self::recv).
pub(crate) struct Socket {
    stream: TcpStream,
    pub(crate) sender: Sender,
    receiver: Receiver,
}

impl Socket {
    /// Opens a connection after the opening handshake, with the bytes that were read after it.
    pub(crate) fn new(
        stream: TcpStream,
        mut sender: Sender,
        mut receiver: Receiver,
        leftover: &mut [u8],
    ) -> Self {
        sender.start(Instant::now());
        receiver.handle_received(leftover);
        Self { stream, sender, receiver }
    }

    /// Waits for the next message; returns `None` when the connection is closed.
    pub(crate) fn recv(&mut self) -> Option<Message> {
        loop {
            // 1. Decode all events before more bytes are read.
            while let Some(event) = self.receiver.poll_event() {
                if let Event::Message(message) = event {
                    return Some(message);
                }
                self.handle_event(event);
            }
            // 2. Write everything, including the answers to the events.
            self.flush();
            // 3. Perform the next step.
            match self.sender.step() {
                CloseStep::Done => return None,
                CloseStep::Receive => self.read(),
                CloseStep::Drain => self.drain(),
                _ => {
                    // An error means as well that nothing more can be written.
                    let _ = self.stream.shutdown(Shutdown::Write);
                    self.sender.handle_shut_down(Instant::now());
                }
            }
        }
    }

    fn handle_event(&mut self, event: Event) {
        let now = Instant::now();
        match event {
            Event::Ping(payload) => self.sender.handle_ping(&payload),
            Event::Pong(payload) => drop(self.sender.handle_pong(now, &payload)),
            Event::Close(close) => self.sender.handle_close(now, close),
            Event::Failed(error) => self.sender.handle_failure(now, error),
            _ => {}
        }
    }

    fn flush(&mut self) {
        while let Some(bytes) = self.sender.poll_transmit() {
            match self.stream.write(bytes) {
                Ok(len) => self.sender.handle_transmitted(Instant::now, len),
                Err(error) => self.sender.handle_write_error(Instant::now(), error),
            }
        }
    }

    fn read(&mut self) {
        self.set_timeout();
        match self.receiver.read_with(|buffer| self.stream.read(buffer)) {
            Ok(0) => self.sender.handle_eof(),
            Ok(_) => self.sender.handle_received(),
            Err(error) => self.handle_error(error),
        }
    }

    /// Reads and discards bytes after the close frames.
    fn drain(&mut self) {
        self.set_timeout();
        match read_buffer::with(|buffer| self.stream.read(buffer)) {
            Ok(0) => self.sender.handle_eof(),
            Ok(len) => self.sender.handle_discarded(len),
            Err(error) => self.handle_error(error),
        }
    }

    /// Makes reads end at the next deadline.
    fn set_timeout(&mut self) {
        let timeout = self.sender.poll_timeout().map(|deadline| {
            deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
        });
        if let Err(error) = self.stream.set_read_timeout(timeout) {
            self.sender.handle_error(error);
        }
    }

    fn handle_error(&mut self, error: io::Error) {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                self.sender.handle_timeout(Instant::now(), true);
            }
            _ => self.sender.handle_error(error),
        }
    }
}

/// Returns random bytes, for the key of the handshake and for the masking keys.
fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
