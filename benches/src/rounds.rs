//! The run: scenario after scenario, round after round, peer after peer.

use std::fs;
use std::io::{self, IsTerminal};
use std::time::Duration;

use crate::child::Server;
use crate::peers::{NOT_INSTALLED, Outcome, Peer};
use crate::report::{Measured, Row, Sample};
use crate::scenario::{Compression, Contest, Load, Scenario};
use crate::{chart, connects, cores, crowd, load, markdown, reflect, series, syscalls, table};

/// What to run.
#[derive(Debug)]
pub struct Run {
    pub scenarios: Vec<Scenario>,
    /// The names of those that take part; all, if there are none.
    pub only: Vec<String>,
    pub rounds: usize,
    pub timing: Timing,
    pub markdown: Option<String>,
    pub svg: Option<String>,
}

impl Run {
    /// Those that take part in a scenario.
    pub fn peers(&self, scenario: &Scenario) -> Vec<&'static Peer> {
        let compression = scenario.compression();
        let takes_part = |peer: &&'static Peer| {
            let wanted = self.only.is_empty() || self.only.iter().any(|name| name == peer.name);
            let compresses =
                compression == Compression::Off || peer.compression.contains(&compression);
            let fits = !peer.only_idle || matches!(scenario.load, Load::Idle { .. });
            let fits = fits && (peer.parks || !scenario.is_parked());
            wanted && fits && compresses && (!peer.is_raw() || scenario.has_ceiling())
        };
        scenario.peers().iter().filter(takes_part).collect()
    }

    /// The names of those that would take part, were they installed.
    fn missing(&self) -> Vec<&'static str> {
        let peers = self.scenarios.iter().flat_map(|scenario| self.peers(scenario));
        let missing = peers.filter(|peer| !peer.is_installed()).map(|peer| peer.name);
        let mut missing: Vec<_> = missing.collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }
}

/// How long each measurement takes.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub warm_up: Duration,
    pub span: Duration,
    /// Whether system calls are counted, and nothing is timed.
    pub traced: bool,
}

/// Runs all, printing each table as soon as it is complete.
pub fn run(run: &Run) -> Outcome {
    cores::raise_open_files()?;
    let machine = table::machine(cores::pin(cores::LOAD)?);
    println!("{machine}\n");
    if run.timing.traced {
        syscalls::check()?;
        println!("{}\n", syscalls::WARNING);
    }
    for name in run.missing() {
        println!("NOT INSTALLED, and so not measured: {name}; `cargo xtask bench` installs it\n");
    }
    let mut all = Vec::new();
    for scenario in &run.scenarios {
        let measured = measure(run, scenario);
        println!("{}", table::of(&measured));
        all.push(measured);
    }
    print!("{}", series::of(&all));
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
        ceiling: peer.ceiling,
        samples: Vec::new(),
        problem: (!peer.is_installed()).then(|| NOT_INSTALLED.to_owned()),
    };
    let mut rows: Vec<_> = peers.iter().map(row).collect();
    for round in 0..run.rounds {
        // Another one begins each round, so that no place in the order is anyone's advantage.
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
    if scenario.contest == Contest::Clients {
        return reflect::measure(peer, scenario, timing);
    }
    let server = Server::start(peer, scenario)?;
    match scenario.load {
        Load::Echo { .. } | Load::Deflate { .. } => load::measure(&server, scenario, peer, timing),
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
