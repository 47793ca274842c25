//! The program under test: our echo server, our client, or one that was named.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;

use crate::outcome::Result;
use crate::process::command;
use crate::workspace::Workspace;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Role {
    Client,
    Server,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Server => "server",
        })
    }
}

pub(crate) struct Testee {
    pub(crate) role: Role,
    /// Whether the program handles SIGTERM and then ends with success.
    pub(crate) ends_cleanly: bool,
    words: Vec<String>,
}

impl Testee {
    pub(crate) fn build(workspace: &Workspace, role: Role, runtime: &str) -> Result<Self> {
        if runtime == HYPER {
            let program = workspace.build("sockeye-tests", "hyper_server")?;
            let words = vec![program.display().to_string()];
            return Ok(Self { role, ends_cleanly: false, words });
        }
        let (program, options): (PathBuf, &[&str]) = match role {
            Role::Server => (
                workspace.build("sockeye-cli", "sockeye")?,
                &["echo", "--bind", "127.0.0.1:0", "--compression", "--max-size", LARGE],
            ),
            Role::Client => (workspace.build("sockeye-tests", "autobahn_client")?, &[]),
        };
        let mut words = vec![program.display().to_string()];
        words.extend(options.iter().map(ToString::to_string));
        words.extend(["--runtime".into(), runtime.into()]);
        Ok(Self { role, ends_cleanly: true, words })
    }

    /// Another program, as a command with its options.
    pub(crate) fn other(role: Role, program: &str) -> Self {
        let words = program.split_whitespace().map(str::to_owned).collect();
        Self { role, ends_cleanly: false, words }
    }

    pub(crate) fn command(&self) -> Command {
        let mut testee = command(&self.words[0]);
        testee.args(&self.words[1..]);
        testee
    }
}

/// In place of the name of a runtime: our connections over streams that hyper has upgraded. A server only.
pub(crate) const HYPER: &str = "hyper";

/// Cases 9.1.6 and 9.2.6 send 16 MiB.
const LARGE: &str = "33554432";
