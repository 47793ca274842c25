//! Which crates may use the outside world: an adapter its runtime, net and the crates above it futures, no other either.

use super::Project;
use super::source::Part;

const BELOW_NET: [&str; 6] = ["deflate", "errors", "frames", "handshake", "protocol", "proxy"];

const OUTSIDE: [&str; 20] = [
    "Context",
    "Future",
    "Poll",
    "async",
    "Instant::now",
    "SystemTime",
    "TcpListener",
    "TcpStream",
    "ToSocketAddrs",
    "UdpSocket",
    "UnixStream",
    "getrandom",
    "rand",
    "std::env",
    "std::fs",
    "std::os",
    "std::process",
    "std::thread",
    "thread::sleep",
    "thread::spawn",
];

/// Addresses are data: `std::net::IpAddr` and its kin may be named, what opens a socket may not.
pub(crate) fn sans_io(project: &Project) -> Vec<String> {
    let below = project
        .product()
        .filter(|source| source.home().is_some_and(|home| BELOW_NET.contains(&home)));
    below
        .flat_map(|source| {
            let code = source.code_of(Part::Product);
            OUTSIDE.into_iter().flat_map(move |name| source.find(code, name))
        })
        .collect()
}

/// The adapters, each with the packages that are its runtime.
const ADAPTERS: [(&str, &[&str]); 3] = [
    ("sockeye-async-std", &["async-io", "async-std"]),
    ("sockeye-smol", &["async-io", "async-net", "async-executor", "async-global-executor", "smol"]),
    ("sockeye-tokio", &["tokio", "tokio-util"]),
];

/// The adapters to whose runtime a package belongs.
fn owners(package: &str) -> Vec<&'static str> {
    let owners = ADAPTERS.iter().filter(|(_, packages)| packages.contains(&package));
    owners.map(|(adapter, _)| *adapter).collect()
}

/// Examples in the documentation of a crate may use the facade, which depends on that crate. A version would keep
/// either of them from being published first.
pub(crate) fn examples(project: &Project) -> Vec<String> {
    let mut broken = Vec::new();
    for package in &project.workspace.packages {
        for dependency in package.dependencies.iter().filter(|dependency| dependency.is_dev) {
            let is_bare = dependency.has_path && dependency.version == "*";
            if dependency.name == "sockeye" && !is_bare {
                broken.push(format!("{}: sockeye {}", package.name, dependency.version));
            }
        }
    }
    broken
}

/// The command is a program, which chooses its executor; all others are libraries.
pub(crate) fn dependencies(project: &Project) -> Vec<String> {
    let mut broken = Vec::new();
    for package in project.workspace.crates().filter(|package| package.name != "sockeye-cli") {
        for dependency in package.dependencies.iter().filter(|dependency| dependency.normal) {
            let owners = owners(&dependency.name);
            if !owners.is_empty() && !owners.contains(&&*package.name) {
                broken.push(format!("{} depends on {}", package.name, dependency.name));
            }
        }
    }
    broken
}

/// In the facade the runtimes' names are those of its modules.
pub(crate) fn names(project: &Project) -> Vec<String> {
    let mut broken = Vec::new();
    for package in ADAPTERS.iter().flat_map(|(_, packages)| *packages) {
        let owners = owners(package);
        let others = project.product().filter(|source| {
            source.home().is_some_and(|home| {
                !["sockeye", "cli"].contains(&home)
                    && !owners.contains(&&*format!("sockeye-{home}"))
            })
        });
        for source in others {
            broken.extend(source.find(source.code_of(Part::Product), &package.replace('-', "_")));
        }
    }
    broken
}
