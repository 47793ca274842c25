#![forbid(unsafe_code)]
//! Sockeye beside its peers: what an echoed message, a handshake and an idle connection cost a server, in one run.

#[cfg(feature = "allocations")]
mod allocations;
mod arrival;
mod chart;
mod child;
mod clients;
mod connects;
mod cores;
mod crowd;
mod echo;
mod handshake;
mod identity;
mod load;
mod markdown;
#[cfg(feature = "sockeye")]
mod micro;
mod options;
mod overhead;
mod peers;
mod reflect;
mod report;
mod rounds;
mod scenario;
mod script;
mod series;
mod span;
mod statistics;
mod syscalls;
mod table;
mod wire;

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
        Ok(Command::Micro(filter)) => micro::run(&filter),
        Ok(Command::Serve { peer, settings }) => peers::serve(peer, settings),
        Ok(Command::Talk { peer, talk }) => peers::talk(peer, talk),
        Ok(Command::Run(run)) => rounds::run(&run),
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
