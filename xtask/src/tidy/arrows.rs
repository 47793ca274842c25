//! Which of our crates depends on which, by the manifests and by ARCHITECTURE.md.

use std::collections::BTreeSet;

use super::{Project, fenced, told};
use crate::outcome::Result;

type Arrow = (String, String);

pub(crate) fn agree(project: &Project) -> Vec<String> {
    told(differences(project))
}

fn differences(project: &Project) -> Result<Vec<String>> {
    let blocks = fenced(project.text("ARCHITECTURE.md")?);
    let Some(drawn) = blocks.iter().find_map(|block| arrows(block)) else {
        return Err("ARCHITECTURE.md has no fenced block of lines `crate -> dep, dep`".into());
    };
    let ours: BTreeSet<&str> =
        project.workspace.crates().map(|package| package.name.as_str()).collect();
    let built: BTreeSet<Arrow> = project
        .workspace
        .crates()
        .flat_map(|package| {
            let dependencies = package.dependencies.iter().filter(|dependency| dependency.normal);
            let dependencies = dependencies.filter(|dependency| ours.contains(&*dependency.name));
            dependencies.map(|to| (short(&package.name), short(&to.name)))
        })
        .collect();
    let show = |(from, to): &Arrow, what: &str| format!("{from} -> {to} {what}");
    let missing = built.difference(&drawn).map(|arrow| show(arrow, "is not in ARCHITECTURE.md"));
    let surplus = drawn.difference(&built).map(|arrow| show(arrow, "is in no manifest"));
    Ok(missing.chain(surplus).collect())
}

/// The arrows of a block, if it is one of arrows.
fn arrows(block: &[&str]) -> Option<BTreeSet<Arrow>> {
    let mut arrows = BTreeSet::new();
    for line in joined(block) {
        let (from, to) = line.split_once("->").filter(|(from, _)| !from.contains(':'))?;
        for from in names(from) {
            arrows.extend(names(to).into_iter().map(|to| (from.clone(), to)));
        }
    }
    (!arrows.is_empty()).then_some(arrows)
}

/// The lines, where those that go on after a comma are one.
pub(crate) fn joined(block: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in block.iter().map(|line| line.trim()).filter(|line| !line.is_empty()) {
        match lines.last_mut() {
            Some(last) if last.ends_with(',') => *last += line,
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// The names in a list, without the notes in brackets.
fn names(list: &str) -> Vec<String> {
    let words = list.split(',').map(|item| item.split('(').next().unwrap_or_default().trim());
    words.filter(|name| !name.is_empty()).map(short).collect()
}

fn short(name: &str) -> String {
    name.strip_prefix("sockeye-").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_block_of_arrows_is_read() {
        let block =
            ["tokio, smol -> sockeye-driver", "", "driver -> protocol,", "  deflate (feature)"];
        let read: Vec<String> = arrows(&block)
            .unwrap_or_default()
            .into_iter()
            .map(|(from, to)| format!("{from}>{to}"))
            .collect();
        assert_eq!(read, ["driver>deflate", "driver>protocol", "smol>driver", "tokio>driver"]);
        assert!(arrows(&["let a = b;"]).is_none());
    }
}
