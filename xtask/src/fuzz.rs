//! `cargo xtask fuzz`: the fuzz targets, each for a time, on the nightly toolchain.

use crate::args::Args;
use crate::install;
use crate::outcome::{Outcome, Result};
use crate::process::{command, output, run as aloud, works};
use crate::workspace::{Workspace, root};

pub(crate) const ABOUT: &str = "\
fuzz every target, or one, each for a time  [TARGET] [--time SECONDS, default 60]";

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    let seconds: u32 = args.value("--time")?.map_or(Ok(60), |text| text.parse())?;
    if args.flag("--help") {
        println!("{ABOUT}");
        return Ok(Outcome::NOTHING);
    }
    let only = args.word();
    args.finish(ABOUT)?;
    if !root().join("fuzz/Cargo.toml").exists() {
        return Err("fuzz/Cargo.toml is missing".into());
    }
    if !works(command("rustup").args(["run", "nightly", "cargo", "--version"])) {
        return Err("fuzzing needs a nightly toolchain: `rustup toolchain install nightly`".into());
    }
    let tool = install::cargo_tool(&Workspace::load()?, "cargo-fuzz", "0.13.2")?;
    let nightly = |arguments: &[&str]| {
        let mut fuzz = command("rustup");
        fuzz.args(["run", "nightly"]).arg(&tool).arg("fuzz").args(arguments);
        // The tool would take the cargo that runs us, which is not the nightly one.
        fuzz.env_remove("CARGO");
        fuzz
    };
    let targets = match only {
        Some(target) => vec![target],
        None => output(&mut nightly(&["list"]))?.lines().map(str::to_owned).collect(),
    };
    let mut outcome = Outcome::NOTHING;
    for target in targets {
        let time = format!("-max_total_time={seconds}");
        let [corpus, seeds] = ["corpus", "seeds"].map(|kind| format!("fuzz/{kind}/{target}"));
        std::fs::create_dir_all(root().join(&corpus))?;
        let dictionary = format!("fuzz/dictionaries/{target}.dict");
        let words = format!("-dict={dictionary}");
        let mut options = vec!["run", &target, &corpus];
        if root().join(&seeds).exists() {
            options.push(&seeds);
        }
        options.extend(["--", &time, MAX_LEN]);
        if root().join(&dictionary).exists() {
            options.push(&words);
        }
        let result = aloud(&mut nightly(&options));
        if let Err(error) = &result {
            eprintln!("{error}");
        }
        outcome += Outcome::of(result.is_ok());
    }
    Ok(outcome)
}

/// Longer than any limit of a handshake, and than what the connection takes for a small frame.
const MAX_LEN: &str = "-max_len=20000";
