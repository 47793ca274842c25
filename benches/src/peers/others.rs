//! Servers that are not written in Rust: `cargo xtask bench` installs them, and without it they are missing.

use std::path::PathBuf;
use std::process::Command;

use super::{Peer, Program};
use crate::scenario::Compression;

/// uWebSockets, which is C++, in its shared library that the package socketify carries.
pub const UWEBSOCKETS: Peer = Peer::of(
    "uwebsockets",
    "socketify",
    Program::Other(|| {
        let [program, library] = ["uwebsockets", "uwebsockets.so"].map(installed);
        let mut command = Command::new(program?);
        command.arg(library?);
        Some(command)
    }),
)
.compresses(&[Compression::Default, Compression::Fast]);

/// websockets, of Python, for the memory of its connections.
pub const PYTHON: Peer = Peer {
    only_idle: true,
    ..Peer::of(
        "python-websockets",
        "websockets",
        Program::Other(|| {
            let mut command = Command::new(installed("bin/python")?);
            command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/peers/python_echo.py"));
            Some(command)
        }),
    )
    .compresses(&[Compression::Default])
};

fn installed(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(FOLDER).join(name);
    path.exists().then_some(path)
}

/// What is installed, and in which version.
pub const REQUIREMENTS: &str = include_str!("../../peers/requirements.txt");

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/peers");
