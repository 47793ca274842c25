#![forbid(unsafe_code)]
//! The `sockeye` command: an echo server and an interactive client for WebSocket.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod connect;
mod dialogue;
mod echo;
mod escape;
mod input;
mod insecure;
mod json;
mod output;
mod refusal;
mod report;
mod request;
mod runtime;
mod signals;
mod tls;

/// An echo server and an interactive client for WebSocket.
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
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Echo(echo) => echo.main(),
        Command::Connect(connect) => connect.main(),
    }
}
