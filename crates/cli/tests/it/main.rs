//! The command as a user meets it: a process with pipes, arguments, signals and an exit status.

mod command;
mod connect;
mod echo;
#[cfg(target_os = "linux")]
mod editing;
mod failures;
mod folder;
mod options;
#[cfg(target_os = "linux")]
mod pseudo_terminal;
#[cfg(target_os = "linux")]
mod terminal;
mod tls;
#[cfg(unix)]
mod unix;
