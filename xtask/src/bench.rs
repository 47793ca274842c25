//! `cargo xtask bench`: the benchmarks, which are a workspace of their own with the peers as dependencies.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::args::Args;
use crate::install;
use crate::outcome::{Outcome, Result};
use crate::process::{cargo, command, quietly, run as aloud, works};
use crate::workspace::root;

mod cost;

pub(crate) const ABOUT: &str = "\
a comparison with other libraries in one run  [SCENARIO…] [--peers A,B] [--quick] [--all] [--allocations] [--syscalls]; or: build
With --all it is built with every peer, else with those that are compared most; with --allocations it counts them, which
costs time of its own; with --syscalls strace counts system calls, in the place of time. Peers that are not written in Rust
are installed into benches/target/peers; what cannot be installed is said, and left out. `bench build` measures building
instead. Everything else goes to the program of the benches:";

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    if args.flag("build") {
        return cost::run(args);
    }
    let features: Vec<&str> = [("--all", "all"), ("--allocations", "allocations")]
        .into_iter()
        .filter_map(|(flag, feature)| args.flag(flag).then_some(feature))
        .collect();
    if args.flag("--help") {
        println!("{ABOUT}\n");
        aloud(bench(&features).arg("help"))?;
        return Ok(Outcome::NOTHING);
    }
    if let Err(error) = others() {
        println!("NOT INSTALLED: the peers that are not written in Rust: {error}");
    }
    let mut bench = bench(&features);
    if args.flag("--syscalls") {
        install::debian("strace", &["strace"])?;
        bench.arg("--syscalls");
    }
    aloud(bench.args(args.rest()))?;
    Ok(Outcome::NOTHING)
}

/// The program of the benches, before its arguments.
fn bench(features: &[&str]) -> Command {
    let mut bench = cargo();
    bench.args(["run", "--release", "--quiet", "--manifest-path", "benches/Cargo.toml"]);
    bench.args(["--features", &features.join(",")]).arg("--");
    bench
}

/// The peers that are not written in Rust.
fn others() -> Result<()> {
    let (folder, source) = (root().join("benches/target/peers"), root().join("benches/peers"));
    if let Some(target) = folder.parent() {
        fs::create_dir_all(target)?;
    }
    install::python(&folder, &source.join("requirements.txt"))?;
    uwebsockets(&folder, &source.join("uwebsockets.c"))
}

/// The server of uWebSockets, on the library that one of the Python packages carries.
fn uwebsockets(folder: &Path, source: &Path) -> Result<()> {
    if !works(command("sh").args(["-c", "ldconfig -p | grep -q libuv.so.1"])) {
        install::debian("libuv.so.1", &["libuv1"])?;
    }
    install::debian("cc", &["gcc", "libc6-dev"])?;
    let library = folder.join("uwebsockets.so");
    let machine = std::env::consts::ARCH.replace("x86_64", "amd64").replace("aarch64", "arm64");
    let mut found = command("find");
    found.arg(folder).args(["-name", &format!("libsocketify_linux_{machine}.so")]);
    let found = crate::process::output(&mut found)?;
    let found = found.lines().next().ok_or("socketify has no library for this machine")?;
    fs::copy(found, library)?;
    let mut compile = command("cc");
    compile.args(["-O2", "-o"]).arg(folder.join("uwebsockets")).arg(source);
    quietly(&mut compile)
}
