//! The run: scenario after scenario, round after round, peer after peer.

use std::fs;
use std::io::{self, IsTerminal};
use std::time::Duration;

use crate::peers::{Outcome, Peer};
use crate::report::{Measured, RAW, Row, Sample};
use crate::scenario::{Compression, Load, Scenario};
use crate::server::Server;
use crate::{chart, connects, cores, crowd, load, markdown, table};

/// What to run.
#[derive(Debug)]
pub struct Run {
    pub scenarios: Vec<Scenario>,
    pub peers: Vec<&'static Peer>,
    pub rounds: usize,
    pub timing: Timing,
    pub markdown: Option<String>,
    pub svg: Option<String>,
}

/// How long each measurement takes.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub warm_up: Duration,
    pub span: Duration,
}

/// Runs all, printing each table as soon as it is complete.
pub fn run(run: &Run) -> Outcome {
    cores::raise_open_files()?;
    let machine = table::machine(cores::pin(cores::LOAD)?);
    println!("{machine}\n");
    let mut all = Vec::new();
    for scenario in &run.scenarios {
        let measured = measure(run, scenario);
        println!("{}", table::of(&measured));
        all.push(measured);
    }
    if let Some(path) = &run.markdown {
        fs::write(path, markdown::of(&all, run, &machine))?;
    }
    if let Some(path) = &run.svg {
        fs::write(path, chart::of(&all))?;
    }
    Ok(())
}

fn measure(run: &Run, scenario: &Scenario) -> Measured {
    let takes_part = |peer: &&'static Peer| {
        let compression = scenario.compression();
        let compresses = compression == Compression::Off || peer.compression.contains(&compression);
        compresses && (peer.name != RAW || scenario.has_ceiling())
    };
    let peers: Vec<_> = run.peers.iter().copied().filter(takes_part).collect();
    let row = |peer: &&Peer| Row { peer: peer.name, samples: Vec::new(), problem: None };
    let mut rows: Vec<_> = peers.iter().map(row).collect();
    for round in 0..run.rounds {
        // Another one begins each round, so that no place in the order is anyone's advantage.
        for turn in 0..rows.len() {
            let row = &mut rows[(turn + round) % peers.len()];
            progress(&format!(
                "{}: round {} of {}, {}",
                scenario.name,
                round + 1,
                run.rounds,
                row.peer
            ));
            match sample(row.peer, scenario, run.timing) {
                Ok(sample) => row.samples.push(Some(sample)),
                Err(error) => {
                    row.samples.push(None);
                    row.problem = Some(error.to_string());
                }
            }
        }
    }
    progress("");
    Measured { scenario: *scenario, rows }
}

fn sample(peer: &str, scenario: &Scenario, timing: Timing) -> io::Result<Sample> {
    let server = Server::start(peer, scenario.compression())?;
    match scenario.load {
        Load::Echo { .. } | Load::Deflate { .. } => {
            load::measure(&server, scenario, peer == RAW, timing)
        }
        Load::Handshakes => connects::measure(&server, scenario, timing),
        Load::Idle { .. } => crowd::measure(&server, scenario),
    }
}

/// Shows what is being done, if somebody watches.
fn progress(doing: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r{doing:72}\r");
    }
}
