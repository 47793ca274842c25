//! Groups of scenarios, and their selection by name.

use super::{ALL, Load, Scenario};

/// The groups of scenarios that the command line accepts, with a description.
pub const GROUPS: &[(&str, &str)] = &[
    ("table", "the rows of the table in the documentation (the default)"),
    ("echo", "the rows of the table that echo plain messages"),
    ("deflate", "compressed messages"),
    ("idle", "memory per idle connection"),
    ("edge", "payload sizes at which the length of the header changes"),
    ("fragments", "messages in 1 to 4,096 fragments"),
    ("growth", "1 to 10,000 busy connections"),
    ("size", "messages of 1 to 64 MiB"),
    ("split", "Sockeye after `split`, in one task and in two"),
    ("tls", "echoes with TLS"),
    ("runtimes", "echoes on async-std and smol"),
    ("clients", "clients, which mask their messages"),
    ("all", "all scenarios"),
];

/// Returns the scenarios that a name or a group on the command line stands for.
pub fn select(word: &str) -> Vec<Scenario> {
    let is_extra = |scenario: &Scenario| EXTRA.iter().any(|group| scenario.is_of(group));
    ALL.iter()
        .filter(|scenario| match word {
            "all" => true,
            "table" => !is_extra(scenario),
            "echo" => scenario.has_raw_echo() && !is_extra(scenario),
            "deflate" => matches!(scenario.load, Load::Deflate { .. }),
            "idle" => matches!(scenario.load, Load::Idle { .. }),
            group if EXTRA.contains(&group) => scenario.is_of(group),
            name => scenario.name == name,
        })
        .copied()
        .collect()
}

/// The groups that are not part of the table. The names of their scenarios start with the name of the group.
const EXTRA: &[&str] =
    &["edge", "fragments", "growth", "size", "clients", "split", "tls", "runtimes"];

#[cfg(test)]
mod tests {
    use super::{GROUPS, select};
    use crate::scenario::ALL;

    #[test]
    fn every_group_has_scenarios() {
        for (group, _) in GROUPS {
            assert!(!select(group).is_empty(), "{group}");
        }
    }

    #[test]
    fn every_scenario_is_found_by_its_name() {
        for scenario in ALL.iter().filter(|scenario| scenario.name != "idle") {
            let found = select(scenario.name);
            assert_eq!(found.len(), 1, "{}", scenario.name);
        }
    }

    #[test]
    fn an_unknown_word_selects_nothing() {
        assert!(select("binary-1g").is_empty());
    }
}
