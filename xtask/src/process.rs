//! Running other programs to their end: aloud, quietly, for their output, or within a deadline.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::outcome::Result;

/// A command that runs in the root of the workspace.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(crate::workspace::root()).stdin(Stdio::null());
    command
}

/// Cargo, as the one that runs us.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    let args = command.get_args().map(|arg| format!(" {}", arg.to_string_lossy()));
    name.into_owned() + &args.collect::<String>()
}

/// Runs with our own output.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    let status = command.status().map_err(|e| format!("{}: {e}", shown(command)))?;
    check(command, status, "")
}

/// Runs in silence; what it printed is part of the error.
pub(crate) fn quietly(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

/// Runs for its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|e| format!("{}: {e}", shown(command)))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = printed.clone() + &String::from_utf8_lossy(&output.stderr);
    check(command, output.status, &said)?;
    Ok(printed)
}

/// Is there such a program, and does it run?
pub(crate) fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// How long a command may print nothing before a line says that it still runs.
const SILENCE: Duration = Duration::from_secs(20);

/// Runs a command, passes every line of its standard output to `see`, and prints a line where it is silent for long.
pub(crate) fn watched(command: &mut Command, mut see: impl FnMut(&str)) -> Result<ExitStatus> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", shown(command)))?;
    let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in stdout.split(b'\n').map_while(std::result::Result::ok) {
            // The receiver is gone when the command is no longer watched.
            let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
        }
    });
    let started = Instant::now();
    loop {
        match lines.recv_timeout(SILENCE) {
            Ok(line) => see(&line),
            Err(RecvTimeoutError::Timeout) => {
                println!("      ... {} s", started.elapsed().as_secs());
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(child.wait()?),
        }
    }
}

/// Runs for all that it prints, and ends it when the time is over; did it succeed?
pub(crate) fn within(command: &mut Command, limit: Duration) -> Result<(bool, String)> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", shown(command)))?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let deadline = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            break None;
        }
        thread::sleep(Duration::from_millis(10));
    };
    let mut printed = stdout.join().unwrap_or_default();
    printed += &stderr.join().unwrap_or_default();
    if status.is_none() {
        printed = format!("{printed}\n(not finished after {limit:?})");
    }
    Ok((status.is_some_and(|status| status.success()), printed))
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // Output from before an error is all that can be shown.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn check(command: &Command, status: ExitStatus, said: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    Err(format!("{}: {status}\n{}", shown(command), said.trim_end()).trim_end().into())
}
