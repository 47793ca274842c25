//! The runtime that a command runs on, chosen when it starts.

use std::{future::Future, io, num::NonZero, process::ExitCode};

use clap::ValueEnum;
use sockeye::{async_std::AsyncStd, driver, smol::Smol, tokio::Tokio};

/// A runtime's name.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Runtime {
    Tokio,
    AsyncStd,
    Smol,
}

/// What runs on any runtime.
pub(crate) trait Program {
    fn run<R: driver::Runtime>(self) -> impl Future<Output = ExitCode>;
}

impl Runtime {
    /// Runs a program to its end, on so many threads, or on as many as the runtime likes.
    pub(crate) fn run(
        self,
        threads: Option<NonZero<usize>>,
        program: impl Program,
    ) -> io::Result<ExitCode> {
        match self {
            Self::Tokio => {
                let runtime = tokio_runtime(threads)?;
                let status = runtime.block_on(program.run::<Tokio>());
                // A name that is still being resolved is no reason to stay.
                runtime.shutdown_background();
                Ok(status)
            }
            Self::AsyncStd => {
                threads.map_or(Ok(()), |n| restart("ASYNC_STD_THREAD_COUNT", n))?;
                Ok(async_std::task::block_on(program.run::<AsyncStd>()))
            }
            Self::Smol => {
                threads.map_or(Ok(()), |n| restart("SMOL_THREADS", n))?;
                Ok(smol::block_on(program.run::<Smol>()))
            }
        }
    }
}

fn tokio_runtime(threads: Option<NonZero<usize>>) -> io::Result<tokio::runtime::Runtime> {
    let mut builder = match threads.map(NonZero::get) {
        Some(1) => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    if let Some(threads) = threads {
        builder.worker_threads(threads.get());
    }
    builder.enable_all().build()
}

/// Starts the command once more, unless the environment says already how many threads there are to be: it is where
/// async-std and smol look.
#[cfg(unix)]
fn restart(variable: &str, threads: NonZero<usize>) -> io::Result<()> {
    use std::os::unix::process::CommandExt;

    let threads = threads.to_string();
    if std::env::var_os(variable).is_some_and(|value| *value == *threads) {
        return Ok(());
    }
    let mut command = std::process::Command::new(std::env::current_exe()?);
    Err(command.args(std::env::args_os().skip(1)).env(variable, threads).exec())
}

#[cfg(not(unix))]
fn restart(variable: &str, _: NonZero<usize>) -> io::Result<()> {
    let text = format!("set the environment variable {variable} in the place of --threads");
    Err(io::Error::new(io::ErrorKind::Unsupported, text))
}
