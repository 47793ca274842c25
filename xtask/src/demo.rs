//! `cargo xtask demo`: the first command that a stranger runs.

use crate::args::Args;
use crate::outcome::{Outcome, Result};
use crate::process::{cargo, run as aloud};

pub(crate) const ABOUT: &str = "\
an echo server and a client over the loopback: messages, compression, latency, a clean close";

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    if args.finish(ABOUT)? {
        return Ok(Outcome::NOTHING);
    }
    aloud(cargo().args(["run", "--quiet", "--package", "sockeye", "--example", "demo"]))?;
    Ok(Outcome::NOTHING)
}
