//! `sockeye connect` in a pipe: lines in are messages out, messages in are lines out, the end of input is the end.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::background::Background;
use crate::outcome::Result;
use crate::process::command;

/// Plays the scenarios, and reports as any client does.
pub(crate) fn play(cli: &Path, url: &str) -> Result<String> {
    let log = std::env::temp_dir().join(format!("sockeye-connect-{}.log", std::process::id()));
    let (input, mut output) = std::io::pipe()?;
    let mut connect = command(cli);
    let mut client =
        Background::start(connect.args(["connect", url]).stdin(Stdio::from(input)), &log)?;
    drop(connect); // and with it our copy of the reading end
    let mut report = String::new();
    for line in ["Hello, Server!", "κόσμε"] {
        writeln!(output, "{line}")?;
        report += &line_of("echo_of_a_line", client.wait_for(line, LIMIT).map(drop));
    }
    drop(output);
    let ended = client.wait(LIMIT).and_then(|status| {
        if status.success() { Ok(()) } else { Err(client.complaint(&status.to_string())) }
    });
    report += &line_of("end_of_input_closes", ended);
    std::fs::remove_file(log)?;
    Ok(report + "done")
}

const LIMIT: Duration = Duration::from_secs(20);

fn line_of(name: &str, result: Result<()>) -> String {
    match result {
        Ok(()) => format!("ok {name}\n"),
        Err(error) => format!("FAIL {name}: {}\n", error.to_string().replace('\n', " ")),
    }
}
