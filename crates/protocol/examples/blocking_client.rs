//! A client without a runtime: a socket of the standard library, and nothing else that waits.

use std::{
    env,
    error::Error,
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use sockeye_errors::Close;
use sockeye_handshake::{ClientHandshake, ClientOptions, WebSocketUri};
use sockeye_protocol::{Config, Connection, Event, Message, Step};

fn main() -> Result<(), Box<dyn Error>> {
    let uri = env::args().nth(1).unwrap_or_else(|| "ws://localhost:8765".to_owned());
    println!("{:?}", ask(&uri, "Hello")?);
    Ok(())
}

/// Sends a message, waits for the answer, and closes.
pub(crate) fn ask(uri: &str, question: &str) -> Result<Message, Box<dyn Error>> {
    let uri: WebSocketUri = uri.parse()?;
    let mut stream = TcpStream::connect((uri.host(), uri.port()))?;
    let mut buffer = vec![0; 16 << 10];
    let mut connection = Connection::client(Config::default(), random);
    connection.start(Instant::now());

    let mut handshake = ClientHandshake::new(&uri, &ClientOptions::default(), random()?)?;
    stream.write_all(handshake.request().as_bytes())?;
    loop {
        let len = stream.read(&mut buffer)?;
        if len == 0 {
            return Err(handshake.handle_eof().into());
        }
        if let Some((_, used)) = handshake.handle_received(&buffer[..len])? {
            // What follows the answer are the first frames.
            connection.handle_received(&mut buffer[used..len]);
            break;
        }
    }

    connection.send(question)?;
    let mut answer = None;
    loop {
        while let Some(event) = connection.poll_event(Instant::now()) {
            if let Event::Message(message) = event {
                answer = Some(message);
                connection.close(Instant::now(), &Close::new(1000, ""))?;
            }
        }
        while let Some(bytes) = connection.poll_transmit() {
            match stream.write(bytes) {
                Ok(len) => connection.handle_transmitted(len),
                Err(error) => connection.handle_write_error(Instant::now(), error),
            }
        }
        match connection.step() {
            Step::Done => break,
            Step::ShutDown => {
                // Whether it went well or not, nothing more can be written.
                let _ = stream.shutdown(Shutdown::Write);
                connection.handle_shut_down(Instant::now());
            }
            _ => receive(&mut stream, &mut connection, &mut buffer)?,
        }
    }
    answer.ok_or_else(|| connection.outcome().clone().into())
}

/// Waits for bytes, for the end of them, or for a deadline of the connection.
fn receive(stream: &mut TcpStream, to: &mut Connection, buffer: &mut [u8]) -> io::Result<()> {
    let patience = to.poll_timeout().map(|at| at.saturating_duration_since(Instant::now()));
    stream.set_read_timeout(patience.map(|time| time.max(Duration::from_millis(1))))?;
    match stream.read(buffer) {
        Ok(0) => to.handle_eof(),
        Ok(len) => to.handle_received(&mut buffer[..len]),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            to.handle_timeout(Instant::now());
        }
        Err(error) => to.handle_error(error),
    }
    Ok(())
}

/// Random bytes: for the key of the handshake, and for the mask of each frame.
fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
