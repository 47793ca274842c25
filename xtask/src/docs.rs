//! `cargo xtask docs`: the documentation as docs.rs builds it.

use crate::args::Args;
use crate::outcome::{Outcome, Result};
use crate::process::{cargo, command, run as aloud, works};

pub(crate) const ABOUT: &str = "\
the documentation as docs.rs builds it (nightly where it is installed)  [--open]";

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    let open = args.flag("--open");
    if args.finish(ABOUT)? {
        return Ok(Outcome::NOTHING);
    }
    let nightly = works(command("rustup").args(["run", "nightly", "rustdoc", "--version"]));
    let mut doc = if nightly {
        let mut rustup = command("rustup");
        rustup.args(["run", "nightly", "cargo"]).env("RUSTDOCFLAGS", "--cfg docsrs -Dwarnings");
        rustup
    } else {
        println!("there is no nightly toolchain: the stable one leaves out the features' badges");
        let mut stable = cargo();
        stable.env("RUSTDOCFLAGS", "-Dwarnings");
        stable
    };
    doc.args(["doc", "--no-deps", "--all-features"]);
    doc.args(["--workspace", "--exclude", "sockeye-xtask", "--exclude", "sockeye-tests"]);
    if open {
        doc.arg("--open");
    }
    aloud(&mut doc)?;
    Ok(Outcome::NOTHING)
}
