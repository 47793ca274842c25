//! Rules for tests: they do not wait for a clock, are not ignored, and do not expect just any panic.

use super::Project;
use super::source::Part;

pub(crate) fn honest(project: &Project) -> Vec<String> {
    let marks = ["#[ignore", "#[should_panic"];
    project
        .sources
        .iter()
        .flat_map(|source| marks.into_iter().flat_map(|mark| source.find(&source.code, mark)))
        .collect()
}

/// Files that may sleep in a test, each with its reason.
const SLEEPERS: [(&str, &str); 0] = [];

/// A clock that the test itself moves is no sleep.
const CLOCKS: [&str; 6] = [
    "Timer::after",
    "Timer::at",
    "task::sleep",
    "thread::sleep",
    "time::sleep",
    "time::sleep_until",
];

pub(crate) fn awake(project: &Project) -> Vec<String> {
    let others = project
        .sources
        .iter()
        .filter(|source| !SLEEPERS.iter().any(|(path, _)| *path == source.path));
    others
        .flat_map(|source| {
            let code = source.code_of(Part::Tests);
            CLOCKS.into_iter().flat_map(move |clock| source.find(code, clock))
        })
        .collect()
}
