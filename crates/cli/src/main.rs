#![forbid(unsafe_code)]
//! The `sockeye` command: a WebSocket echo server and an interactive WebSocket client.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod connect;
mod diagnostics;
mod echo;
mod escape;
mod input;
mod insecure;
mod json;
mod output;
mod request;
mod runtime;
mod session;
mod signals;
mod tls;

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
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Echo(echo) => echo.main(),
        Command::Connect(connect) => connect.main(),
    }
}
