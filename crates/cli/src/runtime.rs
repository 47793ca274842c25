//! The async runtime of a command, chosen by an option.

use std::{future::Future, io, num::NonZero, process::ExitCode};

use clap::ValueEnum;
use sockeye::{async_std::AsyncStd, smol::Smol, tokio::Tokio};

/// The name of a runtime.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Runtime {
    Tokio,
    AsyncStd,
    Smol,
}

/// A program that is generic over the runtime.
pub(crate) trait Program {
    fn run<R: sockeye::connection::Sockets>(self) -> impl Future<Output = ExitCode>;
}

impl Runtime {
    /// Runs a program on this number of threads, or on the default number of the runtime.
    pub(crate) fn run(
        self,
        threads: Option<NonZero<usize>>,
        program: impl Program,
    ) -> io::Result<ExitCode> {
        match self {
            Self::Tokio => {
                let runtime = tokio_runtime(threads)?;
                let status = runtime.block_on(program.run::<Tokio>());
                // Do not wait for a name that is still being resolved.
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

/// Restarts the command with the number of threads in an environment variable, where async-std and smol read it, unless the
/// variable is already set.
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
    let text = format!("set the environment variable {variable} instead of --threads");
    Err(io::Error::new(io::ErrorKind::Unsupported, text))
}
