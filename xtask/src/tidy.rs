//! `cargo xtask tidy`: what can be checked by reading about the shape of the project.

use std::path::Path;

use crate::args::Args;
use crate::outcome::{Outcome, Result};
use crate::workspace::Workspace;

mod arrows;
mod budgets;
mod cycles;
mod features;
mod imports;
mod layout;
mod prose;
mod runtimes;
mod source;
mod tests;
mod words;

use source::Source;

pub(crate) const ABOUT: &str = "\
the invariants of ARCHITECTURE.md and the conventions that a machine can check  [--prose]
  --prose             lists the sentences that break the rule on language, and checks nothing
In ARCHITECTURE.md it reads the crate arrows, a fenced block of lines `crate -> dep, dep` (of our crates alone, with or
without `sockeye-` before each name; words in brackets are notes; lines may go on after a comma), the
dependencies between the folders of a crate, a fenced block of lines `crate: folder -> folder, folder`, and the dependency
budgets, a fenced block of lines `package [options of cargo tree] <= N`, such as
`sockeye --no-default-features --features tokio,deflate <= 45`: N counts every package of the tree but the first.
In the facade's README it reads the table of features, whose first head is `feature`: a row for each, with
`(default)` in the first cell if it is on by itself.";

/// A rule: its text, and a function that returns its violations.
type Rule = (&'static str, fn(&Project) -> Vec<String>);

const RULES: [Rule; 24] = [
    ("every file begins with a sentence on what it is", layout::heads),
    ("no file is longer than 400 lines, without doc comments", layout::lengths),
    ("no file is named for nothing in particular", layout::names),
    ("a lib.rs holds no logic", layout::roots_without_logic),
    ("every crate root forbids unsafe code in its first line", layout::forbidden_unsafe),
    ("features are decided in lib.rs and mod.rs alone", layout::feature_switches),
    (
        "the library defines no macros but the documented ones of the runtime API in net",
        layout::macros,
    ),
    ("the crate arrows are those of ARCHITECTURE.md", arrows::agree),
    ("at most three files, all in one folder, import each other", cycles::small),
    ("the folder arrows are those of ARCHITECTURE.md", cycles::folders),
    ("nothing below net does I/O, reads a clock or draws at random", runtimes::sans_io),
    ("a dev-dependency on the facade has a path and no version", runtimes::examples),
    ("only an adapter depends on its runtime", runtimes::dependencies),
    ("only an adapter names its runtime", runtimes::names),
    ("every crate is within its dependency budget", budgets::kept),
    ("nothing is left to do", words::unfinished),
    ("no test is ignored or wants a panic", tests::honest),
    ("no test waits for a real clock", tests::awake),
    ("a cited rule of an RFC has the form `// §5.5: …`", words::citations),
    ("comments and Markdown name their subjects, and no sentence opens with `What`", prose::plain),
    ("no text names a place of one machine", words::places),
    ("the README's minimum Rust version is the manifest's", features::minimum_rust),
    ("the facade's table of features is its manifest's", features::table),
    ("every crate has a README and its documentation begins with it", layout::readmes),
];

/// All that the rules look at, read once.
struct Project {
    workspace: Workspace,
    /// Every Rust file that git knows or would know.
    sources: Vec<Source>,
    /// Every other text file.
    texts: Vec<(String, String)>,
}

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    let prose = args.flag("--prose");
    if args.finish(ABOUT)? {
        return Ok(Outcome::NOTHING);
    }
    let project = Project::read()?;
    if prose {
        prose::print(&project);
        return Ok(Outcome::NOTHING);
    }
    let mut outcome = Outcome::NOTHING;
    cycles::print(&project);
    for (rule, broken_by) in RULES {
        let broken = broken_by(&project);
        println!("{} {rule}", if broken.is_empty() { "ok  " } else { "FAIL" });
        for violation in &broken {
            println!("       {violation}");
        }
        outcome += Outcome::of(broken.is_empty());
    }
    Ok(outcome)
}

impl Project {
    fn read() -> Result<Self> {
        let mut git = crate::process::command("git");
        git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
        let listed = crate::process::output(&mut git)?;
        let (mut sources, mut texts) = (Vec::new(), Vec::new());
        for path in listed.lines() {
            // A file may be deleted and not committed yet, a link lead nowhere, a picture be no text.
            let Ok(text) = std::fs::read_to_string(crate::workspace::root().join(path)) else {
                continue;
            };
            if Path::new(path).extension().is_some_and(|ending| ending == "rs") {
                sources.push(Source::new(path.to_owned(), text));
            } else {
                texts.push((path.to_owned(), text));
            }
        }
        Ok(Self { workspace: Workspace::load()?, sources, texts })
    }

    fn text(&self, path: &str) -> Result<&str> {
        let found = self.texts.iter().find(|(name, _)| name == path);
        found.map(|(_, text)| text.as_str()).ok_or_else(|| format!("{path} is missing").into())
    }

    /// The sources of the product: `crates/*/src`.
    fn product(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.home().is_some())
    }
}

/// The violations; a rule that could not be checked is broken, by the error.
fn told(result: Result<Vec<String>>) -> Vec<String> {
    result.unwrap_or_else(|error| vec![error.to_string()])
}

/// The fenced blocks of a Markdown text.
fn fenced(text: &str) -> Vec<Vec<&str>> {
    let mut blocks = Vec::new();
    let mut block: Option<Vec<&str>> = None;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            match block.take() {
                Some(lines) => blocks.push(lines),
                None => block = Some(Vec::new()),
            }
        } else if let Some(lines) = &mut block {
            lines.push(line);
        }
    }
    blocks
}

#[cfg(test)]
mod itself {
    use super::*;

    #[test]
    fn the_project_is_tidy() -> Result<()> {
        let outcome = run(&mut Args::of(&[]))?;
        assert_eq!(outcome, Outcome { passed: RULES.len(), failed: 0 }, "`cargo xtask tidy`");
        Ok(())
    }

    #[test]
    fn fenced_blocks_are_found() {
        assert_eq!(fenced("a\n```text\nb\nc\n```\nd\n```\n```"), [vec!["b", "c"], vec![]]);
    }
}
