//! Compares the features and the minimum Rust version of the READMEs with the manifests.

use std::collections::BTreeMap;

use super::{Project, told};
use crate::outcome::Result;

/// Wherever the README says `Rust 1.…`, it is the version of the manifest; and it says so.
pub(crate) fn minimum_rust(project: &Project) -> Vec<String> {
    told(other_versions(project))
}

fn other_versions(project: &Project) -> Result<Vec<String>> {
    let package = project.workspace.package("sockeye").ok_or("there is no facade")?;
    let readme = project.text("README.md")?;
    let versions: Vec<&str> = readme
        .match_indices("Rust 1.")
        .map(|(start, _)| {
            let version = &readme[start + "Rust ".len()..];
            let end = version.find(|char: char| !char.is_ascii_digit() && char != '.');
            version[..end.unwrap_or(version.len())].trim_end_matches('.')
        })
        .collect();
    if versions.is_empty() {
        return Ok(vec![format!("README.md does not say `Rust {}`", package.rust_version)]);
    }
    let others = versions.into_iter().filter(|version| *version != package.rust_version);
    Ok(others.map(|other| format!("README.md: {other}, not {}", package.rust_version)).collect())
}

pub(crate) fn table(project: &Project) -> Vec<String> {
    told(other_features(project))
}

fn other_features(project: &Project) -> Result<Vec<String>> {
    let package = project.workspace.package("sockeye").ok_or("there is no facade")?;
    let readme = project.text("crates/sockeye/README.md")?;
    let Some(documented) = features(readme) else {
        return Err("crates/sockeye/README.md has no table whose first head is `feature`".into());
    };
    let defaults = package.defaults();
    let mut broken = Vec::new();
    let names = package.features.keys().filter(|name| *name != "default");
    for name in names {
        match documented.get(name.as_str()) {
            None => broken.push(format!("`{name}` is not in the table")),
            Some(default) if *default != defaults.contains(&name.as_str()) => {
                broken.push(format!("`{name}`: the table and the manifest differ in its default"));
            }
            Some(_) => {}
        }
    }
    let unknown = documented.keys().filter(|name| !package.features.contains_key(**name));
    broken.extend(unknown.map(|name| format!("`{name}` is no feature")));
    Ok(broken)
}

/// The rows of the table: each feature, and whether it is on by itself.
fn features(readme: &str) -> Option<BTreeMap<&str, bool>> {
    let mut lines = readme.lines();
    lines.find(|line| first_cell(line).is_some_and(|cell| cell.eq_ignore_ascii_case("feature")))?;
    let rows = lines.skip(1).map_while(first_cell);
    Some(
        rows.map(|cell| (cell.split('`').nth(1).unwrap_or(cell), cell.contains("(default)")))
            .collect(),
    )
}

fn first_cell(line: &str) -> Option<&str> {
    line.trim().strip_prefix('|')?.split('|').next().map(str::trim)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_table_of_features_is_read() {
        let readme = "text\n\n| Feature | adds |\n| --- | --- |\n| `tokio` (default) | x |\n| `smol` | y |\n\nmore";
        let read: Vec<_> = features(readme).unwrap_or_default().into_iter().collect();
        assert_eq!(read, [("smol", false), ("tokio", true)]);
        assert!(features("| other |\n").is_none());
    }
}
