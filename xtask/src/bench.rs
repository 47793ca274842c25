//! `cargo xtask bench`: the benchmarks, which are a workspace of their own with the peers as dependencies.

use crate::args::Args;
use crate::outcome::{Outcome, Result};
use crate::process::{cargo, run as aloud};

pub(crate) const ABOUT: &str = "\
an echo comparison with other libraries in one run; arguments go to the benches";

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    let mut bench = cargo();
    bench.args(["run", "--release", "--quiet", "--manifest-path", "benches/Cargo.toml", "--"]);
    aloud(bench.args(args.rest()))?;
    Ok(Outcome::NOTHING)
}
