//! How files are laid out: their heads, lengths and names, and what a crate root holds.

use super::source::Part;
use super::{Project, told};
use crate::outcome::Result;
use crate::workspace::relative;

/// `//!` comes first, after inner attributes at most.
pub(crate) fn heads(project: &Project) -> Vec<String> {
    let headless = project.sources.iter().filter(|source| {
        let mut text = source.text.as_str();
        while text.starts_with("#![") && !text.starts_with("#![doc = include_str!") {
            text = text.split_once("]\n").map_or("", |(_, rest)| rest);
        }
        !text.starts_with("//! ") && !text.starts_with("#![doc = include_str!")
    });
    headless.map(|source| source.path.clone()).collect()
}

pub(crate) fn lengths(project: &Project) -> Vec<String> {
    let long = project.sources.iter().filter(|source| source.lines() > 400);
    long.map(|source| format!("{}: {} lines", source.path, source.lines())).collect()
}

pub(crate) fn names(project: &Project) -> Vec<String> {
    let vague = ["common", "helpers", "misc", "types", "util", "utils"];
    let paths = project.sources.iter().map(|source| &source.path);
    paths
        .filter(|path| path.trim_end_matches(".rs").split('/').any(|part| vague.contains(&part)))
        .cloned()
        .collect()
}

pub(crate) fn roots_without_logic(project: &Project) -> Vec<String> {
    let roots = project.product().filter(|source| source.path.ends_with("/src/lib.rs"));
    roots
        .flat_map(|source| {
            let words = ["fn", "impl", "struct", "enum", "trait", "static"];
            let code = source.code_of(Part::Product);
            words.into_iter().flat_map(|word| source.find(code, word))
        })
        .collect()
}

pub(crate) fn forbidden_unsafe(project: &Project) -> Vec<String> {
    told(roots_with_unsafe(project))
}

fn roots_with_unsafe(project: &Project) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for package in &project.workspace.packages {
        for target in &package.targets {
            let text = std::fs::read_to_string(&target.root)?;
            let is_root = matches!(target.kind.as_str(), "lib" | "bin");
            if is_root && text.lines().next() != Some("#![forbid(unsafe_code)]") {
                broken.push(relative(&target.root));
            }
        }
    }
    Ok(broken)
}

/// A feature adds an API, it never changes one: no switch in the middle of code. The command is no API.
pub(crate) fn feature_switches(project: &Project) -> Vec<String> {
    let library = project.product().filter(|source| source.home() != Some("cli"));
    library
        .filter(|source| !source.path.ends_with("/lib.rs") && !source.path.ends_with("/mod.rs"))
        .flat_map(|source| {
            let code = source.code_of(Part::Product);
            // Quoted text is blank here: `feature = "deflate"` shows as `feature =`.
            let switches = code.match_indices("feature =").filter(|(start, _)| {
                let line = code[..*start].rfind('\n').map_or(0, |end| end + 1);
                code[line..*start].contains("cfg")
            });
            switches.map(|(start, _)| source.place(code, start)).collect::<Vec<_>>()
        })
        .collect()
}

/// The runtimes have the same entry points and aliases. The macros in one folder of `net` write them once.
pub(crate) fn macros(project: &Project) -> Vec<String> {
    let mut broken = Vec::new();
    for source in project.product() {
        let is_allowed =
            source.path.starts_with("crates/net/src/runtime_api/") && is_documented(&source.text);
        if !is_allowed {
            broken.extend(source.find(&source.code, "macro_rules!"));
        }
    }
    broken
}

/// Whether documentation stands above the first macro and its attributes.
fn is_documented(text: &str) -> bool {
    let before = text.split("macro_rules!").next().unwrap_or_default();
    let mut lines = before.lines().rev().map(str::trim);
    lines
        .find(|line| !line.is_empty() && !line.starts_with("#["))
        .is_some_and(|line| line.starts_with("///"))
}

pub(crate) fn readmes(project: &Project) -> Vec<String> {
    told(without_readme(project))
}

fn without_readme(project: &Project) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for package in project.workspace.crates() {
        let readme = relative(&package.folder.join("README.md"));
        if project.text(&readme).is_err() {
            broken.push(format!("{readme} is missing"));
        }
        for target in package.targets.iter().filter(|target| target.kind == "lib") {
            let root = std::fs::read_to_string(&target.root)?;
            if !root.contains("#![doc = include_str!(\"../README.md\")]") {
                broken.push(format!("{} does not include the README", relative(&target.root)));
            }
        }
    }
    Ok(broken)
}
