//! Which cases there are, which of them are chosen, and what each is expected to give.

use std::collections::BTreeMap;

use crate::outcome::Result;
use crate::workspace::root;

/// `tests/autobahn/expected.json`: every case of the suite, with the one verdict that passes.
pub(crate) struct Expectations {
    verdicts: BTreeMap<String, String>,
}

impl Expectations {
    pub(crate) fn load() -> Result<Self> {
        let text = std::fs::read_to_string(root().join("tests/autobahn/expected.json"))?;
        let value: serde_json::Value = serde_json::from_str(&text)?;
        let entries = value.as_object().into_iter().flatten();
        let verdicts = entries
            .map(|(case, verdict)| (case.clone(), verdict.as_str().unwrap_or_default().to_owned()))
            .collect();
        Ok(Self { verdicts })
    }

    pub(crate) fn of(&self, case: &str) -> &str {
        self.verdicts.get(case).map_or("", String::as_str)
    }

    pub(crate) fn has(&self, pattern: &str) -> bool {
        self.verdicts.keys().any(|case| matches(pattern, case))
    }

    /// The chosen cases in the order of their numbers.
    pub(crate) fn select(&self, selection: &Selection) -> Vec<String> {
        let mut cases: Vec<String> =
            self.verdicts.keys().filter(|case| selection.contains(case)).cloned().collect();
        cases.sort_by_key(|case| numbers(case));
        cases
    }
}

/// The parts of a case's name, to sort by.
pub(crate) fn numbers(case: &str) -> Vec<u32> {
    case.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[derive(Clone)]
pub(crate) struct Selection {
    patterns: Vec<String>,
}

impl Selection {
    pub(crate) fn all() -> Self {
        Self::of("1.*,2.*,3.*,4.*,5.*,6.*,7.*,9.*,10.*,12.*,13.*")
    }

    pub(crate) fn without_compression() -> Self {
        Self::of("1.*,2.*,3.*,4.*,5.*,6.*,7.*,9.*,10.*")
    }

    /// All about frames and closing, without masses of data.
    pub(crate) fn of_frames() -> Self {
        Self::of("1.*,2.*,3.*,4.*,5.*,6.*,7.*")
    }

    /// Sections 12 and 13 repeat 18 sizes of message and fragment: the small ones, and one that is fragmented.
    pub(crate) fn quick() -> Self {
        let mut selection = Self::without_compression();
        for (section, groups) in [(12, 5), (13, 7)] {
            for group in 1..=groups {
                let sizes = [1, 2, 3, 4, 5, 6, 11].into_iter();
                selection.patterns.extend(sizes.map(|size| format!("{section}.{group}.{size}")));
            }
        }
        selection
    }

    /// Names and patterns of the suite, with commas between them.
    pub(crate) fn of(patterns: &str) -> Self {
        Self { patterns: patterns.split(',').map(|pattern| pattern.trim().to_owned()).collect() }
    }

    fn contains(&self, case: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, case))
    }
}

fn matches(pattern: &str, case: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => case.starts_with(start),
        None => case == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_517_cases_are_expected_and_three_of_them_are_informational() -> Result<()> {
        let expectations = Expectations::load()?;
        let all = expectations.select(&Selection::all());
        assert_eq!((all.len(), expectations.verdicts.len()), (517, 517));
        let informational: Vec<&String> =
            all.iter().filter(|case| expectations.of(case) == "INFORMATIONAL").collect();
        assert_eq!(informational, ["7.1.6", "7.13.1", "7.13.2"]);
        assert!(all.iter().all(|case| matches!(expectations.of(case), "OK" | "INFORMATIONAL")));
        Ok(())
    }

    #[test]
    fn the_quick_selection_has_all_sections() -> Result<()> {
        let quick = Expectations::load()?.select(&Selection::quick());
        assert_eq!(quick.len(), 16 + 11 + 7 + 10 + 20 + 145 + 37 + 54 + 1 + 12 * 7);
        Ok(())
    }

    #[test]
    fn the_selection_of_frames_is_sections_1_to_7() -> Result<()> {
        let frames = Expectations::load()?.select(&Selection::of_frames());
        assert_eq!(frames.len(), 16 + 11 + 7 + 10 + 20 + 145 + 37);
        assert!(frames.iter().all(|case| numbers(case)[0] <= 7));
        Ok(())
    }

    #[test]
    fn a_pattern_stops_at_its_dot() {
        assert!(matches("1.*", "1.1.1") && !matches("1.*", "10.1.1") && !matches("1.*", "12.1.1"));
        assert!(matches("9.1.6", "9.1.6") && !matches("9.1.1", "9.1.10"));
    }
}
