//! `cargo xtask ci`: everything that a change must pass, as the CI machine runs it.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::args::Args;
use crate::outcome::{Outcome, Result};
use crate::process::{cargo, command, run as aloud, within};
use crate::workspace::Workspace;
use crate::{autobahn, install, instructions, interop, spec, test, tidy};

mod targets;

pub(crate) const ABOUT: &str = "\
what CI runs: every check below, the conformance suite and the peers  [STEP…]
Steps: fmt, clippy, test, docs, tidy, spec, deny, targets, benches, instructions, proxies, namespaces (as root),
autobahn, interop. Without one, all of them run in this order, and a failed step does not stop the others. A step installs
the tools that it needs; if that fails, the step fails. Checks that a machine without network cannot do are printed as
NOT CHECKED.";

type Step = (&'static str, fn(&Workspace) -> Result<Outcome>);

const STEPS: [Step; 14] = [
    ("fmt", |_| Ok(whole(cargo().args(["fmt", "--all", "--check"])))),
    ("clippy", |workspace| Ok(clippy(workspace))),
    ("test", |_| test::run(&mut Args::of(&[]))),
    ("docs", docs),
    ("tidy", |_| tidy::run(&mut Args::of(&[]))),
    ("spec", |_| spec::run(&mut Args::of(&[]))),
    ("deny", deny),
    ("targets", |_| Ok(targets::check())),
    ("benches", |_| benches()),
    ("instructions", |_| instructions::run(&mut Args::of(&[]))),
    ("proxies", |_| proxies()),
    ("namespaces", |_| namespaces()),
    ("autobahn", |_| autobahn()),
    ("interop", |_| interop::run(&mut Args::of(&["--quick"]))),
];

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    if args.flag("--help") {
        println!("{ABOUT}");
        return Ok(Outcome::NOTHING);
    }
    let only = args.rest();
    if let Some(word) = only.iter().find(|word| STEPS.iter().all(|(name, _)| name != word)) {
        return Err(format!("`{word}` is no step; --help tells them").into());
    }
    let workspace = Workspace::load()?;
    let mut total = Outcome::NOTHING;
    let mut table = Vec::new();
    for (name, step) in STEPS {
        if !only.is_empty() && !only.iter().any(|word| word == name) {
            continue;
        }
        println!("\n=== {name}");
        let started = Instant::now();
        let outcome = step(&workspace).unwrap_or_else(|error| {
            println!("error: {error}");
            Outcome::of(false)
        });
        total += outcome;
        table.push(format!("{name:12} {outcome}, {} s", started.elapsed().as_secs()));
    }
    println!("\n{}", table.join("\n"));
    Ok(total)
}

/// A command that is one check.
fn whole(command: &mut Command) -> Outcome {
    let result = aloud(command);
    if let Err(error) = &result {
        println!("error: {error}");
    }
    Outcome::of(result.is_ok())
}

/// Lints each package alone, so that no feature is on because another package needs it.
fn clippy(workspace: &Workspace) -> Outcome {
    let mut outcome = Outcome::NOTHING;
    for package in &workspace.packages {
        let mut features: Vec<&[&str]> = vec![&[]];
        if package.features.keys().any(|name| name == "default") {
            features.push(&["--no-default-features"]);
        }
        if package.has_more_features() {
            features.push(&["--all-features"]);
        }
        for features in features {
            let mut clippy = cargo();
            clippy.args(["clippy", "--quiet", "--all-targets", "-p", &package.name]);
            outcome += whole(clippy.args(features).args(["--", "-D", "warnings"]));
        }
        // Its examples use the facade, which turns on features of the crate itself. The library alone has to do without.
        if package.dependencies.iter().any(|other| other.is_dev && other.name == "sockeye") {
            let mut clippy = cargo();
            clippy.args(["clippy", "--quiet", "--lib", "-p", &package.name]);
            outcome += whole(clippy.args(["--", "-D", "warnings"]));
        }
    }
    outcome
}

/// The command and the library have one name, and would overwrite each other's pages in one folder.
fn docs(workspace: &Workspace) -> Result<Outcome> {
    let mut command = cargo();
    command.args(["doc", "--quiet", "--no-deps", "--all-features", "-p", "sockeye-cli"]);
    command.arg("--target-dir").arg(workspace.scratch("docs-of-cli")?);
    let mut outcome = whole(command.env("RUSTDOCFLAGS", "-Dwarnings"));
    outcome += crate::docs::run(&mut Args::of(&["--stable"]))?;
    Ok(outcome)
}

/// Checks licences, sources and duplicates always, and advisories where their database can be fetched.
fn deny(workspace: &Workspace) -> Result<Outcome> {
    let program = install::cargo_tool(workspace, "cargo-deny", "0.20.2")?;
    let deny = |arguments: &[&str]| {
        let mut deny = command(&program);
        deny.args(["--all-features", "--locked"]).args(arguments);
        deny
    };
    let mut outcome = whole(&mut deny(&["check", "bans", "licenses", "sources"]));
    let (fetched, said) = within(&mut deny(&["fetch", "db"]), Duration::from_mins(2))?;
    if fetched {
        outcome += whole(&mut deny(&["check", "--disable-fetch", "advisories"]));
    } else {
        let why = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        println!("NOT CHECKED: the advisory database cannot be fetched here ({why})");
    }
    Ok(outcome)
}

/// Lints the workspace of the benchmarks with all peers, and tests it with the default ones.
fn benches() -> Result<Outcome> {
    let on = |command: &str| {
        let mut cargo = cargo();
        cargo.args([command, "--manifest-path", "benches/Cargo.toml"]);
        cargo
    };
    let mut outcome = whole(on("fmt").args(["--all", "--check"]));
    for features in [&[][..], &["--no-default-features"], &["--features", "all,allocations"]] {
        let mut clippy = on("clippy");
        clippy.args(["--quiet", "--workspace", "--all-targets"]).args(features);
        outcome += whole(clippy.args(["--", "-D", "warnings"]));
    }
    outcome += test::counted(on("test").arg("--workspace"))?;
    Ok(outcome)
}

/// Runs the conformance suite, and a part of it through TLS.
fn autobahn() -> Result<Outcome> {
    let mut outcome = autobahn::run(&mut Args::of(&["--quick"]))?;
    outcome += autobahn::run(&mut Args::of(&["--tls"]))?;
    Ok(outcome)
}

/// Connects through proxies of other projects.
fn proxies() -> Result<Outcome> {
    install::debian("tinyproxy", &["tinyproxy-bin"])?;
    install::debian("microsocks", &["microsocks"])?;
    install::debian("squid", &["squid"])?;
    install::debian("danted", &["dante-server"])?;
    install::debian("twistd3", &["python3-twisted"])?;
    let mut test = cargo();
    test.args(["test", "--quiet", "-p", "sockeye-tests", "--test", "interop", "real_proxies::"]);
    Ok(whole(&mut test))
}

/// Connects through a network that drops packets, which only root can create.
fn namespaces() -> Result<Outcome> {
    install::debian("ip", &["iproute2"])?;
    let mut test = cargo();
    test.args(["test", "--quiet", "-p", "sockeye-tests", "--test", "interop", "namespaces::"]);
    Ok(whole(&mut test))
}
