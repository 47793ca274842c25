//! The runner: it measures every peer once per round, for each scenario.

use std::fs;
use std::io::{self, IsTerminal};
use std::time::Duration;

use super::process::Server;
use super::{cores, syscalls};
use crate::load::{echo_peer, handshakes, idle_memory, messages};
use crate::peers::{NOT_INSTALLED, Outcome, Peer};
use crate::report::{Measured, Row, Sample, chart, growth, markdown, table};
use crate::scenario::{Comparison, Load, Scenario};

/// The parameters of a run.
#[derive(Debug)]
pub struct Run {
    pub scenarios: Vec<Scenario>,
    /// The names of the peers to measure. Empty stands for all.
    pub only: Vec<String>,
    pub rounds: usize,
    pub timing: Timing,
    pub markdown: Option<String>,
    pub svg: Option<String>,
}

impl Run {
    /// Returns the peers that take part in a scenario.
    pub fn peers(&self, scenario: &Scenario) -> Vec<&'static Peer> {
        let is_wanted = |peer: &&'static Peer| {
            self.only.is_empty() || self.only.iter().any(|name| name == peer.name)
        };
        let takes_part = |peer: &&'static Peer| is_wanted(peer) && peer.supports(scenario);
        scenario.peers().iter().filter(takes_part).collect()
    }

    /// Returns the names of the peers that are not installed.
    fn missing(&self) -> Vec<&'static str> {
        let peers = self.scenarios.iter().flat_map(|scenario| self.peers(scenario));
        let missing = peers.filter(|peer| !peer.is_installed()).map(|peer| peer.name);
        let mut missing: Vec<_> = missing.collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }
}

/// The timing of each measurement.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub warm_up: Duration,
    pub duration: Duration,
    /// Whether system calls are counted instead of time.
    pub traced: bool,
}

/// Measures all scenarios, and prints each table as soon as it is complete.
pub fn run(run: &Run) -> Outcome {
    cores::raise_open_files()?;
    let machine = table::machine(cores::pin(cores::LOAD)?);
    println!("{machine}\n");
    if run.timing.traced {
        syscalls::check()?;
        println!("{}\n", syscalls::WARNING);
    }
    for name in run.missing() {
        println!(
            "NOT INSTALLED and therefore not measured: {name}. `cargo xtask bench` installs it.\n"
        );
    }
    let mut all = Vec::new();
    for scenario in &run.scenarios {
        let measured = measure(run, scenario);
        println!("{}", table::of(&measured));
        all.push(measured);
    }
    print!("{}", growth::of(&all));
    if let Some(path) = &run.markdown {
        fs::write(path, markdown::of(&all, run, &machine))?;
    }
    if let Some(path) = &run.svg {
        fs::write(path, chart::of(&all))?;
    }
    Ok(())
}

fn measure(run: &Run, scenario: &Scenario) -> Measured {
    let peers = run.peers(scenario);
    let row = |peer: &&'static Peer| Row {
        peer: peer.name,
        raw_echo: peer.raw_echo,
        samples: Vec::new(),
        problem: (!peer.is_installed()).then(|| NOT_INSTALLED.to_owned()),
    };
    let mut rows: Vec<_> = peers.iter().map(row).collect();
    for round in 0..run.rounds {
        // Each round starts with another peer, so that no peer benefits from its place in the order.
        for turn in 0..rows.len() {
            let place = (turn + round) % peers.len();
            let (peer, row) = (peers[place], &mut rows[place]);
            if !peer.is_installed() {
                row.samples.push(None);
                continue;
            }
            progress(&format!(
                "{}: round {} of {}, {}",
                scenario.name,
                round + 1,
                run.rounds,
                row.peer
            ));
            match sample(peer, scenario, run.timing) {
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

fn sample(peer: &Peer, scenario: &Scenario, timing: Timing) -> io::Result<Sample> {
    if scenario.comparison == Comparison::Clients {
        return echo_peer::measure(peer, scenario, timing);
    }
    let server = Server::start(peer, scenario)?;
    match scenario.load {
        Load::Echo { .. } | Load::Deflate { .. } => {
            messages::measure(&server, scenario, peer, timing)
        }
        Load::Handshakes => handshakes::measure(&server, scenario, timing),
        Load::Idle { .. } => idle_memory::measure(&server, scenario),
    }
}

/// Shows the current step if standard error is a terminal.
fn progress(step: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r{step:72}\r");
    }
}
