//! Idle connections, and the memory that the server keeps for each.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::load::handshake;
use crate::load::verify::ServerVerifier;
use crate::load::workload::Workload;
use crate::measure::cores;
use crate::measure::process::Server;
use crate::report::Sample;
use crate::scenario::{Compression, Scenario};
use sockeye_bench_data::frame::{FIN, Header, PING, PONG, append_masked};
use sockeye_bench_data::payload::Content;

/// Measures the memory per idle connection.
pub fn measure(server: &Server, scenario: &Scenario) -> io::Result<Sample> {
    let connections = allowed(scenario.connections)?;
    let compressed = scenario.compression() != Compression::Off;
    let before = server.memory()?;
    let start = Instant::now();
    let mut workload = None;
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        let (mut stream, agreement) = handshake::upgrade(server.address(), compressed)?;
        let workload = workload.get_or_insert_with(|| {
            if compressed {
                Workload::deflate(1, 1024, agreement)
            } else {
                Workload::echo(1, Content::Binary, 1024, 1)
            }
        });
        stream.write_all(&workload.bursts[0])?;
        let mut verifier = ServerVerifier::frames();
        let mut buffer = [0; 4096];
        loop {
            let size = stream.read(&mut buffer)?;
            if size == 0 {
                return Err(io::Error::other("the server closed the connection"));
            }
            if verifier.receive(&buffer[..size], workload).map_err(io::Error::other)? > 0 {
                break;
            }
        }
        streams.push(stream);
    }
    let elapsed = start.elapsed();
    if scenario.waits_for_ping() {
        for stream in &mut streams {
            await_ping(stream)?;
        }
    } else {
        server.wait_until_idle()?;
    }
    let grown = server.memory()?.saturating_sub(before);
    Ok(Sample {
        cost: grown as f64 / connections as f64,
        rate: connections as f64 / elapsed.as_secs_f64(),
        ..Sample::default()
    })
}

/// Waits for a ping and answers it. The ping shows that the server's keepalive timer has fired for this connection.
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

/// Returns how many connections the limit of open files allows, with a reserve for other files.
pub fn allowed(wanted: usize) -> io::Result<usize> {
    let files = usize::try_from(cores::raise_open_files()?).unwrap_or(usize::MAX);
    let max = files.saturating_sub(64);
    if max < wanted {
        eprintln!("only {max} of {wanted} connections: the hard limit of open files is {files}");
    }
    Ok(wanted.min(max))
}
