#![forbid(unsafe_code)]
//! Compares Sockeye with other WebSocket libraries: server CPU time per message or handshake, memory per idle connection.

mod clients;
mod load;
mod measure;
mod options;
mod peers;
mod report;
mod scenario;

use std::process::ExitCode;

use options::Command;

fn main() -> ExitCode {
    let outcome = match options::parse(std::env::args().skip(1)) {
        Ok(Command::Help) => {
            print!("{}", options::HELP);
            Ok(())
        }
        Ok(Command::List) => {
            options::list();
            Ok(())
        }
        #[cfg(feature = "sockeye")]
        Ok(Command::Micro(filter)) => measure::micro::run(&filter),
        Ok(Command::Server { peer, settings }) => peers::run_server(peer, settings),
        Ok(Command::Client { peer, load }) => peers::run_client(peer, load),
        Ok(Command::Run(run)) => measure::runner::run(&run),
        Err(problem) => Err(problem.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
