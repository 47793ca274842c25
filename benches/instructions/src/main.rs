#![forbid(unsafe_code)]
//! What the hot paths do, a number of times and always alike, for a tool that counts instructions: `cargo xtask instructions`.

use std::process::ExitCode;

mod connection;
mod driver;
mod parts;

/// A hot path: what it is called, how often it is run, and what runs it so often.
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
        [connection::cases(), driver::cases(), parts::cases()].into_iter().flatten().collect();
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
    let case = cases.iter().find(|case| case.name == name).ok_or("there is no such case")?;
    (case.run)(times.parse()?)
}
