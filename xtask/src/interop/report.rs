//! The output of the clients, scenario by scenario, as a table.

use crate::outcome::Outcome;

#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

struct Row {
    labels: [String; 3],
    outcome: Outcome,
    complaints: Vec<String>,
}

impl Report {
    /// Reads the lines `ok NAME` and `FAIL NAME: why`; without a last line `done` the client did not get to its end.
    pub(crate) fn add(&mut self, labels: [&str; 3], printed: impl AsRef<str>) {
        let mut row = Row {
            labels: labels.map(str::to_owned),
            outcome: Outcome::NOTHING,
            complaints: Vec::new(),
        };
        let lines: Vec<&str> = printed.as_ref().lines().collect();
        for line in &lines {
            if line.starts_with("ok ") {
                row.outcome += Outcome::of(true);
            } else if line.starts_with("FAIL ") {
                row.outcome += Outcome::of(false);
                row.complaints.push((*line).to_owned());
            }
        }
        if !lines.contains(&"done") {
            row.outcome += Outcome::of(false);
            row.complaints
                .push("FAIL: it did not get to its end; the last that it printed:".into());
            let tail = &lines[lines.len().saturating_sub(10)..];
            row.complaints.extend(tail.iter().map(|line| format!("  {line}")));
        }
        // A client that comes a second time, to wait, goes on in its row.
        match self.rows.iter_mut().find(|before| before.labels == row.labels) {
            Some(before) => {
                before.outcome += row.outcome;
                before.complaints.append(&mut row.complaints);
            }
            None => self.rows.push(row),
        }
    }

    pub(crate) fn print(&self) {
        println!("{:12} {:24} {:8} {:>6} {:>6}", "peer", "us", "mode", "passed", "failed");
        for Row { labels: [peer, us, mode], outcome, complaints } in &self.rows {
            println!("{peer:12} {us:24} {mode:8} {:>6} {:>6}", outcome.passed, outcome.failed);
            for complaint in complaints {
                println!("    {complaint}");
            }
        }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        let mut outcome = Outcome::NOTHING;
        for row in &self.rows {
            outcome += row.outcome;
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome_of(printed: &str) -> (usize, usize) {
        let mut report = Report::default();
        report.add(["peer", "us", "plain"], printed);
        (report.outcome().passed, report.outcome().failed)
    }

    #[test]
    fn scenarios_are_counted() {
        assert_eq!(outcome_of("ok text\nFAIL ping: late\nok close\ndone\n"), (2, 1));
    }

    #[test]
    fn the_same_client_has_one_row() {
        let mut report = Report::default();
        for mode in ["plain", "deflate", "plain"] {
            report.add(["peer", "us", mode], "ok text\ndone");
        }
        assert_eq!((report.rows.len(), report.outcome().passed), (2, 3));
    }

    #[test]
    fn a_client_that_stops_midway_has_failed() {
        assert_eq!(outcome_of("ok text\nTraceback"), (1, 1));
        assert_eq!(outcome_of(""), (0, 1));
    }
}
