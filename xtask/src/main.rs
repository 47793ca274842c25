#![forbid(unsafe_code)]
//! Every chore of a contributor: `cargo xtask` lists them, `cargo xtask NAME` does one.

use std::process::ExitCode;

mod args;
mod outcome;
mod process;
mod workspace;

mod background;
mod install;
mod port;

mod autobahn;
mod bench;
mod ci;
mod demo;
mod docs;
mod fuzz;
mod instructions;
mod interop;
mod spec;
mod test;
mod tidy;

use args::Args;
use outcome::{Outcome, Result};

type Run = fn(&mut Args) -> Result<Outcome>;

const COMMANDS: [(&str, &str, Run); 11] = [
    ("demo", demo::ABOUT, demo::run),
    ("test", test::ABOUT, test::run),
    ("ci", ci::ABOUT, ci::run),
    ("tidy", tidy::ABOUT, tidy::run),
    ("spec", spec::ABOUT, spec::run),
    ("autobahn", autobahn::ABOUT, autobahn::run),
    ("interop", interop::ABOUT, interop::run),
    ("bench", bench::ABOUT, bench::run),
    ("instructions", instructions::ABOUT, instructions::run),
    ("docs", docs::ABOUT, docs::run),
    ("fuzz", fuzz::ABOUT, fuzz::run),
];

fn main() -> ExitCode {
    let mut args = Args::from_env();
    let Some(name) = args.word() else {
        list();
        return ExitCode::SUCCESS;
    };
    let Some((_, _, run)) = COMMANDS.iter().find(|(command, ..)| *command == name) else {
        if matches!(name.as_str(), "help" | "--help" | "-h") {
            list();
            return ExitCode::SUCCESS;
        }
        eprintln!("error: there is no command `{name}`; `cargo xtask` lists them");
        return ExitCode::FAILURE;
    };
    match run(&mut args) {
        Ok(outcome) if outcome.is_empty() => ExitCode::SUCCESS,
        Ok(outcome) => {
            println!("\n{outcome}");
            if outcome.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn list() {
    println!("cargo xtask COMMAND [OPTIONS]      (COMMAND --help tells its options)\n");
    for (name, about, _) in COMMANDS {
        let summary = about.lines().next().unwrap_or_default();
        println!("  {name:12} {summary}");
    }
}
