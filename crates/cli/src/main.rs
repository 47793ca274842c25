#![forbid(unsafe_code)]
//! The `sockeye` command: a WebSocket echo server and an interactive WebSocket client.

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

mod closing;
mod connect;
mod control_frames;
mod diagnostics;
mod dialogue;
mod echo;
mod editor;
mod escape;
mod gate;
mod heads;
mod input;
mod insecure;
mod json;
mod manual;
mod output;
mod report;
mod request;
mod request_rules;
mod runtime;
mod screen;
mod session;
mod signals;
mod slash;
mod terminal;
mod tls;
mod transport;
mod units;

/// A WebSocket echo server and an interactive WebSocket client.
#[derive(Debug, Parser)]
#[command(name = "sockeye", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Echo(echo::Echo),
    Connect(Box<connect::Connect>),
    Completions(manual::Completions),
    Man(manual::Man),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Echo(echo) => echo.main(),
        Command::Connect(connect) => connect.main(),
        Command::Completions(completions) => completions.main(Arguments::command()),
        Command::Man(man) => man.main(Arguments::command()),
    }
}
