//! `cargo xtask test`: every test that needs nothing but Rust, each package on its own.

use std::process::Command;
use std::time::Instant;

use crate::args::Args;
use crate::outcome::{Outcome, Result};
use crate::process::{cargo, watched};
use crate::workspace::{Package, Workspace};

mod durations;

use durations::Durations;

pub(crate) const ABOUT: &str = "\
every test that needs nothing but Rust  [PACKAGE…]
Each package is built alone, so that no feature is on because a neighbour wants it: once with its default
features, and once with all of them if it has more. Documentation tests are part of it.";

/// One run of `cargo test`.
struct Run<'a> {
    package: &'a str,
    features: &'static [&'static str],
}

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    if args.flag("--help") {
        println!("{ABOUT}");
        return Ok(Outcome::NOTHING);
    }
    let only = args.rest();
    let workspace = Workspace::load()?;
    if let Some(name) = only.iter().find(|name| workspace.package(name).is_none()) {
        return Err(format!("there is no package `{name}`").into());
    }
    let packages = workspace.packages.iter();
    let packages = packages.filter(|package| only.is_empty() || only.contains(&package.name));
    let runs: Vec<Run<'_>> = packages.flat_map(runs_of).collect();
    let mut durations = Durations::load(&workspace)?;
    println!("{} runs of cargo test; {}", runs.len(), durations.estimate(&runs));
    let mut outcome = Outcome::NOTHING;
    let mut broken = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let label = format!("[{}/{}] {}", index + 1, runs.len(), run.name());
        println!("{label}: building{}", durations.last(run));
        let started = Instant::now();
        let mut command = cargo();
        command.args(["test", "-p", run.package]).args(run.features);
        let counted = counted(&mut command)?;
        let seconds = started.elapsed().as_secs();
        println!("{label}: {counted}, {seconds} s");
        durations.save(run, seconds)?;
        outcome += counted;
        if counted.failed > 0 {
            broken.push(format!("cargo test -p {} {}", run.package, run.features.join(" ")));
        }
    }
    for command in broken {
        println!("failed: {}", command.trim_end());
    }
    Ok(outcome)
}

fn runs_of(package: &Package) -> Vec<Run<'_>> {
    let mut runs = vec![Run { package: &package.name, features: &[] }];
    if package.has_more_features() {
        runs.push(Run { package: &package.name, features: &["--all-features"] });
    }
    runs
}

impl Run<'_> {
    fn name(&self) -> String {
        let features = if self.features.is_empty() { "" } else { ", all features" };
        format!("{}{features}", self.package)
    }
}

/// Builds and runs a `cargo test`, prints what matters of its output, and counts.
pub(crate) fn counted(test: &mut Command) -> Result<Outcome> {
    // Cargo shows on standard error what it compiles, so that a build is not silent.
    let mut build = cargo();
    build.args(test.get_args()).arg("--no-run");
    let built = watched(&mut build, |_| {})?;
    if !built.success() {
        return Ok(Outcome::of(false));
    }
    let mut outcome = Outcome::NOTHING;
    test.args(["--quiet", "--no-fail-fast"]);
    let status = watched(test, |line| {
        outcome += counts(line).unwrap_or_default();
        if !is_noise(line) {
            println!("{line}");
        }
    })?;
    // A run that failed before it could count, such as a documentation test that did not compile.
    if !status.success() && outcome.failed == 0 {
        outcome += Outcome::of(false);
    }
    Ok(outcome)
}

/// Whether a line says no more than that tests run and pass.
fn is_noise(line: &str) -> bool {
    let line = line.trim();
    let is_progress = line
        .trim_start_matches('.')
        .trim_start()
        .chars()
        .all(|char| char.is_ascii_digit() || matches!(char, '/' | '.' | ' '));
    let starts = line.starts_with("running ") && line.ends_with(['t', 's']);
    let is_result = counts(line).is_some_and(|outcome| outcome.failed == 0);
    is_progress || starts || is_result || line.contains(" has been running for over ")
}

/// Reads `test result: ok. 3 passed; 0 failed; …`.
fn counts(line: &str) -> Option<Outcome> {
    let rest = line.split_once("test result: ")?.1;
    let number = |unit: &str| -> Option<usize> {
        let before = rest.split_once(unit)?.0;
        before.rsplit(' ').next()?.parse().ok()
    };
    Some(Outcome { passed: number(" passed")?, failed: number(" failed")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered";
        assert_eq!(counts(line), Some(Outcome { passed: 12, failed: 3 }));
        assert_eq!(counts("running 3 tests"), None);
    }

    #[test]
    fn only_progress_is_noise() {
        for line in [
            "",
            "running 3 tests",
            "...... 87/90",
            "test result: ok. 3 passed; 0 failed; 0 ignored",
        ] {
            assert!(is_noise(line), "{line}");
        }
        for line in [
            "failures:",
            "---- a::b stdout ----",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored",
        ] {
            assert!(!is_noise(line), "{line}");
        }
    }
}
