//! The scenarios: what the load generator does to each server.

use crate::peers::{self, Peer};
use sockeye_bench_data::payload::Content;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub contest: Contest,
    pub connections: usize,
    pub load: Load,
}

/// Who is compared with whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Contest {
    /// The servers of all libraries.
    Servers,
    /// The clients of the libraries that have one.
    Clients,
    /// Sockeye as a whole and in halves.
    Halves,
    /// Plain and in TLS.
    Tls,
    /// Sockeye on each runtime.
    Runtimes,
}

/// What happens on each connection.
#[derive(Clone, Copy, Debug)]
pub enum Load {
    /// Messages are echoed, `window` at a time: written in one piece, and the next only when all are back.
    Echo { window: usize, content: Content, size: usize, fragments: usize },
    /// The same with compressed JSON, the compression context kept from message to message.
    Deflate { window: usize, size: usize, setting: Compression },
    /// Connect, upgrade, close; again and again.
    Handshakes,
    /// One echoed message of 1 KiB, then silence; `parked`: until each connection has sent a ping.
    Idle { setting: Compression, parked: bool },
}

/// What the server does about compression.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Compression {
    /// It declines it.
    Off,
    /// It compresses as well as its library does by default.
    Default,
    /// It compresses as fast as its library can.
    Fast,
}

impl Compression {
    /// The name that the command line of a server knows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Default => "default",
            Self::Fast => "fast",
        }
    }

    /// The setting of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Off, Self::Default, Self::Fast].into_iter().find(|setting| setting.name() == name)
    }
}

impl Scenario {
    /// Those who take part, if they are in this build.
    pub fn peers(&self) -> &'static [Peer] {
        match self.contest {
            Contest::Servers => peers::SERVERS,
            Contest::Clients => peers::CLIENTS,
            Contest::Halves => peers::HALVES,
            Contest::Tls => peers::TLS,
            Contest::Runtimes => peers::RUNTIMES,
        }
    }

    /// What the servers must do about compression.
    pub fn compression(&self) -> Compression {
        match self.load {
            Load::Echo { .. } | Load::Handshakes => Compression::Off,
            Load::Deflate { setting, .. } | Load::Idle { setting, .. } => setting,
        }
    }

    /// Whether the servers must send pings soon.
    pub fn is_parked(&self) -> bool {
        matches!(self.load, Load::Idle { parked: true, .. })
    }

    /// Whether a raw TCP echo of the same bytes can be measured beside it.
    pub fn has_ceiling(&self) -> bool {
        matches!(self.load, Load::Echo { .. })
    }

    /// Whether its name begins with that of `group`.
    pub fn is_of(&self, group: &str) -> bool {
        self.name.strip_prefix(group).is_some_and(|rest| rest.starts_with('-'))
    }

    /// A description for people.
    pub fn description(&self) -> String {
        let connections = self.connections;
        let who = match self.contest {
            Contest::Servers => "",
            Contest::Clients => "client: ",
            Contest::Halves => "in halves: ",
            Contest::Tls => "in TLS: ",
            Contest::Runtimes => "on each runtime: ",
        };
        let plural = if connections == 1 { "" } else { "s" };
        let load = match self.load {
            Load::Echo { window, content, size, fragments } => {
                let kind = match content {
                    Content::Ascii => "ASCII text",
                    Content::Binary => "binary",
                    Content::Mixed => "mixed UTF-8 text",
                };
                let cut = match fragments {
                    1 => String::new(),
                    many => format!(" in {many} fragments"),
                };
                format!("{}, {} {kind}{cut}", in_flight(window), bytes(size))
            }
            Load::Deflate { window, size, setting } => {
                let speed = if setting == Compression::Fast { ", fastest setting" } else { "" };
                format!("{}, {} compressed JSON{speed}", in_flight(window), bytes(size))
            }
            Load::Handshakes => "connect, upgrade, close".into(),
            Load::Idle { setting, parked } => {
                let compressed = if setting == Compression::Off { "" } else { "compressed " };
                let since = if parked { ", then a ping" } else { "" };
                format!("idle after one {compressed}echo of 1 KiB{since}")
            }
        };
        format!("{who}{connections} connection{plural}, {load}")
    }
}

fn in_flight(window: usize) -> String {
    if window == 1 { "one at a time".into() } else { format!("{window} in flight") }
}

fn bytes(size: usize) -> String {
    match size {
        whole if whole >= 1 << 20 && whole.is_multiple_of(1 << 20) => {
            format!("{} MiB", whole >> 20)
        }
        whole if whole >= 1 << 10 && whole.is_multiple_of(1 << 10) => {
            format!("{} KiB", whole >> 10)
        }
        other => format!("{other} B"),
    }
}

const fn echo(
    name: &'static str,
    connections: usize,
    window: usize,
    content: Content,
    size: usize,
) -> Scenario {
    let load = Load::Echo { window, content, size, fragments: 1 };
    Scenario { name, contest: Contest::Servers, connections, load }
}

impl Scenario {
    const fn among(self, contest: Contest) -> Self {
        Self { contest, ..self }
    }
}

/// A message in fragments of 64 bytes.
const fn fragments(name: &'static str, fragments: usize) -> Scenario {
    let load = Load::Echo { window: 1, content: Content::Ascii, size: 64 * fragments, fragments };
    Scenario { name, contest: Contest::Servers, connections: 4, load }
}

const fn deflate(name: &'static str, size: usize, setting: Compression) -> Scenario {
    let load = Load::Deflate { window: 4, size, setting };
    Scenario { name, contest: Contest::Servers, connections: 16, load }
}

const fn idle(name: &'static str, setting: Compression, parked: bool) -> Scenario {
    let load = Load::Idle { setting, parked };
    Scenario { name, contest: Contest::Servers, connections: 10_000, load }
}

const HANDSHAKES: Scenario = Scenario {
    name: "handshakes",
    contest: Contest::Servers,
    connections: 16,
    load: Load::Handshakes,
};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Every scenario, those of the documentation's table first.
pub const ALL: &[Scenario] = &[
    echo("text-16", 64, 1, Content::Ascii, 16),
    echo("binary-1k", 64, 1, Content::Binary, KIB),
    echo("text-16-pipelined", 16, 32, Content::Ascii, 16),
    echo("ascii-1k-pipelined", 16, 32, Content::Ascii, KIB),
    echo("mixed-1k-pipelined", 16, 32, Content::Mixed, KIB),
    echo("binary-64k", 4, 4, Content::Binary, 64 * KIB),
    echo("ascii-64k", 4, 4, Content::Ascii, 64 * KIB),
    echo("mixed-64k", 4, 4, Content::Mixed, 64 * KIB),
    echo("binary-1m", 2, 1, Content::Binary, MIB),
    echo("binary-16m", 1, 1, Content::Binary, 16 * MIB),
    deflate("deflate-1k", KIB, Compression::Default),
    deflate("deflate-1k-fast", KIB, Compression::Fast),
    deflate("deflate-16k", 16 * KIB, Compression::Default),
    deflate("deflate-16k-fast", 16 * KIB, Compression::Fast),
    HANDSHAKES,
    idle("idle", Compression::Off, false),
    idle("idle-deflate", Compression::Default, false),
    idle("idle-deflate-parked", Compression::Default, true),
    echo("edge-0", 16, 4, Content::Binary, 0),
    echo("edge-125", 16, 4, Content::Binary, 125),
    echo("edge-126", 16, 4, Content::Binary, 126),
    echo("edge-4096", 16, 16, Content::Binary, 4 * KIB),
    echo("edge-16384", 16, 4, Content::Binary, 16 * KIB),
    echo("edge-65535", 16, 4, Content::Binary, 65_535),
    echo("edge-65536", 16, 4, Content::Binary, 65_536),
    fragments("fragments-1", 1),
    fragments("fragments-64", 64),
    fragments("fragments-512", 512),
    fragments("fragments-4096", 4096),
    echo("growth-1", 1, 1, Content::Ascii, 16),
    echo("growth-10", 10, 1, Content::Ascii, 16),
    echo("growth-100", 100, 1, Content::Ascii, 16),
    echo("growth-1000", 1000, 1, Content::Ascii, 16),
    echo("growth-10000", 10_000, 1, Content::Ascii, 16),
    echo("size-1m", 1, 1, Content::Binary, MIB),
    echo("size-8m", 1, 1, Content::Binary, 8 * MIB),
    echo("size-64m", 1, 1, Content::Binary, 64 * MIB),
    echo("clients-text-16", 64, 1, Content::Ascii, 16).among(Contest::Clients),
    echo("clients-text-16-pipelined", 16, 32, Content::Ascii, 16).among(Contest::Clients),
    echo("clients-binary-1k", 64, 1, Content::Binary, KIB).among(Contest::Clients),
    echo("clients-binary-1k-pipelined", 16, 32, Content::Binary, KIB).among(Contest::Clients),
    echo("clients-binary-64k", 4, 1, Content::Binary, 64 * KIB).among(Contest::Clients),
    echo("clients-binary-64k-pipelined", 4, 4, Content::Binary, 64 * KIB).among(Contest::Clients),
    echo("clients-binary-1m", 2, 1, Content::Binary, MIB).among(Contest::Clients),
    echo("clients-binary-1m-pipelined", 2, 4, Content::Binary, MIB).among(Contest::Clients),
    echo("halves-text-16", 64, 1, Content::Ascii, 16).among(Contest::Halves),
    echo("halves-text-16-pipelined", 16, 32, Content::Ascii, 16).among(Contest::Halves),
    echo("halves-binary-1k", 64, 1, Content::Binary, KIB).among(Contest::Halves),
    echo("halves-binary-64k", 4, 4, Content::Binary, 64 * KIB).among(Contest::Halves),
    echo("halves-binary-1m", 2, 1, Content::Binary, MIB).among(Contest::Halves),
    echo("tls-text-16", 64, 1, Content::Ascii, 16).among(Contest::Tls),
    echo("tls-text-16-pipelined", 16, 32, Content::Ascii, 16).among(Contest::Tls),
    echo("tls-binary-1k", 64, 1, Content::Binary, KIB).among(Contest::Tls),
    echo("tls-binary-64k", 4, 4, Content::Binary, 64 * KIB).among(Contest::Tls),
    echo("tls-binary-1m", 2, 1, Content::Binary, MIB).among(Contest::Tls),
    echo("runtimes-text-16", 64, 1, Content::Ascii, 16).among(Contest::Runtimes),
    echo("runtimes-text-16-pipelined", 16, 32, Content::Ascii, 16).among(Contest::Runtimes),
    echo("runtimes-binary-1k", 64, 1, Content::Binary, KIB).among(Contest::Runtimes),
    echo("runtimes-binary-64k", 4, 4, Content::Binary, 64 * KIB).among(Contest::Runtimes),
    echo("runtimes-binary-1m", 2, 1, Content::Binary, MIB).among(Contest::Runtimes),
];

/// The groups beside the name of a scenario that the command line knows.
pub const GROUPS: &[(&str, &str)] = &[
    ("table", "the rows of the documentation's table (the default)"),
    ("echo", "the rows of the table that echo plain messages"),
    ("deflate", "compressed messages"),
    ("idle", "memory per connection"),
    ("edge", "sizes at the boundaries of the header"),
    ("fragments", "messages in 1 to 4,096 fragments"),
    ("growth", "1 to 10,000 busy connections"),
    ("size", "messages of 1 to 64 MiB"),
    ("halves", "one connection in two tasks"),
    ("tls", "the same echoes in TLS"),
    ("runtimes", "the same echoes on async-std and smol"),
    ("clients", "clients, which mask what they send"),
    ("all", "everything"),
];

/// The groups beyond the table; the names of their scenarios begin with theirs.
const BEYOND: &[&str] =
    &["edge", "fragments", "growth", "size", "clients", "halves", "tls", "runtimes"];

/// The scenarios that a name or a group on the command line stands for.
pub fn select(word: &str) -> Vec<Scenario> {
    let beyond = |scenario: &Scenario| BEYOND.iter().any(|group| scenario.is_of(group));
    ALL.iter()
        .filter(|scenario| match word {
            "all" => true,
            "table" => !beyond(scenario),
            "echo" => scenario.has_ceiling() && !beyond(scenario),
            "deflate" => matches!(scenario.load, Load::Deflate { .. }),
            "idle" => matches!(scenario.load, Load::Idle { .. }),
            group if BEYOND.contains(&group) => scenario.is_of(group),
            name => scenario.name == name,
        })
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{ALL, GROUPS, select};

    #[test]
    fn every_group_has_scenarios() {
        for (group, _) in GROUPS {
            assert!(!select(group).is_empty(), "{group}");
        }
    }

    #[test]
    fn every_scenario_is_found_by_its_name() {
        for scenario in ALL.iter().filter(|scenario| scenario.name != "idle") {
            let found = select(scenario.name);
            assert_eq!(found.len(), 1, "{}", scenario.name);
        }
    }

    #[test]
    fn what_is_unknown_selects_nothing() {
        assert!(select("binary-1g").is_empty());
    }
}
