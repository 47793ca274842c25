//! `cargo xtask bench build`: what it costs to build the least echo server on a library, and how big it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::args::Args;
use crate::install;
use crate::outcome::{Outcome, Result};
use crate::process::{cargo, output, quietly};
use crate::workspace::{Workspace, root};

pub(crate) const ABOUT: &str = "\
bench build [--rounds N, default 1] [--peers A,B]
Builds the least echo server on each library from nothing, in release mode, with its dependencies already downloaded: the
CPU time of that (user and system, all processes), the packages, and the size of the stripped program. Without TLS.";

/// The least server on a library.
struct Server {
    name: &'static str,
    /// The file in `benches/minimal`.
    source: &'static str,
    dependencies: &'static [&'static str],
}

/// The cost of one build, and its result.
struct Built {
    cpu: Duration,
    size: u64,
}

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    let rounds: usize = args.value("--rounds")?.map_or(Ok(1), |text| text.parse())?;
    let only = args.value("--peers")?;
    if args.finish(ABOUT)? {
        return Ok(Outcome::NOTHING);
    }
    let wanted = |server: &&Server| {
        only.as_ref().is_none_or(|only| only.split(',').any(|name| name == server.name))
    };
    let servers: Vec<&Server> = SERVERS.iter().filter(wanted).collect();
    let scratch = Workspace::load()?.scratch("build-cost")?;
    let mut folders = Vec::new();
    for server in &servers {
        folders.push(prepare(&scratch, server)?);
    }
    let mut builds: Vec<Vec<Built>> = servers.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds.max(1) {
        for (folder, builds) in folders.iter().zip(&mut builds) {
            builds.push(build(folder)?);
        }
    }
    println!("| {:20} | CPU to build | packages | program |", "");
    println!("| {:20} | -----------: | -------: | ------: |", "---");
    for ((server, folder), mut builds) in servers.iter().zip(&folders).zip(builds) {
        builds.sort_by_key(|built| built.cpu);
        let Built { cpu, size } = &builds[builds.len() / 2];
        let (packages, seconds, kib) = (packages(folder)?, cpu.as_secs_f64(), size / 1024);
        println!("| {:20} | {seconds:10.1} s | {packages:8} | {kib:3} KiB |", server.name);
    }
    Ok(Outcome::NOTHING)
}

/// A package of its own, with the versions of the benchmarks and all that it needs downloaded.
fn prepare(scratch: &Path, server: &Server) -> Result<PathBuf> {
    let folder = scratch.join(server.name);
    install::remove(&folder)?;
    fs::create_dir_all(folder.join("src"))?;
    let source = root().join("benches/minimal").join(server.source).with_extension("rs");
    fs::copy(source, folder.join("src/main.rs"))?;
    fs::copy(root().join("benches/Cargo.lock"), folder.join("Cargo.lock"))?;
    let path = root().join("crates/sockeye");
    let dependencies = server.dependencies.join("\n").replace("PATH", &path.to_string_lossy());
    let manifest = format!("{MANIFEST}\n[dependencies]\n{TOKIO}\n{dependencies}\n");
    fs::write(folder.join("Cargo.toml"), manifest)?;
    quietly(cargo().arg("fetch").current_dir(&folder))?;
    Ok(folder)
}

fn build(folder: &Path) -> Result<Built> {
    let target = folder.join("target");
    install::remove(&target)?;
    let mut build = cargo();
    build.args(["build", "--release", "--offline", "--quiet", "--target-dir"]).arg(&target);
    let before = cpu_of_children()?;
    quietly(build.current_dir(folder).env_remove("RUSTC_WRAPPER"))?;
    let cpu = cpu_of_children()?.saturating_sub(before);
    Ok(Built { cpu, size: fs::metadata(target.join("release/minimal"))?.len() })
}

/// How many packages are built for it, itself not counted.
fn packages(folder: &Path) -> Result<usize> {
    let mut tree = cargo();
    tree.args(["tree", "--offline", "--prefix", "none", "--no-dedupe", "--edges", "normal,build"]);
    let listed = output(tree.current_dir(folder))?;
    let mut packages: Vec<&str> =
        listed.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    packages.sort_unstable();
    packages.dedup();
    Ok(packages.len().saturating_sub(1))
}

/// The CPU time of all processes that have been waited for, and of those that they waited for.
fn cpu_of_children() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name in brackets may hold anything; `cutime` and `cstime` are the 14th and 15th field after it.
    let (_, fields) = stat.rsplit_once(") ").ok_or("/proc/self/stat has no name")?;
    let ticks = fields.split(' ').skip(13).take(2).map(str::parse::<u64>);
    let ticks: u64 = ticks.sum::<std::result::Result<_, _>>()?;
    // A tick is a hundredth of a second for every frequency of the kernel.
    Ok(Duration::from_millis(10 * ticks))
}

const MANIFEST: &str = "\
[package]
name = \"minimal\"
version = \"0.0.0\"
edition = \"2024\"

[workspace]

[profile.release]
strip = true
";

const TOKIO: &str =
    "tokio = { version = \"1\", features = [\"macros\", \"net\", \"rt\", \"time\"] }";
const FUTURES: &str =
    "futures-util = { version = \"0.3\", default-features = false, features = [\"sink\"] }";
const HYPER: &str = "hyper = { version = \"1\", features = [\"http1\", \"server\"] }\n\
    hyper-util = { version = \"0.1\", features = [\"tokio\"] }\nhttp-body-util = \"0.1\"";

const SERVERS: [Server; 6] = [
    Server {
        name: "sockeye",
        source: "sockeye",
        dependencies: &[
            "sockeye = { path = \"PATH\", default-features = false, features = [\"tokio\"] }",
        ],
    },
    Server {
        name: "sockeye with deflate",
        source: "sockeye",
        dependencies: &[
            "sockeye = { path = \"PATH\", default-features = false, features = [\"deflate\", \"tokio\"] }",
        ],
    },
    Server {
        name: "tokio-tungstenite",
        source: "tokio-tungstenite",
        dependencies: &["tokio-tungstenite = \"0.30\"", FUTURES],
    },
    Server {
        name: "tokio-websockets",
        source: "tokio-websockets",
        dependencies: &[
            "tokio-websockets = { version = \"0.13\", features = [\"client\", \"fastrand\", \"server\", \"sha1_smol\"] }",
            FUTURES,
        ],
    },
    Server {
        name: "fastwebsockets",
        source: "fastwebsockets",
        dependencies: &["fastwebsockets = { version = \"0.10\", features = [\"upgrade\"] }", HYPER],
    },
    Server {
        name: "yawc with deflate",
        source: "yawc",
        dependencies: &[
            "yawc = { version = \"0.5\", default-features = false, features = [\"simd\", \"zlib\"] }",
            FUTURES,
            HYPER,
        ],
    },
];
