//! The report as tables for a terminal.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use super::statistics::Spread;
use super::{Measured, Row, overhead};
use crate::measure::{cores, syscalls};
use crate::peers::NOT_INSTALLED;

/// Returns the table of one scenario.
pub fn of(measured: &Measured) -> String {
    let mut text = format!("{}: {}\n", measured.scenario.name, measured.scenario.description());
    let per = measured.per();
    let wire = if measured.has_wire() { "B on wire" } else { "" };
    let rate = if measured.is_traced() { "" } else { "per second" };
    line(&mut text, ["", &per, "(min - max)", "ratio", "(min - max)", rate, wire]);
    for row in measured.sorted() {
        line(&mut text, cells(measured, row).each_ref().map(String::as_str));
        if let Some(problem) = &row.problem {
            let failed = row.samples.iter().filter(|sample| sample.is_none()).count();
            let first = problem.lines().next().unwrap_or_default();
            let note = if problem == NOT_INSTALLED {
                first.to_owned()
            } else {
                format!("{failed} failed: {first}")
            };
            line(&mut text, ["", "", &note, "", "", "", ""]);
        }
    }
    for row in measured.sorted() {
        if let Some(allocations) = row.allocations() {
            let written = writeln!(
                text,
                "  {:26} {:.2} allocations per message",
                row.peer, allocations.median
            );
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        }
    }
    for row in measured.sorted() {
        if let Some(calls) = row.syscalls() {
            let written = writeln!(text, "  {:26} {}", row.peer, syscalls::shown(&calls));
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        }
    }
    for (label, Spread { min, median, max }) in overhead::of(measured) {
        let written = writeln!(text, "  {label}: {median:.2} ({min:.2} - {max:.2})");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
    text
}

/// Describes the machine.
pub fn machine(pinned: bool) -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    let kernel = read("/proc/sys/kernel/osrelease");
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    let pinned = if pinned {
        format!("server on core {}, load generator on core {}", cores::MEASURED, cores::LOAD)
    } else {
        "server and load generator share the only core".to_owned()
    };
    format!(
        "{model}, Linux {}, {}; {pinned}; load average at the start {load}",
        kernel.trim(),
        rustc.unwrap_or_default().trim(),
    )
}

/// Returns the cells of a row: peer, cost and its spread, ratio and its spread, rate, bytes on the wire.
pub fn cells(measured: &Measured, row: &Row) -> [String; 7] {
    let amount = |cost| measured.amount(cost);
    let ratio = measured.ratio_of(row);
    let show = |spread: Option<Spread>, show: &dyn Fn(f64) -> String| {
        spread.map_or_else(Default::default, |spread| {
            (show(spread.median), format!("{} - {}", show(spread.min), show(spread.max)))
        })
    };
    let (cost, costs) = show(row.cost(), &amount);
    let (ratio, ratios) = show(ratio, &|ratio| format!("{ratio:.2}"));
    let rate = row.rate().filter(|_| !measured.is_traced());
    let (rate, _) = show(rate, &|rate| thousands(rate));
    let wire = row.wire().filter(|_| measured.has_wire());
    let (wire, _) = show(wire, &|wire| format!("{wire:.0}"));
    [row.peer.to_owned(), cost, costs, ratio, ratios, rate, wire]
}

fn line(text: &mut String, [peer, cost, costs, ratio, ratios, rate, wire]: [&str; 7]) {
    let written = writeln!(
        text,
        "  {peer:26} {cost:>22}  {costs:19} {ratio:>6}  {ratios:13} {rate:>12} {wire:>10}"
    );
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
}

/// Formats a number with thousands separators.
pub fn thousands(rate: f64) -> String {
    let digits = format!("{rate:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{of, thousands};
    use crate::report::{Measured, RAW, Row, Sample};
    use crate::scenario::ALL;

    #[test]
    fn a_run_that_counts_system_calls_shows_no_time() {
        let syscalls = Some([("recvfrom".to_owned(), 2.0)].into());
        let samples = vec![Some(Sample { cost: 2.0, syscalls, ..Sample::default() })];
        let rows = vec![Row { peer: RAW, raw_echo: RAW, samples, problem: None }];
        let text = of(&Measured { scenario: ALL[0], rows });
        assert!(text.contains("system calls per message"), "{text}");
        assert!(text.contains("recvfrom 2.00"), "{text}");
        assert!(!text.contains("CPU") && !text.contains("per second"), "{text}");
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(thousands(999.0), "999");
        assert_eq!(thousands(1_234_567.4), "1,234,567");
    }
}
