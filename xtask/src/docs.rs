//! `cargo xtask docs`: the documentation as docs.rs builds it, and whether readers find their way in it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::args::Args;
use crate::install;
use crate::outcome::{Outcome, Result};
use crate::process::{cargo, command, run as aloud, within, works};
use crate::workspace::{Package, Workspace, root};

mod examples;
mod links;
mod pages;

use pages::Pages;

pub(crate) const ABOUT: &str = "\
the documentation as docs.rs builds it (nightly where it is installed), and its checks  [--stable] [--open]
Checks that links lead to pages and anchors that exist, that types and methods which users call first have examples, that
the page of each alias names all methods of its type, and that the search of the facade's pages finds methods. For the
search it installs Chromium with the system's package manager.
  --stable            builds with the toolchain of the workspace
  --open              opens the documentation when it is built";

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    let open = args.flag("--open");
    let stable = args.flag("--stable");
    if args.finish(ABOUT)? {
        return Ok(Outcome::NOTHING);
    }
    let workspace = Workspace::load()?;
    let nightly =
        !stable && works(command("rustup").args(["run", "nightly", "rustdoc", "--version"]));
    // One crate after the other: rustdoc leaves a link to a crate unresolved whose pages do not exist yet.
    for package in in_dependency_order(&workspace) {
        let mut doc = builder(nightly);
        doc.args(["doc", "--quiet", "--lib", "--no-deps", "--all-features", "-p", package]);
        if open && package == "sockeye" {
            doc.arg("--open");
        }
        aloud(&mut doc)?;
    }
    check(&workspace)
}

/// The libraries, each after the crates that it depends on.
fn in_dependency_order(workspace: &Workspace) -> Vec<&str> {
    let is_library = |package: &&Package| package.targets.iter().any(|target| target.kind == "lib");
    let mut left: Vec<&Package> = workspace.crates().filter(is_library).collect();
    let mut order: Vec<&str> = Vec::new();
    while !left.is_empty() {
        let names: Vec<&str> = left.iter().map(|package| package.name.as_str()).collect();
        let (ready, blocked): (Vec<_>, Vec<_>) = left.into_iter().partition(|package| {
            let mut normal = package.dependencies.iter().filter(|dependency| dependency.normal);
            !normal.any(|dependency| names.contains(&dependency.name.as_str()))
        });
        order.extend(ready.iter().map(|package| package.name.as_str()));
        left = blocked;
    }
    order
}

fn builder(nightly: bool) -> Command {
    if nightly {
        let mut rustup = command("rustup");
        rustup.args(["run", "nightly", "cargo"]).env("RUSTDOCFLAGS", "--cfg docsrs -Dwarnings");
        return rustup;
    }
    let mut stable = cargo();
    stable.env("RUSTDOCFLAGS", "-Dwarnings");
    stable
}

fn check(workspace: &Workspace) -> Result<Outcome> {
    let folder = workspace.target.join("doc");
    let names = workspace.crates().flat_map(|package| &package.targets);
    let names = names.filter(|target| target.kind == "lib").map(|target| target.name.as_str());
    let pages = Pages::read(&folder, names)?;
    let mut outcome = Outcome::NOTHING;
    for (rule, broken) in [
        ("every link leads to a page and an anchor that exist", links::broken(&pages)),
        ("no link is left unresolved", links::unresolved(&pages)),
        ("types and methods that users call first have examples", examples::missing(&pages)),
        ("the page of each alias names all methods of its type", examples::incomplete(&pages)),
    ] {
        println!("{} {rule}", if broken.is_empty() { "ok  " } else { "FAIL" });
        for violation in &broken {
            println!("       {violation}");
        }
        outcome += Outcome::of(broken.is_empty());
    }
    outcome += search(&folder)?;
    Ok(outcome)
}

/// Methods of builders and connections that a reader looks for by name.
const SEARCHED: [&str; 4] = ["on_request", "send_stream", "try_send", "open_timeout"];

fn search(folder: &Path) -> Result<Outcome> {
    install::debian("python3", &["python3"])?;
    install::debian("chromium", &["chromium"])?;
    install::debian("chromedriver", &["chromium-driver"])?;
    let mut python = command("python3");
    python.arg(root().join("tests/interop/docs_search.py")).arg(folder).arg("sockeye");
    let (_, printed) = within(python.args(SEARCHED), Duration::from_mins(3))?;
    let found = |word: &str| printed.lines().any(|line| line == format!("ok {word}"));
    let missing: Vec<&str> = SEARCHED.into_iter().filter(|word| !found(word)).collect();
    println!(
        "{} the search finds {}",
        if missing.is_empty() { "ok  " } else { "FAIL" },
        SEARCHED.join(", ")
    );
    if !missing.is_empty() {
        for line in printed.lines().filter(|line| !line.starts_with("ok ")) {
            println!("       {line}");
        }
    }
    Ok(Outcome::of(missing.is_empty()))
}
