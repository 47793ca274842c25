//! A crowd of idle connections, and the memory that each one keeps.

use std::io::{self, Read, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::child::Server;
use crate::cores;
use crate::echo::Echo;
use crate::handshake;
use crate::report::Sample;
use crate::scenario::{Compression, Scenario};
use crate::script::Script;
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
    // What a server does when its connections fall silent, it has done by then.
    sleep(SILENCE);
    let grown = server.memory()?.saturating_sub(before);
    Ok(Sample {
        cost: grown as f64 / connections as f64,
        rate: connections as f64 / elapsed.as_secs_f64(),
        wire: 0.0,
    })
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

const SILENCE: Duration = Duration::from_millis(500);
