//! The command as a user meets it: a process with pipes, arguments, signals and an exit status.

mod command;
mod connect;
mod echo;
mod failures;
mod folder;
mod tls;
