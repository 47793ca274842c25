//! The report as an SVG chart: for each scenario a bar per peer, whose length is the ratio.

use std::fmt::{self, Write};

use super::{Measured, OURS, Row};

/// Returns the chart.
pub fn of(all: &[Measured]) -> String {
    let mut text = String::new();
    let written = write(&mut text, all);
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    text
}

fn write(text: &mut String, all: &[Measured]) -> fmt::Result {
    let count: usize = all.iter().map(|measured| bars(measured).len()).sum();
    let height = MARGIN * 2 + all.len() * (TITLE + GAP) + count * BAR;
    writeln!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">"
    )?;
    writeln!(text, "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>")?;
    let mut top = MARGIN;
    for measured in all {
        let per = measured.per();
        let title = format!("{} – {per}", measured.scenario.description());
        let baseline = top + TITLE - 8;
        writeln!(text, "<text x=\"{MARGIN}\" y=\"{baseline}\" font-weight=\"600\">{title}</text>")?;
        top += TITLE;
        for bar in bars(measured) {
            bar.write(text, top)?;
            top += BAR;
        }
        top += GAP;
    }
    writeln!(text, "</svg>")
}

struct Bar {
    peer: &'static str,
    ratio: f64,
    label: String,
}

impl Bar {
    fn write(&self, text: &mut String, top: usize) -> fmt::Result {
        let length = self.ratio.min(MAX_RATIO) / MAX_RATIO * BAR_WIDTH as f64;
        let colour = match self.peer {
            raw if raw.starts_with("raw-") => "#9aa5b1",
            ours if ours.starts_with(OURS) => "#d64545",
            _ => "#3e7cb1",
        };
        let (left, height, middle) = (MARGIN + NAME, BAR - 4, top + BAR - 7);
        let end = left as f64 + length + 6.0;
        let arrow = if self.ratio > MAX_RATIO { " ⟶" } else { "" };
        writeln!(
            text,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{}</text>",
            left - 8,
            self.peer
        )?;
        writeln!(
            text,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{length:.1}\" height=\"{height}\" rx=\"2\" fill=\"{colour}\"/>"
        )?;
        writeln!(
            text,
            "<text x=\"{end:.1}\" y=\"{middle}\">{:.2}{arrow} ({})</text>",
            self.ratio, self.label
        )
    }
}

fn bars(measured: &Measured) -> Vec<Bar> {
    let bar = |row: &Row| {
        let (cost, ratio) = (row.cost()?.median, measured.ratio_of(row)?.median);
        Some(Bar { peer: row.peer, ratio, label: measured.amount(cost) })
    };
    measured.sorted().into_iter().filter_map(bar).collect()
}

const WIDTH: usize = 940;
const MARGIN: usize = 16;
const NAME: usize = 190;
const BAR_WIDTH: usize = 560;
const TITLE: usize = 26;
const BAR: usize = 20;
const GAP: usize = 14;

/// The ratio of the longest bar. Longer ones are cut off and marked with an arrow.
const MAX_RATIO: f64 = 4.0;

#[cfg(test)]
mod tests {
    use super::of;
    use crate::report::{Measured, Row, Sample};
    use crate::scenario::ALL;

    #[test]
    fn there_is_a_bar_for_each_peer_that_was_measured() {
        let sample = || Some(Sample { cost: 1.0, rate: 1.0, ..Sample::default() });
        let row = |peer, samples| Row { peer, raw_echo: "one", samples, problem: None };
        let rows =
            vec![row("one", vec![sample()]), row("other", vec![sample()]), row("none", vec![None])];
        let chart = of(&[Measured { scenario: ALL[0], rows }]);
        assert_eq!(chart.matches("<rect x=").count(), 2);
        assert!(chart.trim_end().ends_with("</svg>"));
    }
}
