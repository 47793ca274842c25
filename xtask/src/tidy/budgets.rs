//! How many packages each crate brings, against the budget that ARCHITECTURE.md gives it.

use std::collections::BTreeSet;

use super::{Project, fenced, told};
use crate::outcome::Result;
use crate::process::{cargo, output};

pub(crate) fn kept(project: &Project) -> Vec<String> {
    told(exceeded(project))
}

fn exceeded(project: &Project) -> Result<Vec<String>> {
    let blocks = fenced(project.text("ARCHITECTURE.md")?);
    let Some(budgets) = blocks.iter().find_map(|block| budgets(block)) else {
        return Err("ARCHITECTURE.md has no fenced block of lines `package <= N`".into());
    };
    let mut broken = Vec::new();
    for (tree, limit) in budgets {
        let mut cargo = cargo();
        cargo.args(["tree", "-e", "normal", "--prefix", "none", "-p"]).args(&tree);
        let printed = output(&mut cargo)?;
        // A package that was shown before has `(*)` after it.
        let packages: BTreeSet<&str> = printed
            .lines()
            .map(|line| line.trim_end_matches(" (*)"))
            .filter(|line| !line.is_empty())
            .collect();
        let count = packages.len().saturating_sub(1);
        if count > limit {
            broken.push(format!("{}: {count} packages, {limit} allowed", tree.join(" ")));
        }
    }
    Ok(broken)
}

/// The budgets of a block, if it is one: what `cargo tree -p` is told, and the limit.
fn budgets(block: &[&str]) -> Option<Vec<(Vec<String>, usize)>> {
    let lines = block.iter().filter(|line| !line.trim().is_empty());
    let budgets: Option<Vec<_>> = lines
        .map(|line| {
            let (tree, limit) = line.split_once("<=")?;
            let words = tree.split_whitespace().map(str::to_owned).collect();
            Some((words, limit.trim().parse().ok()?))
        })
        .collect();
    budgets.filter(|budgets| !budgets.is_empty())
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_block_of_budgets_is_read() {
        let read = budgets(&["a <= 10", "b --features x,y <=  7"]);
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(read, Some(vec![(words("a"), 10), (words("b --features x,y"), 7)]));
        assert_eq!(budgets(&["a <= b"]), None);
        assert_eq!(budgets(&[]), None);
    }
}
