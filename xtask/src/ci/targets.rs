//! Whether the library compiles for other systems, where their standard library can be installed.

use std::process::Command;
use std::time::Duration;

use super::whole;
use crate::outcome::{Outcome, Result};
use crate::process::{cargo, command, output, within};

/// TLS is left out: it needs a C compiler for each target.
const FACADE: [&str; 5] = [
    "-p",
    "sockeye",
    "--no-default-features",
    "--features",
    "tokio,async-std,smol,deflate,proxy,futures,tracing",
];

const WITHOUT_IO: [&str; 12] = [
    "-p",
    "sockeye-errors",
    "-p",
    "sockeye-frames",
    "-p",
    "sockeye-handshake",
    "-p",
    "sockeye-deflate",
    "-p",
    "sockeye-proxy",
    "-p",
    "sockeye-protocol",
];

const TARGETS: [(&str, &[&str]); 4] = [
    ("x86_64-pc-windows-gnu", &FACADE),
    ("aarch64-apple-darwin", &FACADE),
    ("i686-unknown-linux-gnu", &FACADE),
    ("wasm32-unknown-unknown", &WITHOUT_IO),
];

pub(crate) fn check() -> Outcome {
    let mut outcome = Outcome::NOTHING;
    for (target, packages) in TARGETS {
        match install(target) {
            Ok(()) => {
                let mut check = cargo();
                check.args(["check", "--quiet", "--lib", "--target", target]).args(packages);
                outcome += whole(&mut check);
            }
            Err(error) => println!("NOT CHECKED: {target} ({error})"),
        }
    }
    outcome
}

/// Installs the standard library of a target for the toolchain of the workspace.
fn install(target: &str) -> Result<()> {
    let installed = output(rustup().args(["target", "list", "--installed"]))?;
    if installed.lines().any(|line| line == target) {
        return Ok(());
    }
    let (added, said) = within(rustup().args(["target", "add", target]), Duration::from_mins(3))?;
    if added {
        return Ok(());
    }
    let why = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(format!("its standard library cannot be installed: {}", why.trim()).into())
}

fn rustup() -> Command {
    command("rustup")
}
