//! A scenario: the connections and the messages of one measurement, and the peers that it compares.

use crate::peers::{self, Peer};
use sockeye_bench_data::payload::Content;

mod catalogue;
mod groups;

pub use catalogue::ALL;
pub use groups::{GROUPS, select};

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub comparison: Comparison,
    pub connections: usize,
    pub load: Load,
}

/// The set of peers that a scenario compares.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Comparison {
    /// The servers of all libraries.
    Servers,
    /// The clients of the libraries that have one.
    Clients,
    /// Sockeye as one `WebSocket` and after `split`.
    Split,
    /// Sockeye and a raw echo, each without and with TLS.
    Tls,
    /// Sockeye on each runtime.
    Runtimes,
}

/// The work on each connection.
#[derive(Clone, Copy, Debug)]
pub enum Load {
    /// Messages are echoed. `window` messages are written at once; the next ones follow when all of them are back.
    Echo { window: usize, content: Content, size: usize, fragments: usize },
    /// Compressed JSON messages are echoed. The compression context is kept from message to message.
    Deflate { window: usize, size: usize, setting: Compression },
    /// Connections are opened, upgraded and closed.
    Handshakes,
    /// One message of 1 KiB is echoed, then the connection is idle; with `until_ping`, until the server has sent a ping.
    Idle { setting: Compression, until_ping: bool },
}

/// The compression setting of a server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Compression {
    /// The server declines compression.
    Off,
    /// The server compresses at its library's default level.
    Default,
    /// The server compresses at its library's fastest level.
    Fast,
}

impl Compression {
    /// Returns the name of the setting on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Default => "default",
            Self::Fast => "fast",
        }
    }

    /// Returns the setting with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Off, Self::Default, Self::Fast].into_iter().find(|setting| setting.name() == name)
    }
}

impl Scenario {
    /// Returns the peers of this build that can take part.
    pub fn peers(&self) -> &'static [Peer] {
        match self.comparison {
            Comparison::Servers => peers::SERVERS,
            Comparison::Clients => peers::CLIENTS,
            Comparison::Split => peers::SPLIT,
            Comparison::Tls => peers::TLS,
            Comparison::Runtimes => peers::RUNTIMES,
        }
    }

    /// Returns the compression setting of the servers.
    pub fn compression(&self) -> Compression {
        match self.load {
            Load::Echo { .. } | Load::Handshakes => Compression::Off,
            Load::Deflate { setting, .. } | Load::Idle { setting, .. } => setting,
        }
    }

    /// Returns whether the servers send a ping on each idle connection after a few seconds.
    pub fn waits_for_ping(&self) -> bool {
        matches!(self.load, Load::Idle { until_ping: true, .. })
    }

    /// Returns whether a raw TCP echo of the same bytes can be measured too.
    pub fn has_raw_echo(&self) -> bool {
        matches!(self.load, Load::Echo { .. })
    }

    /// Returns whether the scenario belongs to `group`: its name starts with the name of the group.
    pub fn is_of(&self, group: &str) -> bool {
        self.name.strip_prefix(group).is_some_and(|rest| rest.starts_with('-'))
    }

    /// Returns whether both modes of a peer that has two are measured: one flush per message, and one per batch.
    ///
    /// The series for growth and the sizes at header boundaries show one mode, which keeps their tables readable.
    pub fn has_both_modes(&self) -> bool {
        self.has_raw_echo()
            && !["edge", "fragments", "growth", "size"].iter().any(|group| self.is_of(group))
    }

    /// Describes the scenario in words.
    pub fn description(&self) -> String {
        let connections = self.connections;
        let prefix = match self.comparison {
            Comparison::Servers => "",
            Comparison::Clients => "client: ",
            Comparison::Split => "after split: ",
            Comparison::Tls => "with TLS: ",
            Comparison::Runtimes => "on each runtime: ",
        };
        let plural = if connections == 1 { "" } else { "s" };
        let load = match self.load {
            Load::Echo { window, content, size, fragments } => {
                let kind = match content {
                    Content::Ascii => "ASCII text",
                    Content::Binary => "binary",
                    Content::Mixed => "mixed UTF-8 text",
                };
                let fragmented = match fragments {
                    1 => String::new(),
                    many => format!(" in {many} fragments"),
                };
                format!("{}, {} {kind}{fragmented}", in_flight(window), bytes(size))
            }
            Load::Deflate { window, size, setting } => {
                let speed = if setting == Compression::Fast { ", fastest setting" } else { "" };
                format!("{}, {} compressed JSON{speed}", in_flight(window), bytes(size))
            }
            Load::Handshakes => "connect, upgrade, close".into(),
            Load::Idle { setting, until_ping } => {
                let compressed = if setting == Compression::Off { "" } else { "compressed " };
                let since = if until_ping { ", after a ping" } else { "" };
                format!("idle after one {compressed}echo of 1 KiB{since}")
            }
        };
        format!("{prefix}{connections} connection{plural}, {load}")
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
