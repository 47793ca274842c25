//! The shape of a crate inside: import cycles between its files, and dependencies between its folders.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::Imports;
use super::{Project, fenced, told};
use crate::outcome::Result;

/// The most files that may import each other.
const LIMIT: usize = 3;

/// Prints the largest import cycle of each crate.
pub(crate) fn print(project: &Project) {
    for (home, imports) in &read(project) {
        match imports.cycles().first() {
            Some(cycle) => println!("largest import cycle of {home}: {}", shown(imports, cycle)),
            None => println!("largest import cycle of {home}: none"),
        }
    }
}

pub(crate) fn small(project: &Project) -> Vec<String> {
    let mut broken = Vec::new();
    for (home, imports) in &read(project) {
        for cycle in imports.cycles() {
            let folders: BTreeSet<&str> = cycle.iter().map(|&file| imports.folder(file)).collect();
            if cycle.len() > LIMIT {
                broken.push(format!("{home}: {}", shown(imports, &cycle)));
            } else if folders.len() > 1 {
                broken.push(format!(
                    "{home}: {}, in {} folders",
                    shown(imports, &cycle),
                    folders.len()
                ));
            }
        }
    }
    broken
}

fn shown(imports: &Imports, cycle: &[usize]) -> String {
    let names: Vec<&str> = cycle.iter().map(|&file| imports.files[file].as_str()).collect();
    format!("{} files ({})", cycle.len(), names.join(", "))
}

fn read(project: &Project) -> BTreeMap<&str, Imports> {
    let homes: BTreeSet<&str> = project.product().filter_map(|source| source.home()).collect();
    homes.into_iter().map(|home| (home, Imports::of(project, home))).collect()
}

/// `crate: folder -> folder`.
type Arrow = (String, String, String);

pub(crate) fn folders(project: &Project) -> Vec<String> {
    told(differences(project))
}

fn differences(project: &Project) -> Result<Vec<String>> {
    let blocks = fenced(project.text("ARCHITECTURE.md")?);
    let Some(drawn) = blocks.iter().find_map(|block| arrows(block)) else {
        return Err("ARCHITECTURE.md has no fenced block of lines `crate: folder -> folder`".into());
    };
    let mut built = BTreeMap::new();
    for (home, imports) in &read(project) {
        for (from, targets) in imports.edges.iter().enumerate() {
            for &to in targets {
                let (a, b) = (top(imports.folder(from)), top(imports.folder(to)));
                if !a.is_empty() && !b.is_empty() && a != b {
                    let arrow = (home.to_string(), a.to_owned(), b.to_owned());
                    let example =
                        format!("{} imports from {}", imports.files[from], imports.files[to]);
                    built.entry(arrow).or_insert(example);
                }
            }
        }
    }
    let show = |(home, from, to): &Arrow| format!("{home}: {from} -> {to}");
    let missing = built.iter().filter(|(arrow, _)| !drawn.contains(*arrow));
    let missing =
        missing.map(|(arrow, why)| format!("{} is not in ARCHITECTURE.md: {why}", show(arrow)));
    let surplus = drawn.iter().filter(|arrow| !built.contains_key(*arrow));
    let surplus = surplus.map(|arrow| format!("{} is in no code", show(arrow)));
    let mutual = drawn.iter().filter(|arrow| leads_back(&drawn, arrow));
    let mutual = mutual.map(|arrow| format!("{} is part of a cycle of folders", show(arrow)));
    Ok(missing.chain(surplus).chain(mutual).collect())
}

fn top(folder: &str) -> &str {
    folder.split('/').next().unwrap_or(folder)
}

fn leads_back(arrows: &BTreeSet<Arrow>, (home, start, first): &Arrow) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![first]);
    while let Some(folder) = next.pop() {
        if folder == start {
            return true;
        }
        if seen.insert(folder) {
            let on = arrows.iter().filter(|(crate_, from, _)| crate_ == home && from == folder);
            next.extend(on.map(|(_, _, to)| to));
        }
    }
    false
}

/// The arrows of a block, if it is one of lines `crate: folder -> folder, folder`.
fn arrows(block: &[&str]) -> Option<BTreeSet<Arrow>> {
    let mut arrows = BTreeSet::new();
    for line in super::arrows::joined(block) {
        let (from, to) = line.split_once("->")?;
        let (home, from) = from.split_once(':')?;
        let trimmed = |word: &str| word.trim().to_owned();
        arrows.extend(to.split(',').map(|to| (trimmed(home), trimmed(from), trimmed(to))));
    }
    (!arrows.is_empty()).then_some(arrows)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_block_of_folders_is_read() {
        let arrows = arrows(&["protocol: receive -> memory,", "  message", "", "net: tls -> io"]);
        let arrows: Vec<String> =
            arrows.iter().flatten().map(|(a, b, c)| format!("{a} {b} {c}")).collect();
        assert_eq!(arrows, ["net tls io", "protocol receive memory", "protocol receive message"]);
        assert!(super::arrows(&["tokio -> net"]).is_none());
    }

    #[test]
    fn a_cycle_of_folders_is_found() {
        let arrows = arrows(&["p: a -> b", "p: b -> c", "p: c -> a", "p: d -> a", "q: b -> a"]);
        let arrows = arrows.unwrap_or_default();
        let back = arrows.iter().filter(|arrow| leads_back(&arrows, arrow)).count();
        assert_eq!(back, 3);
    }
}
