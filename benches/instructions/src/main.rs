#![forbid(unsafe_code)]
//! Deterministic runs of the hot paths, for a tool that counts instructions: `cargo xtask instructions`.

use std::process::ExitCode;

mod parts;
mod protocol;
mod websocket;

/// A hot path: its name, the number of repetitions, and the function that runs them.
struct Case {
    name: String,
    times: usize,
    run: Box<dyn Fn(usize) -> Outcome>,
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

impl Case {
    fn new(
        name: impl Into<String>,
        times: usize,
        run: impl Fn(usize) -> Outcome + 'static,
    ) -> Self {
        Self { name: name.into(), times, run: Box::new(run) }
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let cases: Vec<Case> =
        [protocol::cases(), websocket::cases(), parts::cases()].into_iter().flatten().collect();
    let outcome = match (arguments.next(), arguments.next()) {
        (Some(list), None) if list == "list" => {
            for case in cases {
                println!("{} {}", case.name, case.times);
            }
            Ok(())
        }
        (Some(name), Some(times)) => run(&cases, &name, &times),
        _ => Err("list, or NAME TIMES".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cases: &[Case], name: &str, times: &str) -> Outcome {
    let case = cases.iter().find(|case| case.name == name).ok_or("no such case")?;
    (case.run)(times.parse()?)
}
