//! The results of a run.

use super::statistics::Spread;
use crate::measure::syscalls::{self, Calls};
use crate::scenario::{Load, Scenario};

/// One measurement.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Nanoseconds of CPU time per message or handshake, or system calls, or bytes of memory per connection.
    pub cost: f64,
    /// Messages, handshakes or connections per second.
    pub rate: f64,
    /// Bytes received per message.
    pub wire: f64,
    /// Allocations per message, in a build that counts them.
    pub allocations: Option<f64>,
    /// System calls per message or handshake, in a run that counts them. Such a run has no rate.
    pub syscalls: Option<Calls>,
}

/// The measurements of one peer in one scenario, in the order of the rounds.
#[derive(Debug)]
pub struct Row {
    pub peer: &'static str,
    /// The raw echo that the peer is compared with.
    pub raw_echo: &'static str,
    pub samples: Vec<Option<Sample>>,
    pub problem: Option<String>,
}

/// The measurements of one scenario.
#[derive(Debug)]
pub struct Measured {
    pub scenario: Scenario,
    pub rows: Vec<Row>,
}

impl Row {
    /// Returns the cost, unless no measurement succeeded.
    pub fn cost(&self) -> Option<Spread> {
        Spread::of(self.samples().map(|sample| sample.cost))
    }

    /// Returns the rate.
    pub fn rate(&self) -> Option<Spread> {
        Spread::of(self.samples().map(|sample| sample.rate))
    }

    /// Returns the bytes per message.
    pub fn wire(&self) -> Option<Spread> {
        Spread::of(self.samples().map(|sample| sample.wire))
    }

    /// Returns the ratio of the cost to that of `baseline` in the same round.
    fn ratio(&self, baseline: &Self) -> Option<Spread> {
        let pairs = self.samples.iter().zip(&baseline.samples);
        Spread::of(pairs.filter_map(|(mine, its)| Some(mine.as_ref()?.cost / its.as_ref()?.cost)))
    }

    /// Returns the allocations per message, if they were counted.
    pub fn allocations(&self) -> Option<Spread> {
        Spread::of(self.samples().filter_map(|sample| sample.allocations))
    }

    /// Returns the median of each system call per message, if they were counted.
    pub fn syscalls(&self) -> Option<Calls> {
        let rounds: Vec<&Calls> =
            self.samples().filter_map(|sample| sample.syscalls.as_ref()).collect();
        let names = rounds.iter().flat_map(|calls| calls.keys());
        let median = |name: &String| {
            let counts = rounds.iter().map(|calls| calls.get(name).copied().unwrap_or_default());
            Some((name.clone(), Spread::of(counts)?.median))
        };
        (!rounds.is_empty()).then(|| names.filter_map(median).collect())
    }

    /// Returns the cost in one round.
    pub fn cost_in(&self, round: usize) -> Option<f64> {
        Some(self.samples.get(round)?.as_ref()?.cost)
    }

    fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter().flatten()
    }
}

impl Measured {
    /// Returns the baseline of a row: its raw echo, or else the cheapest peer that is not Sockeye.
    pub fn baseline_of(&self, row: &Row) -> Option<&Row> {
        let raw = self.rows.iter().find(|other| other.peer == row.raw_echo);
        raw.filter(|raw| raw.cost().is_some()).or_else(|| {
            let peers = self.rows.iter().filter(|row| !row.peer.starts_with(OURS));
            let measured = peers.filter_map(|row| Some((row, row.cost()?.median)));
            measured.min_by(|one, other| one.1.total_cmp(&other.1)).map(|(row, _)| row)
        })
    }

    /// Returns the baseline of the first row.
    pub fn baseline(&self) -> Option<&Row> {
        self.baseline_of(self.rows.first()?)
    }

    /// Returns the ratio of the cost of a row to that of its baseline.
    pub fn ratio_of(&self, row: &Row) -> Option<Spread> {
        row.ratio(self.baseline_of(row)?)
    }

    /// Returns the rows, cheapest first. Rows without a measurement come last.
    pub fn sorted(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        let median = |row: &Row| row.cost().map_or(f64::INFINITY, |cost| cost.median);
        rows.sort_by(|one, other| median(one).total_cmp(&median(other)));
        rows
    }

    /// Returns whether system calls were counted instead of time.
    pub fn is_traced(&self) -> bool {
        self.rows.iter().flat_map(Row::samples).any(|sample| sample.syscalls.is_some())
    }

    /// Formats a cost with its unit.
    pub fn amount(&self, cost: f64) -> String {
        if self.is_traced() {
            return syscalls::amount(cost);
        }
        let (cost, units) = match self.scenario.load {
            Load::Idle { .. } => (cost / 1024.0, ["KiB", "MiB", "GiB"]),
            _ => (cost, ["ns", "µs", "ms"]),
        };
        let step = if units[0] == "ns" { 1000.0 } else { 1024.0 };
        let (cost, unit) = match cost {
            small if small < step => (small, units[0]),
            middle if middle < step * step => (middle / step, units[1]),
            large => (large / step / step, units[2]),
        };
        let digits = if cost < 10.0 { 2 } else { usize::from(cost < 100.0) };
        format!("{cost:.digits$} {unit}")
    }

    /// Returns the measured resource.
    pub fn resource(&self) -> &'static str {
        if self.is_traced() {
            return "system calls";
        }
        match self.scenario.load {
            Load::Echo { .. } | Load::Deflate { .. } | Load::Handshakes => "CPU",
            Load::Idle { .. } => "memory",
        }
    }

    /// Returns the measured resource and its unit of work.
    pub fn per(&self) -> String {
        let each = match self.scenario.load {
            Load::Echo { .. } | Load::Deflate { .. } => "message",
            Load::Handshakes => "handshake",
            Load::Idle { .. } => "connection",
        };
        format!("{} per {each}", self.resource())
    }

    /// Returns whether the report shows the bytes on the wire.
    pub fn has_wire(&self) -> bool {
        matches!(self.scenario.load, Load::Deflate { .. }) && !self.is_traced()
    }
}

/// The name of the raw TCP echo.
pub const RAW: &str = "raw-tcp";

/// The prefix of the names of Sockeye's peers.
pub const OURS: &str = "sockeye";

#[cfg(test)]
mod tests {
    use super::{Measured, RAW, Row, Sample};
    use crate::scenario::ALL;

    fn row(peer: &'static str, costs: &[f64]) -> Row {
        let sample = |&cost: &f64| Some(Sample { cost, rate: 1.0, ..Sample::default() });
        let samples = costs.iter().map(sample).collect();
        Row { peer, raw_echo: RAW, samples, problem: None }
    }

    #[test]
    fn a_ratio_is_taken_within_each_round() {
        let raw = row("raw-tcp", &[100.0, 200.0, 300.0]);
        let peer = row("peer", &[110.0, 220.0, 330.0]);
        let ratio = peer.ratio(&raw).map(|ratio| (ratio.max - ratio.min, ratio.median));
        assert!(ratio.is_some_and(|(spread, median)| spread < 1e-9 && (median - 1.1).abs() < 1e-9));
    }

    #[test]
    fn without_a_raw_echo_the_cheapest_peer_is_the_baseline() {
        let rows = vec![row("sockeye", &[1.0]), row("one", &[3.0]), row("other", &[2.0])];
        let measured = Measured { scenario: ALL[0], rows };
        assert_eq!(measured.baseline().map(|row| row.peer), Some("other"));
    }

    #[test]
    fn amounts_have_three_digits() {
        let measured = Measured { scenario: ALL[0], rows: Vec::new() };
        assert_eq!(measured.amount(190.0), "190 ns");
        assert_eq!(measured.amount(5_412.0), "5.41 µs");
        assert_eq!(measured.amount(22_345.0), "22.3 µs");
        assert_eq!(measured.amount(5_300_000.0), "5.30 ms");
    }
}
