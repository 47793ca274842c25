//! Handshakes: connections are opened, upgraded and closed in batches, so that the server handles several at a time.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::load::handshake;
use crate::measure::measurement::Measurement;
use crate::measure::process::Server;
use crate::measure::runner::Timing;
use crate::report::Sample;
use crate::scenario::Scenario;
use sockeye_bench_data::frame::{CLOSE, FIN, append_masked};

/// Measures handshakes.
pub fn measure(server: &Server, scenario: &Scenario, timing: Timing) -> io::Result<Sample> {
    let mut close = Vec::new();
    append_masked(FIN | CLOSE, &NORMAL, &mut close);

    let warm = Instant::now() + timing.warm_up;
    while Instant::now() < warm {
        batch(server, scenario.connections, &close)?;
    }
    let measurement = Measurement::begin(server, timing)?;
    let mut handshakes = 0;
    while Instant::now() < measurement.deadline() && handshakes < MAX_HANDSHAKES {
        batch(server, scenario.connections, &close)?;
        handshakes += scenario.connections;
    }
    measurement.end(handshakes as u64)
}

fn batch(server: &Server, size: usize, close: &[u8]) -> io::Result<()> {
    let mut streams = Vec::with_capacity(size);
    for _ in 0..size {
        streams.push(handshake::connect(server.address())?);
    }
    for stream in &mut streams {
        handshake::request(stream, server.address(), false)?;
    }
    for stream in &mut streams {
        handshake::response(stream)?;
        stream.write_all(close)?;
    }
    for stream in &mut streams {
        read_close(stream)?;
    }
    Ok(())
}

/// Reads the reply to a close frame.
///
/// RFC 6455 §5.5.1: the reply is a close frame with the same code, or with none.
fn read_close(stream: &mut TcpStream) -> io::Result<()> {
    let mut reply = [0; 128];
    let mut filled = 0;
    loop {
        match stream.read(&mut reply[filled..])? {
            0 => {
                return Err(io::Error::other(
                    "the server closed the connection without a close frame",
                ));
            }
            more => filled += more,
        }
        match reply[..filled] {
            [first, 2, a, b] if first == FIN | CLOSE && [a, b] == NORMAL => return Ok(()),
            [first, 0] if first == FIN | CLOSE => return Ok(()),
            [_] => {}
            [first, 2, ..] if first == FIN | CLOSE && filled < 4 => {}
            _ => {
                return Err(io::Error::other(format!("not a close frame: {:?}", &reply[..filled])));
            }
        }
    }
}

const NORMAL: [u8; 2] = 1000_u16.to_be_bytes();

/// Each handshake leaves a port in TIME-WAIT for a minute, and there are only 28,000 ephemeral ports.
const MAX_HANDSHAKES: usize = 8_000;
