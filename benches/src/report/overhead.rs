//! Overheads: the cost that `split`, TLS or another runtime adds, as one ratio.

use super::Measured;
use super::statistics::Spread;
use crate::scenario::Comparison;

/// Returns the ratios of a scenario, with labels.
pub fn of(measured: &Measured) -> Vec<(&'static str, Spread)> {
    let cost = |peer: &str, round: usize| {
        measured.rows.iter().find(|row| row.peer == peer)?.cost_in(round)
    };
    let rounds = measured.rows.first().map_or(0, |row| row.samples.len());
    let spread = |ratio: &dyn Fn(usize) -> Option<f64>| Spread::of((0..rounds).filter_map(ratio));
    let over = |peer: &'static str, unsplit: &'static str| {
        move |round| Some(cost(peer, round)? / cost(unsplit, round)?)
    };
    let runtime = |raw: &'static str, ours: &'static str| {
        move |round| {
            let on_tokio = cost("sockeye", round)? / cost("raw-tcp", round)?;
            Some(cost(ours, round)? / cost(raw, round)? / on_tokio)
        }
    };
    let tls = |round| {
        let websocket = cost("sockeye", round)? - cost("raw-tcp", round)?;
        Some(cost("sockeye-tls", round)? / (cost("raw-tls", round)? + websocket))
    };
    let found = match measured.scenario.comparison {
        Comparison::Servers | Comparison::Clients => vec![],
        Comparison::Split => vec![
            (
                "both halves in one task, relative to no split",
                spread(&over("sockeye-split", "sockeye")),
            ),
            (
                "two tasks and a channel, relative to no split",
                spread(&over("sockeye-two-tasks", "sockeye")),
            ),
            (
                "two tasks and a channel, relative to no split with the same channel",
                spread(&over("sockeye-two-tasks", "sockeye-channel")),
            ),
        ],
        Comparison::Tls => {
            vec![("relative to raw TLS plus the cost of WebSocket without TLS", spread(&tls))]
        }
        Comparison::Runtimes => vec![
            (
                "ratio on smol, relative to the ratio on tokio",
                spread(&runtime("raw-smol", "sockeye-smol")),
            ),
            (
                "ratio on async-std, relative to the ratio on tokio",
                spread(&runtime("raw-async-std", "sockeye-async-std")),
            ),
        ],
    };
    found.into_iter().filter_map(|(label, spread)| Some((label, spread?))).collect()
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::report::{Measured, Row, Sample};
    use crate::scenario::{Comparison, select};

    #[test]
    fn tls_is_relative_to_raw_tls_plus_websocket() {
        let row = |peer, cost| Row {
            peer,
            raw_echo: "raw-tcp",
            samples: vec![Some(Sample { cost, rate: 1.0, ..Sample::default() })],
            problem: None,
        };
        let rows = vec![
            row("raw-tcp", 100.0),
            row("sockeye", 110.0),
            row("raw-tls", 190.0),
            row("sockeye-tls", 220.0),
        ];
        let scenario = select("tls-text-16")[0];
        assert_eq!(scenario.comparison, Comparison::Tls);
        let found = of(&Measured { scenario, rows });
        assert!(matches!(found[..], [(_, spread)] if (spread.median - 1.1).abs() < 1e-9));
    }

    #[test]
    fn a_missing_measurement_has_no_ratio() {
        let measured = Measured { scenario: select("runtimes-text-16")[0], rows: Vec::new() };
        assert_eq!(of(&measured).len(), 0);
    }
}
