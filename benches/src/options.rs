//! The command line.

use std::time::Duration;

use crate::measure::runner::{Run, Timing};
use crate::peers::{self, ClientLoad, Peer, ServerSettings};
use crate::scenario::{self, Compression, GROUPS, Load, Scenario};
use sockeye_bench_data::payload::Content;

/// A parsed command line.
#[derive(Debug)]
pub enum Command {
    Help,
    List,
    #[cfg(feature = "sockeye")]
    Micro(String),
    Run(Run),
    Server {
        peer: &'static Peer,
        settings: ServerSettings,
    },
    Client {
        peer: &'static Peer,
        load: ClientLoad,
    },
}

/// Parses `arguments`, which do not include the name of the program.
pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.peekable();
    match arguments.peek().map(String::as_str) {
        Some("help" | "--help" | "-h") => Ok(Command::Help),
        Some("list") => Ok(Command::List),
        #[cfg(feature = "sockeye")]
        Some("micro") => Ok(Command::Micro(arguments.nth(1).unwrap_or_default())),
        Some("server") => server(arguments.skip(1)),
        Some("client") => client(arguments.skip(1)),
        _ => run(arguments),
    }
}

/// Prints the scenarios, the groups and the peers.
pub fn list() {
    println!("scenarios:");
    for scenario in scenario::ALL {
        println!("  {:20} {}", scenario.name, scenario.description());
    }
    println!("\ngroups:");
    for (group, description) in GROUPS {
        println!("  {group:20} {description}");
    }
    let lists = [
        ("servers", peers::SERVERS),
        ("clients", peers::CLIENTS),
        ("split", peers::SPLIT),
        ("tls", peers::TLS),
        ("runtimes", peers::RUNTIMES),
    ];
    for (title, peers) in lists {
        println!("\n{title} in this build:");
        for peer in peers {
            let missing = if peer.is_installed() { "" } else { ", not installed" };
            println!("  {:20} {}{missing}", peer.name, peer.version().unwrap_or_default());
        }
    }
}

fn server(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let name =
        arguments.next().ok_or("server NAME [PORT] [--compression off|default|fast] [--ping]")?;
    let mut settings = ServerSettings { port: 0, compression: Compression::Off, pings: false };
    while let Some(argument) = arguments.next() {
        if argument == "--compression" {
            let name = value(&argument, &mut arguments)?;
            let compression = Compression::parse(&name);
            settings.compression = compression.ok_or_else(|| format!("no setting {name:?}"))?;
        } else if argument == "--ping" {
            settings.pings = true;
        } else {
            settings.port = argument.parse().map_err(|_| format!("no port {argument:?}"))?;
        }
    }
    Ok(Command::Server { peer: named(peers::server(&name), &name)?, settings })
}

fn client(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    const USAGE: &str = "client NAME ADDRESS CONNECTIONS WINDOW CONTENT SIZE";
    let mut next = || arguments.next().ok_or(USAGE);
    let name = next()?;
    let peer = named(peers::client(&name), &name)?;
    let load = ClientLoad {
        address: next()?.parse().map_err(|_| USAGE)?,
        connections: next()?.parse().map_err(|_| USAGE)?,
        window: next()?.parse().map_err(|_| USAGE)?,
        content: Content::parse(&next()?).ok_or(USAGE)?,
        size: next()?.parse().map_err(|_| USAGE)?,
    };
    Ok(Command::Client { peer, load })
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut run = Run {
        scenarios: Vec::new(),
        only: Vec::new(),
        rounds: 0,
        timing: Timing {
            warm_up: Duration::from_millis(300),
            duration: Duration::from_millis(1500),
            traced: false,
        },
        markdown: None,
        svg: None,
    };
    let mut quick = false;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--peers" => {
                let names = value(&argument, &mut arguments)?;
                run.only = names.split(',').map(known).collect::<Result<_, _>>()?;
            }
            "--quick" => {
                quick = true;
                run.timing.warm_up = Duration::from_millis(100);
                run.timing.duration = Duration::from_millis(400);
            }
            "--rounds" => {
                let rounds = value(&argument, &mut arguments)?.parse();
                run.rounds =
                    rounds.ok().filter(|rounds| (1..=100).contains(rounds)).ok_or(ROUNDS)?;
            }
            "--syscalls" => run.timing.traced = true,
            "--markdown" => run.markdown = Some(value(&argument, &mut arguments)?),
            "--svg" => run.svg = Some(value(&argument, &mut arguments)?),
            option if option.starts_with('-') => {
                return Err(format!("no option {option}\n\n{HELP}"));
            }
            word => add(&mut run.scenarios, word)?,
        }
    }
    if run.rounds == 0 {
        run.rounds = if quick { 3 } else { 5 };
    }
    if run.scenarios.is_empty() {
        add(&mut run.scenarios, "table")?;
    }
    if run.timing.traced {
        run.scenarios.retain(|scenario| !matches!(scenario.load, Load::Idle { .. }));
        if run.scenarios.is_empty() {
            return Err("idle connections make no system calls: choose another scenario".into());
        }
    }
    Ok(Command::Run(run))
}

fn add(scenarios: &mut Vec<Scenario>, word: &str) -> Result<(), String> {
    let selected = scenario::select(word);
    if selected.is_empty() {
        return Err(format!("no scenario {word:?}; `list` shows them"));
    }
    for scenario in selected {
        if scenarios.iter().all(|known| known.name != scenario.name) {
            scenarios.push(scenario);
        }
    }
    Ok(())
}

fn known(name: &str) -> Result<String, String> {
    let peer = named(peers::server(name).or_else(|| peers::client(name)), name)?;
    Ok(peer.name.to_owned())
}

fn named(peer: Option<&'static Peer>, name: &str) -> Result<&'static Peer, String> {
    peer.ok_or_else(|| format!("no peer {name:?} in this build; `list` shows them"))
}

fn value(option: &str, rest: &mut impl Iterator<Item = String>) -> Result<String, String> {
    rest.next().ok_or_else(|| format!("{option} needs a value"))
}

const ROUNDS: &str = "--rounds needs a number from 1 to 100";

/// The text of `--help`.
pub const HELP: &str = "\
Compares Sockeye with other WebSocket libraries in one run.

Usage: sockeye-benches [SCENARIO or GROUP]... [OPTIONS]
       sockeye-benches list
       sockeye-benches micro [PART OF A NAME]
       sockeye-benches server NAME [PORT] [--compression off|default|fast] [--ping]
       sockeye-benches client NAME ADDRESS CONNECTIONS WINDOW CONTENT SIZE

Options:
  --peers A,B        measure only these peers (default: all in this build)
  --rounds N         repeat each measurement N times (default: 5)
  --quick            use short measurements (default with it: 3 rounds)
  --syscalls         count system calls with strace instead of measuring time; skips idle scenarios
  --markdown FILE    also write the tables as Markdown
  --svg FILE         also write a chart
";

#[cfg(test)]
mod tests {
    use super::{Command, parse};

    fn words(line: &str) -> impl Iterator<Item = String> {
        line.split_whitespace().map(String::from).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn no_arguments_run_the_table() {
        let command = parse(words(""));
        assert!(matches!(command, Ok(Command::Run(run)) if run.scenarios.len() == 18));
    }

    #[test]
    fn a_scenario_named_twice_runs_once() {
        let command = parse(words("text-16 echo --peers raw-tcp --quick"));
        assert!(matches!(command, Ok(Command::Run(run)) if run.scenarios.len() == 10));
    }

    #[test]
    fn counting_system_calls_skips_idle_scenarios() {
        let command = parse(words("--syscalls"));
        assert!(
            matches!(command, Ok(Command::Run(run)) if run.timing.traced && run.scenarios.len() == 15)
        );
    }

    #[test]
    fn unknown_words_are_errors() {
        for line in [
            "nothing",
            "--peers unknown",
            "--slow",
            "idle --syscalls",
            "--rounds 0",
            "--svg",
            "server unknown",
            "client raw-tcp",
        ] {
            assert!(parse(words(line)).is_err(), "{line}");
        }
    }
}
