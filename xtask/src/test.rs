//! `cargo xtask test`: every test that needs nothing but Rust, each package on its own.

use std::process::Command;

use crate::args::Args;
use crate::outcome::{Outcome, Result};
use crate::process::{cargo, watched};
use crate::workspace::{Package, Workspace};

pub(crate) const ABOUT: &str = "\
every test that needs nothing but Rust  [PACKAGE…]
Each package is built alone, so that no feature is on because a neighbour wants it: once with its default
features, and once with all of them if it has more. Documentation tests are part of it.";

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
    let mut outcome = Outcome::NOTHING;
    let mut broken = Vec::new();
    for package in &workspace.packages {
        if !only.is_empty() && !only.contains(&package.name) {
            continue;
        }
        for features in feature_sets(package) {
            let mut command = cargo();
            command.args(["test", "-p", &package.name]).args(features);
            let counted = counted(&mut command)?;
            outcome += counted;
            if counted.failed > 0 {
                broken.push(format!("cargo test -p {} {}", package.name, features.join(" ")));
            }
        }
    }
    for command in broken {
        println!("failed: {}", command.trim_end());
    }
    Ok(outcome)
}

fn feature_sets(package: &Package) -> Vec<&'static [&'static str]> {
    let mut sets: Vec<&'static [&'static str]> = vec![&[]];
    if package.has_more_features() {
        sets.push(&["--all-features"]);
    }
    sets
}

/// Runs a `cargo test`, and counts.
pub(crate) fn counted(test: &mut Command) -> Result<Outcome> {
    let mut outcome = Outcome::NOTHING;
    test.args(["--quiet", "--no-fail-fast"]);
    let status = watched(test, |line| outcome += counts(line).unwrap_or_default())?;
    // A run that failed before it could count, such as one that did not compile.
    if !status.success() && outcome.failed == 0 {
        outcome += Outcome::of(false);
    }
    Ok(outcome)
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
}
