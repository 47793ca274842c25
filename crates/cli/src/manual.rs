//! `sockeye completions` and `sockeye man`: what a package installs beside the command.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Command};
use clap_complete::Shell;

use crate::diagnostics::{FAILED, USAGE, fail};

/// Print the completion script for a shell
///
/// For bash: sockeye completions bash > ~/.local/share/bash-completion/completions/sockeye
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn main(self, mut command: Command) -> ExitCode {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "sockeye", &mut script);
        print(&script)
    }
}

/// Print a manual page
///
/// To read it: sockeye man connect | man -l -
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The command that the page describes, such as connect; without it, the page describes all commands
    command: Option<String>,
}

impl Man {
    pub(crate) fn main(self, mut command: Command) -> ExitCode {
        command.build();
        if let Some(name) = &self.command {
            let Some(found) = command.find_subcommand(name) else {
                let error = Box::<dyn Error>::from(format!("there is no command {name}"));
                return fail(USAGE, "", &*error);
            };
            command = found.clone();
        }
        let mut page = Vec::new();
        match clap_mangen::Man::new(command).render(&mut page) {
            Ok(()) => print(&page),
            Err(error) => fail(FAILED, "cannot write the page", &error),
        }
    }
}

fn print(text: &[u8]) -> ExitCode {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            fail(FAILED, "cannot write to standard output", &error)
        }
        _ => ExitCode::SUCCESS,
    }
}
