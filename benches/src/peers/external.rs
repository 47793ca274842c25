//! Servers that are not written in Rust. `cargo xtask bench` installs them.

use std::path::PathBuf;
use std::process::Command;

use super::Peer;
use crate::scenario::Compression;

/// uWebSockets (C++), in the shared library of the Python package socketify. It batches by itself: it has one mode.
pub const UWEBSOCKETS: Peer = Peer::external("uwebsockets", "socketify", || {
    let [program, library] = ["uwebsockets", "uwebsockets.so"].map(installed);
    let mut command = Command::new(program?);
    command.arg(library?);
    Some(command)
})
.with_compression(&[Compression::Default, Compression::Fast]);

/// Python's websockets. Only the memory of its connections is measured.
pub const PYTHON: Peer = Peer::external("python-websockets", "websockets", || {
    let mut command = Command::new(installed("bin/python")?);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/peers/python_echo.py"));
    Some(command)
})
.with_compression(&[Compression::Default])
.only_idle();

fn installed(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(FOLDER).join(name);
    path.exists().then_some(path)
}

/// The packages to install, with their versions.
pub const REQUIREMENTS: &str = include_str!("../../peers/requirements.txt");

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/peers");
