//! `cargo xtask spec`: every rule of the RFCs in `docs/rfc.md` has a place that enforces it and a test that breaks it.

use std::collections::BTreeSet;
use std::fs;

use crate::args::Args;
use crate::autobahn::Expectations;
use crate::outcome::{Outcome, Result};
use crate::workspace::root;

pub(crate) const ABOUT: &str = "\
every rule in docs/rfc.md has its place in the code and its test
docs/rfc.md holds tables of four columns, `| id | rule | file | test |`, under headings that name their RFC.
  id     SECTION-N, such as 5.5-2 or A.1-1: the section of the RFC, and a number; unique within its RFC
  rule   what it demands, in our own words
  file   who enforces it: a path from the root, or several with commas between them; one of them must cite the section,
         as `§5.5` or `section-5.5`. A dash if it is not ours to enforce; the last column then says why
  test   who breaks it, with commas between them:
           path/from/the/root.rs::name_of_the_test
           name_of_the_test             in one of the row's files
           autobahn 6.4.1               a case of the conformance suite, or a pattern of it such as 6.*
Backticks around an id, a path or a name are allowed.";

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    if args.finish(ABOUT)? {
        return Ok(Outcome::NOTHING);
    }
    let text = fs::read_to_string(root().join("docs/rfc.md"))
        .map_err(|error| format!("docs/rfc.md: {error}"))?;
    let rules = rules(&text);
    if rules.is_empty() {
        return Err("docs/rfc.md has no table `| id | rule | file | test |`".into());
    }
    let expectations = Expectations::load()?;
    let mut seen = BTreeSet::new();
    let mut outcome = Outcome::NOTHING;
    let mut others = 0;
    for rule in &rules {
        let mut complaints = rule.complaints(&expectations);
        if !seen.insert((rule.rfc, rule.id)) {
            complaints.push("its id is taken".into());
        }
        for complaint in &complaints {
            println!("FAIL RFC {} {} (docs/rfc.md:{}): {complaint}", rule.rfc, rule.id, rule.line);
        }
        others += usize::from(rule.is_not_ours());
        outcome += Outcome::of(complaints.is_empty());
    }
    println!("{} rules, {others} of them not for a library to enforce", rules.len());
    Ok(outcome)
}

#[derive(Debug, PartialEq)]
struct Rule<'a> {
    line: usize,
    rfc: &'a str,
    id: &'a str,
    demand: &'a str,
    files: Vec<&'a str>,
    tests: Vec<&'a str>,
}

/// The rows of all tables whose first head is `id`.
fn rules(text: &str) -> Vec<Rule<'_>> {
    let mut rules = Vec::new();
    let mut rfc = "";
    let mut in_table = false;
    for (index, line) in text.lines().enumerate() {
        if line.starts_with('#') {
            let name = line.split_once("RFC ").map(|(_, rest)| rest);
            rfc = name.and_then(|rest| rest.split([' ', ',', ':']).next()).unwrap_or(rfc);
        }
        let Some(cells) = cells(line) else {
            in_table = false;
            continue;
        };
        if cells[0] == "id" {
            in_table = true;
        } else if in_table && !cells[0].starts_with('-') {
            let cell = |index: usize| cells.get(index).copied().unwrap_or_default();
            rules.push(Rule {
                line: index + 1,
                rfc,
                id: bare(cell(0)),
                demand: cell(1),
                files: listed(cell(2)),
                tests: listed(cell(3)),
            });
        }
    }
    rules
}

fn cells(line: &str) -> Option<Vec<&str>> {
    let inside = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inside.split('|').map(str::trim).collect())
}

fn listed(cell: &str) -> Vec<&str> {
    cell.split(',').map(bare).filter(|item| !item.is_empty()).collect()
}

fn bare(word: &str) -> &str {
    word.trim().trim_matches('`')
}

impl Rule<'_> {
    fn is_not_ours(&self) -> bool {
        matches!(self.files[..], ["-" | "–" | "—"])
    }

    fn complaints(&self, expectations: &Expectations) -> Vec<String> {
        let Some((section, _)) = self.id.rsplit_once('-').filter(|(_, number)| is_number(number))
        else {
            return vec!["its id is not SECTION-N".into()];
        };
        let mut complaints = Vec::new();
        if self.rfc.is_empty() {
            complaints.push("no heading above it names an RFC".into());
        }
        if self.demand.is_empty() {
            complaints.push("it does not say what it demands".into());
        }
        if self.is_not_ours() {
            if self.tests.is_empty() {
                complaints.push("it does not say why it is not ours".into());
            }
            return complaints;
        }
        let texts: Vec<(&str, Option<String>)> = self
            .files
            .iter()
            .map(|file| (*file, fs::read_to_string(root().join(file)).ok()))
            .collect();
        for (file, text) in &texts {
            if text.is_none() {
                complaints.push(format!("there is no file {file}"));
            }
        }
        let mut found = texts.iter().filter_map(|(_, text)| text.as_deref());
        if self.files.is_empty() || !found.any(|text| cites(text, section)) {
            complaints.push(format!("{} does not cite §{section}", self.files.join(", ")));
        }
        if self.tests.is_empty() {
            complaints.push("it has no test".into());
        }
        let missing = self.tests.iter().filter(|test| !is_there(test, &texts, expectations));
        complaints.extend(missing.map(|test| format!("there is no test {test}")));
        complaints
    }
}

fn is_there(test: &str, texts: &[(&str, Option<String>)], expectations: &Expectations) -> bool {
    if let Some(case) = test.strip_prefix("autobahn ") {
        return expectations.has(case);
    }
    match test.split_once("::") {
        Some((file, name)) if file.contains('/') => {
            fs::read_to_string(root().join(file)).is_ok_and(|text| defines(&text, name))
        }
        _ => texts.iter().any(|(_, text)| text.as_ref().is_some_and(|text| defines(text, test))),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Does the text name this very section, and not only one that begins the same?
fn cites(text: &str, section: &str) -> bool {
    ["§", "section-", "appendix-"].iter().any(|mark| {
        text.match_indices(&format!("{mark}{section}")).any(|(start, found)| {
            let mut rest = text[start + found.len()..].chars();
            match rest.next() {
                Some('.') => !rest.next().is_some_and(|char| char.is_ascii_digit()),
                after => !after.is_some_and(|char| char.is_ascii_alphanumeric()),
            }
        })
    })
}

/// Does the text hold a test of this name? The modules before it may be left out or not.
fn defines(text: &str, name: &str) -> bool {
    let name = name.rsplit("::").next().unwrap_or(name);
    let call = format!("fn {name}(");
    text.match_indices(&call).any(|(start, _)| {
        // Its attributes stand between it and the end of what comes before.
        let before = &text[..start];
        let attributes = &before[before.rfind(['}', ';']).unwrap_or(0)..];
        attributes.contains("#[test]")
            || attributes.contains("::test]")
            || attributes.contains("::test(")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# The rules\n\n## RFC 6455, the protocol\n\n| id | rule | file | test |\n| --- | --- | --- | --- |\n\
| `5.5-2` | control frames are whole | `a.rs`, b.rs | `b.rs::tests::one`, autobahn 5.1 |\n\
| 10.3-1 | use TLS | — | the application's choice |\n";

    #[test]
    fn rows_are_read() {
        let rules = rules(TEXT);
        let [first, second] = &rules[..] else { panic!("two rows, not {rules:?}") };
        assert_eq!((first.line, first.rfc, first.id), (7, "6455", "5.5-2"));
        assert_eq!(first.files, ["a.rs", "b.rs"]);
        assert_eq!(first.tests, ["b.rs::tests::one", "autobahn 5.1"]);
        assert!(!first.is_not_ours() && second.is_not_ours());
    }

    #[test]
    fn a_rule_without_place_or_test_is_told() -> Result<()> {
        let expectations = Expectations::load()?;
        let rules = rules(TEXT);
        let complaints = rules[0].complaints(&expectations);
        assert_eq!(complaints.len(), 4, "{complaints:?}");
        assert!(rules[1].complaints(&expectations).is_empty());
        Ok(())
    }

    #[test]
    fn a_citation_is_of_the_section_itself() {
        assert!(cites("// §5.5: x", "5.5") && cites("rfc6455#section-5.5)", "5.5"));
        assert!(cites("of §5.5.", "5.5"));
        assert!(!cites("// §5.5.1: x", "5.5") && !cites("// §5.51", "5.5"));
    }

    #[test]
    fn a_function_is_a_test_if_it_is_marked() {
        let text = "fn a() {}\n#[test]\nfn b() {}\n    #[test]\n    fn c(x in any()) {}\n";
        assert!(!defines(text, "a") && defines(text, "b") && defines(text, "tests::c"));
    }
}
