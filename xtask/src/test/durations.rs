//! How long each run of the tests took, kept in `target/` for the next estimate.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::Run;
use crate::outcome::Result;
use crate::workspace::Workspace;

pub(crate) struct Durations {
    file: PathBuf,
    seconds: BTreeMap<String, u64>,
}

impl Durations {
    pub(crate) fn load(workspace: &Workspace) -> Result<Self> {
        let file = workspace.scratch("xtask")?.join("test-durations");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let lines = text.lines().filter_map(|line| line.rsplit_once(": "));
        let seconds =
            lines.filter_map(|(name, seconds)| Some((name.to_owned(), seconds.parse().ok()?)));
        Ok(Self { seconds: seconds.collect(), file })
    }

    /// Describes how long all runs will take.
    pub(crate) fn estimate(&self, runs: &[Run<'_>]) -> String {
        let known: Option<u64> = runs.iter().map(|run| self.seconds.get(&run.name())).sum();
        match known {
            Some(seconds) => format!("they took {} minutes the last time", seconds.div_ceil(60)),
            None => "the first time, all packages take 15 to 30 minutes on two cores".to_owned(),
        }
    }

    /// Describes how long one run took the last time, if that is known.
    pub(crate) fn last(&self, run: &Run<'_>) -> String {
        let seconds = self.seconds.get(&run.name());
        seconds.map_or(String::new(), |seconds| format!(" ({seconds} s the last time)"))
    }

    pub(crate) fn save(&mut self, run: &Run<'_>, seconds: u64) -> Result<()> {
        self.seconds.insert(run.name(), seconds);
        let lines = self.seconds.iter().map(|(name, seconds)| format!("{name}: {seconds}\n"));
        fs::write(&self.file, lines.collect::<Vec<_>>().concat())?;
        Ok(())
    }
}
