//! The report as Markdown.

use std::fmt::{self, Write};

use super::statistics::Spread;
use super::{Measured, Row, growth, overhead, table};
use crate::measure::runner::Run;
use crate::measure::syscalls;
use crate::peers::{NOT_INSTALLED, Peer};

/// Returns a table of all ratios, followed by a table with the details of each scenario.
pub fn of(all: &[Measured], run: &Run, machine: &str) -> String {
    let mut text = String::new();
    let written = write(&mut text, all, run, machine);
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    text
}

fn write(text: &mut String, all: &[Measured], run: &Run, machine: &str) -> fmt::Result {
    writeln!(text, "{machine}.\n")?;
    let mut versions: Vec<String> =
        all.iter().flat_map(|measured| run.peers(&measured.scenario)).map(named).collect();
    versions.sort();
    versions.dedup();
    writeln!(
        text,
        "Medians of {} rounds of {:?} after {:?} of warming up. Versions: {}.\n",
        run.rounds,
        run.timing.duration,
        run.timing.warm_up,
        versions.join(", "),
    )?;
    if run.timing.traced {
        writeln!(text, "{}\n", syscalls::WARNING)?;
    }
    for chunk in all.chunk_by(|one, other| one.scenario.comparison == other.scenario.comparison) {
        summary(text, chunk, run)?;
    }
    text.push_str(&growth::of(all));
    for measured in all {
        details(text, measured)?;
    }
    Ok(())
}

/// Writes a row for each scenario with a column for each peer: ratios, or numbers of system calls.
fn summary(text: &mut String, all: &[Measured], run: &Run) -> fmt::Result {
    let mut peers: Vec<&str> = Vec::new();
    for peer in all.iter().flat_map(|measured| run.peers(&measured.scenario)) {
        if !peers.contains(&peer.name) {
            peers.push(peer.name);
        }
    }
    let traced = all.iter().any(Measured::is_traced);
    write!(text, "| scenario |{}", if traced { "" } else { " 1.00 is |" })?;
    for peer in &peers {
        write!(text, " {peer} |")?;
    }
    writeln!(
        text,
        "\n| --- |{}{}",
        if traced { "" } else { " --- |" },
        " ---: |".repeat(peers.len())
    )?;
    for measured in all {
        let Some(baseline) = measured.baseline() else { continue };
        let amount = |row: &Row| Some(measured.amount(row.cost()?.median));
        write!(text, "| {} |", measured.scenario.description())?;
        if !traced {
            write!(text, " {} ({}) |", amount(baseline).unwrap_or_default(), baseline.peer)?;
        }
        for peer in &peers {
            let row = measured.rows.iter().find(|row| row.peer == *peer);
            let ratio = |row: &Row| Some(format!("{:.2}", measured.ratio_of(row)?.median));
            let missing = row.and_then(|row| row.problem.as_deref()) == Some(NOT_INSTALLED);
            let without = if missing { NOT_INSTALLED } else { "–" };
            let shown = row.and_then(|row| if traced { amount(row) } else { ratio(row) });
            write!(text, " {} |", shown.as_deref().unwrap_or(without))?;
        }
        writeln!(text)?;
    }
    writeln!(text)
}

fn details(text: &mut String, measured: &Measured) -> fmt::Result {
    let columns = match (measured.is_traced(), measured.has_wire()) {
        (true, _) => 5,
        (false, false) => 6,
        (false, true) => 7,
    };
    writeln!(text, "\n### {}\n", measured.scenario.description())?;
    let (per, wire) = (measured.per(), "bytes on the wire");
    let head = ["", &per, "min – max", "ratio", "min – max", "per second", wire];
    writeln!(text, "| {} |", head[..columns].join(" | "))?;
    let ruler = ["---", "---:", "---", "---:", "---", "---:", "---:"];
    writeln!(text, "| {} |", ruler[..columns].join(" | "))?;
    for row in measured.sorted() {
        let mut cells = table::cells(measured, row);
        if let Some(problem) = row.problem.as_deref().filter(|_| row.cost().is_none()) {
            problem.lines().next().unwrap_or_default().clone_into(&mut cells[2]);
        }
        writeln!(text, "| {} |", cells[..columns].join(" | ").replace(" - ", " – "))?;
    }
    let allocations = |row: &&Row| Some((row.peer, row.allocations()?.median));
    let allocations: Vec<String> = measured
        .sorted()
        .iter()
        .filter_map(allocations)
        .map(|(peer, count)| format!("{peer} {count:.2}"))
        .collect();
    if !allocations.is_empty() {
        writeln!(text, "\nAllocations per message: {}.", allocations.join(", "))?;
    }
    if measured.is_traced() {
        writeln!(text)?;
    }
    for row in measured.sorted() {
        if let Some(calls) = row.syscalls() {
            writeln!(text, "- {}: {}", row.peer, syscalls::shown(&calls))?;
        }
    }
    for (label, Spread { min, median, max }) in overhead::of(measured) {
        writeln!(text, "\n{label}: {median:.2} ({min:.2} – {max:.2})")?;
    }
    Ok(())
}

fn named(peer: &Peer) -> String {
    peer.version()
        .map_or_else(|| peer.name.to_owned(), |version| format!("{} {version}", peer.name))
}
