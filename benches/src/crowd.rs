//! A crowd of idle connections, and the memory that each one keeps.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::child::Server;
use crate::cores;
use crate::echo::Echo;
use crate::handshake;
use crate::report::Sample;
use crate::scenario::{Compression, Scenario};
use crate::script::Script;
use sockeye_bench_data::frame::{FIN, Header, PING, PONG, append_masked};
use sockeye_bench_data::payload::Content;

/// Measures the memory of idle connections.
pub fn measure(server: &Server, scenario: &Scenario) -> io::Result<Sample> {
    let connections = allowed(scenario.connections)?;
    let compressed = scenario.compression() != Compression::Off;
    let before = server.memory()?;
    let start = Instant::now();
    let mut script = None;
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        let (mut stream, agreement) = handshake::upgrade(server.address(), compressed)?;
        let script = script.get_or_insert_with(|| {
            if compressed {
                Script::deflate(1, 1024, agreement)
            } else {
                Script::echo(1, Content::Binary, 1024, 1)
            }
        });
        stream.write_all(&script.bursts[0])?;
        let mut echo = Echo::frames();
        let mut buffer = [0; 4096];
        loop {
            let size = stream.read(&mut buffer)?;
            if size == 0 {
                return Err(io::Error::other("the server closed the connection"));
            }
            if echo.receive(&buffer[..size], script).map_err(io::Error::other)? > 0 {
                break;
            }
        }
        streams.push(stream);
    }
    let elapsed = start.elapsed();
    if scenario.is_parked() {
        for stream in &mut streams {
            await_ping(stream)?;
        }
    } else {
        server.await_rest()?;
    }
    let grown = server.memory()?.saturating_sub(before);
    Ok(Sample {
        cost: grown as f64 / connections as f64,
        rate: connections as f64 / elapsed.as_secs_f64(),
        ..Sample::default()
    })
}

/// Waits for a ping, and answers it: the keepalive of the connection has come round.
fn await_ping(stream: &mut TcpStream) -> io::Result<()> {
    let mut frame = Vec::new();
    let (header, size) = loop {
        if let Some(parsed) = Header::parse(&frame).map_err(io::Error::other)? {
            break parsed;
        }
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        frame.push(byte[0]);
    };
    if header.first != FIN | PING || header.length > 125 {
        return Err(io::Error::other(format!("{header:?} instead of a ping")));
    }
    debug_assert_eq!(frame.len(), size);
    let mut payload = Vec::new();
    stream.take(header.length).read_to_end(&mut payload)?;
    let mut pong = Vec::new();
    append_masked(FIN | PONG, &payload, &mut pong);
    stream.write_all(&pong)
}

/// As many of the connections as the limit of open files allows, with room for what else is open.
pub fn allowed(wanted: usize) -> io::Result<usize> {
    let files = usize::try_from(cores::raise_open_files()?).unwrap_or(usize::MAX);
    let most = files.saturating_sub(64);
    if most < wanted {
        eprintln!("only {most} connections of {wanted}: the hard limit of open files is {files}");
    }
    Ok(wanted.min(most))
}
