//! `cargo xtask instructions`: how many instructions the hot paths take, beside the numbers that are committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::args::Args;
use crate::install;
use crate::outcome::{Outcome, Result};
use crate::process::{cargo, command, output, quietly};
use crate::workspace::{Workspace, root};

pub(crate) const ABOUT: &str = "\
count the instructions of the hot paths, and compare them with benches/instructions.json  [PART OF A NAME] [--bless]
More than the committed number by over 2 percent is a failure; less by as much asks to be committed with --bless. Valgrind
counts: the numbers are the same on a busy machine, but not with another compiler.";

/// The committed numbers, and what they were made with.
#[derive(Debug, Default, PartialEq)]
struct Committed {
    tools: String,
    instructions: BTreeMap<String, u64>,
}

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    let bless = args.flag("--bless");
    if args.flag("--help") {
        println!("{ABOUT}");
        return Ok(Outcome::NOTHING);
    }
    let part = args.word().unwrap_or_default();
    args.finish(ABOUT)?;
    install::debian("valgrind", &["valgrind", "libc6-dbg"])?;
    let program = build()?;
    let path = root().join("benches/instructions.json");
    let mut committed = Committed::read(&path)?;
    let tools = tools()?;
    if !bless && tools != committed.tools {
        println!("note: committed are numbers of {}; these are of {tools}", committed.tools);
    }

    let mut outcome = Outcome::NOTHING;
    let mut counted = BTreeMap::new();
    println!("{:44} {:>12} {:>12} {:>8}", "instructions each time", "committed", "now", "change");
    for (name, times) in cases(&program)? {
        if !name.contains(&part) {
            continue;
        }
        let now = each(&program, &name, times)?;
        let verdict = Verdict::of(committed.instructions.get(&name).copied(), now);
        println!("{}", verdict.line(&name, now));
        outcome += Outcome::of(bless || verdict.passes());
        counted.insert(name, now);
    }
    let is_whole = part.is_empty();
    let gone =
        committed.instructions.keys().filter(|name| is_whole && !counted.contains_key(*name));
    for name in gone {
        println!("{name:44} is committed and not counted any more: `--bless` forgets it");
        outcome += Outcome::of(bless);
    }
    if bless {
        if is_whole {
            committed.instructions.clear();
        }
        committed.tools = tools;
        committed.instructions.extend(counted);
        fs::write(path, committed.write()?)?;
    }
    Ok(outcome)
}

/// How a number stands to the committed one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    /// Nothing is committed.
    Unknown,
    Same(u64),
    Slower(u64),
    Faster(u64),
}

impl Verdict {
    fn of(committed: Option<u64>, now: u64) -> Self {
        let Some(before) = committed else { return Self::Unknown };
        // A percentage of few instructions is less than one.
        let room = (before * TOLERANCE / 100).max(1);
        if now > before + room {
            Self::Slower(before)
        } else if now + room < before {
            Self::Faster(before)
        } else {
            Self::Same(before)
        }
    }

    fn passes(self) -> bool {
        matches!(self, Self::Same(_) | Self::Faster(_))
    }

    fn line(self, name: &str, now: u64) -> String {
        let (before, said) = match self {
            Self::Unknown => {
                return format!("{name:44} {:>12} {now:>12}  NEW: commit it with --bless", "-");
            }
            Self::Same(before) => (before, ""),
            Self::Slower(before) => (before, "  SLOWER than committed"),
            Self::Faster(before) => (before, "  faster: keep it with --bless"),
        };
        let change = signed(now) / signed(before) * 100.0 - 100.0;
        format!("{name:44} {before:>12} {now:>12} {change:>+7.1}%{said}")
    }
}

#[expect(clippy::cast_precision_loss, reason = "a percentage is shown to a tenth")]
fn signed(count: u64) -> f64 {
    count as f64
}

/// The program, built as the benchmarks are; its own folder keeps it apart from builds with other features.
fn build() -> Result<PathBuf> {
    let target = Workspace::load()?.scratch("instructions")?;
    let mut build = cargo();
    build.args(["build", "--release", "--quiet", "--package", PROGRAM]);
    build.args(["--manifest-path", "benches/Cargo.toml", "--target-dir"]).arg(&target);
    quietly(&mut build)?;
    Ok(target.join("release").join(PROGRAM))
}

/// The names, and how often each is to be run.
fn cases(program: &Path) -> Result<Vec<(String, usize)>> {
    let listed = output(command(program).arg("list"))?;
    let pairs = listed.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(name, times)| Ok((name.to_owned(), times.parse()?))).collect()
}

/// Returns the instructions of one more iteration: instructions of the start are in both counts and cancel out.
fn each(program: &Path, name: &str, times: usize) -> Result<u64> {
    let (once, twice) = (count(program, name, times)?, count(program, name, 2 * times)?);
    let more = twice.checked_sub(once).ok_or("twice as much took less")?;
    Ok(more / u64::try_from(times)?)
}

fn count(program: &Path, name: &str, times: usize) -> Result<u64> {
    let mut valgrind = command("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    let output = valgrind.arg(program).args([name, &times.to_string()]).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.split_once("Collected : "));
    match line.and_then(|(_, count)| count.trim().parse().ok()) {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(format!("{name}: {}\n{said}", output.status).into()),
    }
}

fn tools() -> Result<String> {
    let rustc = output(command("rustc").arg("--version"))?;
    let rustc = rustc.split(' ').take(2).collect::<Vec<_>>().join(" ");
    Ok(format!(
        "{rustc}, {}, {}",
        output(command("valgrind").arg("--version"))?.trim(),
        std::env::consts::ARCH
    ))
}

impl Committed {
    fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let value: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
        let tools = value["tools"].as_str().ok_or("instructions.json: no tools")?.to_owned();
        let counts = value["instructions"].as_object().ok_or("instructions.json: no numbers")?;
        let counts = counts.iter().map(|(name, count)| {
            let count = count.as_u64().ok_or_else(|| format!("instructions.json: {name}"))?;
            Ok((name.clone(), count))
        });
        Ok(Self { tools, instructions: counts.collect::<Result<_>>()? })
    }

    fn write(&self) -> Result<String> {
        let value = serde_json::json!({ "tools": self.tools, "instructions": self.instructions });
        Ok(serde_json::to_string_pretty(&value)? + "\n")
    }
}

const PROGRAM: &str = "sockeye-bench-instructions";

/// In percent. See benches/README.md.
const TOLERANCE: u64 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_got_slower_or_is_unknown_fails() {
        assert_eq!(Verdict::of(Some(1000), 1020), Verdict::Same(1000));
        assert_eq!(Verdict::of(Some(1000), 1021), Verdict::Slower(1000));
        assert_eq!(Verdict::of(Some(1000), 979), Verdict::Faster(1000));
        assert_eq!(Verdict::of(Some(7), 8), Verdict::Same(7));
        assert!(!Verdict::of(Some(1000), 1021).passes());
        assert!(Verdict::of(Some(1000), 500).passes());
        assert!(!Verdict::of(None, 1).passes());
    }

    #[test]
    fn what_is_slower_says_so() {
        let line = Verdict::of(Some(1000), 1500).line("mask", 1500);
        assert!(line.ends_with("+50.0%  SLOWER than committed"), "{line}");
    }
}
