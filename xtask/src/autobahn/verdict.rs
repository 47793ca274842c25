//! Compares the results of the suite with the expected ones: behaviour, closing, and that each case ran.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::cases::{Expectations, numbers};
use crate::outcome::{Outcome, Result};
use crate::workspace::{relative, root};

pub(crate) struct Verdict {
    cases: Vec<Case>,
}

struct Case {
    name: String,
    expected: String,
    behavior: String,
    closing: String,
    report: PathBuf,
}

impl Case {
    fn is_as_expected(&self) -> bool {
        // The verdict on the closing takes the same words as that on the case.
        self.behavior == self.expected && self.closing == self.expected
    }
}

impl Verdict {
    /// Reads the reports; a case without one is `NOT RUN`, since a suite that lost its peer ends as if all were well.
    pub(crate) fn of(expectations: &Expectations, cases: &[String], reports: &[PathBuf]) -> Self {
        let mut found = BTreeMap::new();
        for report in reports {
            let text = std::fs::read_to_string(report).unwrap_or_default();
            let value: Value = serde_json::from_str(&text).unwrap_or_default();
            for agent in value.as_object().into_iter().flat_map(serde_json::Map::values) {
                for (case, result) in agent.as_object().into_iter().flatten() {
                    found.insert(case.clone(), (result.clone(), report.with_file_name("")));
                }
            }
        }
        let cases = cases.iter().map(|name| {
            let (result, folder) = found.remove(name).unwrap_or_default();
            let word = |key: &str| result[key].as_str().unwrap_or("NOT RUN").to_owned();
            Case {
                name: name.clone(),
                expected: expectations.of(name).to_owned(),
                behavior: word("behavior"),
                closing: word("behaviorClose"),
                report: folder.join(result["reportfile"].as_str().unwrap_or_default()),
            }
        });
        Self { cases: cases.collect() }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        Outcome { passed: self.passed(), failed: self.cases.len() - self.passed() }
    }

    pub(crate) fn passed(&self) -> usize {
        self.cases.iter().filter(|case| case.is_as_expected()).count()
    }

    pub(crate) fn print(&self) {
        for case in self.cases.iter().filter(|case| !case.is_as_expected()) {
            let Case { name, expected, behavior, closing, report } = case;
            let report = relative(report);
            println!("  {name}: {behavior}, closing {closing}; expected {expected}; {report}");
        }
    }

    /// Writes `tests/autobahn/results-NAME.md`; the name is `ROLE-RUNTIME`, and `ROLE-RUNTIME-tls` through TLS.
    pub(crate) fn write(&self, name: &str) -> Result<()> {
        let mut sections: BTreeMap<u32, (usize, usize, usize)> = BTreeMap::new();
        for case in &self.cases {
            let section = sections.entry(numbers(&case.name)[0]).or_default();
            section.0 += 1;
            match case.behavior.as_str() {
                "OK" if case.is_as_expected() => section.1 += 1,
                "INFORMATIONAL" if case.is_as_expected() => section.2 += 1,
                _ => {}
            }
        }
        let (role, way) = name.split_once('-').unwrap_or((name, ""));
        let way = match way.strip_suffix("-tls") {
            Some(runtime) => format!("{runtime} through TLS"),
            None => way.to_owned(),
        };
        let mut text = format!(
            "# Autobahn testsuite 25.10.1: the {role} on {way}\n\n\
             Written by `cargo xtask autobahn --write`. A case counts as OK if its behaviour and its closing both do.\n\n\
             | section | cases | OK | informational | other |\n| --- | --- | --- | --- | --- |\n"
        );
        let mut total = (0, 0, 0);
        for (section, (cases, ok, informational)) in sections {
            let other = cases - ok - informational;
            writeln!(text, "| {section} | {cases} | {ok} | {informational} | {other} |")?;
            total = (total.0 + cases, total.1 + ok, total.2 + informational);
        }
        let (cases, ok, informational) = total;
        let other = cases - ok - informational;
        writeln!(text, "| all | {cases} | {ok} | {informational} | {other} |")?;
        for case in self.cases.iter().filter(|case| !case.is_as_expected()) {
            writeln!(text, "\n- {}: {}, closing {}", case.name, case.behavior, case.closing)?;
        }
        let file: &Path = &root().join(format!("tests/autobahn/results-{name}.md"));
        std::fs::write(file, text)?;
        println!("wrote {}", relative(file));
        Ok(())
    }
}
