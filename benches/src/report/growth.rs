//! Growth: how the cost per unit changes when the number of connections, bytes or fragments doubles.
//!
//! A factor of 1.00 is linear in total, a factor of 2.00 is quadratic.

use std::fmt::{self, Write};

use super::{Measured, table};
use crate::scenario::{Load, Scenario};

/// Scenarios that differ in one number, in ascending order.
struct Series<'all> {
    name: &'static str,
    per: &'static str,
    /// The number that grows, the units per message, and the measurements.
    steps: Vec<(usize, f64, &'all Measured)>,
}

/// Returns the tables of all series with at least two scenarios in `all`, as Markdown.
pub fn of(all: &[Measured]) -> String {
    let mut text = String::new();
    for (name, per, axis) in SERIES {
        let steps = all.iter().filter_map(|measured| {
            let (number, units) = axis(&measured.scenario)?;
            Some((number, units, measured))
        });
        let mut steps: Vec<_> = steps.collect();
        steps.sort_by_key(|(number, ..)| *number);
        if steps.len() > 1 {
            let written = Series { name, per, steps }.write(&mut text);
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        }
    }
    text
}

impl Series<'_> {
    fn write(&self, text: &mut String) -> fmt::Result {
        let Some((.., first)) = self.steps.first() else { return Ok(()) };
        write!(text, "\n| {}: {} per {} |", self.name, first.resource(), self.per)?;
        for (number, ..) in &self.steps {
            write!(text, " {} |", table::thousands(*number as f64))?;
        }
        writeln!(text, " each doubling | at worst | beyond the raw echo |")?;
        writeln!(text, "| --- |{}", " ---: |".repeat(self.steps.len() + 3))?;
        for row in &first.rows {
            let costs = self.costs(row.peer);
            let Some(growth) = self.growth(&costs) else { continue };
            write!(text, "| {:20} |", row.peer)?;
            for (cost, (.., measured)) in costs.iter().zip(&self.steps) {
                write!(text, " {} |", cost.map_or("–".into(), |cost| measured.amount(cost)))?;
            }
            let beyond = self.growth(&self.costs(row.raw_echo)).map(|raw| growth.0 / raw.0);
            let beyond = beyond.map_or("–".into(), |beyond| format!("{beyond:.2}"));
            writeln!(text, " {:.2} | {:.2} | {beyond} |", growth.0, growth.1)?;
        }
        Ok(())
    }

    /// Returns the cost of a unit at each step.
    fn costs(&self, peer: &str) -> Vec<Option<f64>> {
        let cost = |(_, units, measured): &(usize, f64, &Measured)| {
            let row = measured.rows.iter().find(|row| row.peer == peer)?;
            Some(row.cost()?.median / units)
        };
        self.steps.iter().map(cost).collect()
    }

    /// Returns the factor per doubling, from the first step to the last and at the worst step.
    fn growth(&self, costs: &[Option<f64>]) -> Option<(f64, f64)> {
        let known = costs.iter().zip(&self.steps);
        let known: Vec<(f64, f64)> =
            known.filter_map(|(cost, (number, ..))| Some((*number as f64, (*cost)?))).collect();
        let per_doubling =
            |from: (f64, f64), to: (f64, f64)| (to.1 / from.1).powf(1.0 / (to.0 / from.0).log2());
        let [first, .., last] = known[..] else { return None };
        let steps = known.windows(2).map(|pair| per_doubling(pair[0], pair[1]));
        Some((per_doubling(first, last), steps.fold(0.0, f64::max)))
    }
}

/// Returns the number that grows and the units per message.
type Axis = fn(&Scenario) -> Option<(usize, f64)>;

/// The series: the number that grows, the unit of the cost, and the axis.
const SERIES: [(&str, &str, Axis); 3] = [
    ("connections", "message", |scenario| {
        scenario.is_of("growth").then_some((scenario.connections, 1.0))
    }),
    ("bytes of a message", "MiB", |scenario| match scenario.load {
        Load::Echo { size, .. } if scenario.is_of("size") => {
            Some((size, size as f64 / f64::from(1 << 20)))
        }
        _ => None,
    }),
    ("fragments of a message", "fragment", |scenario| match scenario.load {
        Load::Echo { fragments, .. } if scenario.is_of("fragments") => {
            Some((fragments, fragments as f64))
        }
        _ => None,
    }),
];

#[cfg(test)]
mod tests {
    use super::of;
    use crate::report::{Measured, Row, Sample};
    use crate::scenario::select;

    #[test]
    fn a_quadratic_cost_has_a_factor_of_two() {
        let measured = |name: &str, raw: f64, peer: f64| {
            let row = |peer, cost| Row {
                peer,
                raw_echo: "raw-tcp",
                samples: vec![Some(Sample { cost, rate: 1.0, ..Sample::default() })],
                problem: None,
            };
            Measured {
                scenario: select(name)[0],
                rows: vec![row("raw-tcp", raw), row("quadratic", peer)],
            }
        };
        let all = [measured("fragments-64", 64.0, 64.0), measured("fragments-512", 512.0, 4096.0)];
        let text = of(&all);
        assert!(
            text.contains("| quadratic            | 1.00 ns | 8.00 ns | 2.00 | 2.00 | 2.00 |"),
            "{text}"
        );
        assert!(
            text.contains("| raw-tcp              | 1.00 ns | 1.00 ns | 1.00 | 1.00 | 1.00 |"),
            "{text}"
        );
    }
}
