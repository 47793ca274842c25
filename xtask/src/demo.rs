//! `cargo xtask demo`: the first command that a newcomer runs.

use crate::args::Args;
use crate::outcome::{Outcome, Result};
use crate::process::{cargo, run as aloud, watched};

pub(crate) const ABOUT: &str = "\
an echo server and a client over the loopback: messages, compression, latency, a clean close";

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    if args.finish(ABOUT)? {
        return Ok(Outcome::NOTHING);
    }
    println!("building the demo: one to three minutes the first time");
    let demo = ["--package", "sockeye", "--example", "demo"];
    let built = watched(cargo().arg("build").args(demo), |_| {})?;
    if !built.success() {
        return Err("the demo does not build".into());
    }
    aloud(cargo().args(["run", "--quiet"]).args(demo))?;
    Ok(Outcome::NOTHING)
}
