//! The command as a user meets it: a process with pipes, arguments, signals and an exit status.

mod command;
mod connect;
mod echo;
mod failures;
mod folder;
#[cfg(target_os = "linux")]
mod terminal;
mod tls;
#[cfg(unix)]
mod unix;
