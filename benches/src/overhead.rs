//! What some contests are about, in one number: what halves, TLS or another runtime add to what Sockeye costs anyway.

use crate::report::Measured;
use crate::scenario::Contest;
use crate::statistics::Spread;

/// What is compared, and how often one is in the other.
pub fn of(measured: &Measured) -> Vec<(&'static str, Spread)> {
    let cost = |peer: &str, round: usize| {
        measured.rows.iter().find(|row| row.peer == peer)?.cost_in(round)
    };
    let rounds = measured.rows.first().map_or(0, |row| row.samples.len());
    let spread = |ratio: &dyn Fn(usize) -> Option<f64>| Spread::of((0..rounds).filter_map(ratio));
    let over = |peer: &'static str, whole: &'static str| {
        move |round| Some(cost(peer, round)? / cost(whole, round)?)
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
    let found = match measured.scenario.contest {
        Contest::Servers | Contest::Clients => vec![],
        Contest::Halves => vec![
            ("both halves in one task, over the whole", spread(&over("sockeye-halves", "sockeye"))),
            (
                "two tasks and a channel, over the whole",
                spread(&over("sockeye-two-tasks", "sockeye")),
            ),
            (
                "two tasks and a channel, over the whole with that channel",
                spread(&over("sockeye-two-tasks", "sockeye-channel")),
            ),
        ],
        Contest::Tls => vec![("over raw TLS and what WebSocket costs without", spread(&tls))],
        Contest::Runtimes => vec![
            ("ratio on smol, over that on tokio", spread(&runtime("raw-smol", "sockeye-smol"))),
            (
                "ratio on async-std, over that on tokio",
                spread(&runtime("raw-async-std", "sockeye-async-std")),
            ),
        ],
    };
    found.into_iter().filter_map(|(what, spread)| Some((what, spread?))).collect()
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::report::{Measured, Row, Sample};
    use crate::scenario::{Contest, select};

    #[test]
    fn tls_is_compared_with_raw_tls_and_the_websocket_without() {
        let row = |peer, cost| Row {
            peer,
            ceiling: "raw-tcp",
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
        assert_eq!(scenario.contest, Contest::Tls);
        let found = of(&Measured { scenario, rows });
        assert!(matches!(found[..], [(_, spread)] if (spread.median - 1.1).abs() < 1e-9));
    }

    #[test]
    fn what_was_not_measured_is_not_compared() {
        let measured = Measured { scenario: select("runtimes-text-16")[0], rows: Vec::new() };
        assert_eq!(of(&measured).len(), 0);
    }
}
