//! The language of comments and Markdown: the subject is named, and no sentence opens with `What`.

use std::collections::BTreeMap;
use std::path::Path;

use super::Project;

/// How many sentences of each area may still break the rule. An area is a folder of `crates/` or of the root.
const ALLOWED: [(&str, usize); 11] = [
    ("client", 7),
    ("connection", 2),
    ("deflate", 1),
    ("docs", 3),
    ("errors", 1),
    ("frames", 1),
    ("net", 1),
    ("proxy", 2),
    ("sockeye", 2),
    ("the root", 27),
    ("tokio", 3),
];

/// Pronouns that hide the subject, which is a task, a peer, a caller, a connection or a server.
const PRONOUNS: [&str; 6] = ["who", "whom", "whoever", "nobody", "somebody", "whatever"];

pub(crate) fn plain(project: &Project) -> Vec<String> {
    let mut areas: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, finding) in findings(project) {
        areas.entry(area(path)).or_default().push(finding);
    }
    let mut broken = Vec::new();
    for (area, found) in areas {
        let allowed = ALLOWED.iter().find(|(name, _)| *name == area).map_or(0, |(_, limit)| *limit);
        if found.len() > allowed {
            broken.push(format!(
                "{area}: {} sentences, {allowed} allowed; `tidy --prose` lists all",
                found.len()
            ));
            broken.extend(found.into_iter().take(3));
        }
    }
    broken
}

/// Prints every sentence that breaks the rule, and how many there are in each area.
pub(crate) fn print(project: &Project) {
    let mut areas: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, finding) in findings(project) {
        *areas.entry(area(path)).or_default() += 1;
        println!("{finding}");
    }
    for (area, count) in areas {
        println!("{area}: {count}");
    }
}

fn area(path: &str) -> &str {
    let path = path.strip_prefix("crates/").unwrap_or(path);
    path.split_once('/').map_or("the root", |(area, _)| area)
}

/// The path and the description of each sentence that breaks the rule.
fn findings(project: &Project) -> Vec<(&str, String)> {
    let sources =
        project.sources.iter().map(|source| (source.path.as_str(), comments(&source.comments)));
    let texts = project
        .texts
        .iter()
        .filter(|(path, _)| Path::new(path).extension().is_some_and(|ending| ending == "md"));
    let texts =
        texts.map(|(path, text)| (path.as_str(), text.lines().map(str::to_owned).collect()));
    let mut found = Vec::new();
    for (path, lines) in sources.chain(texts) {
        let lines: Vec<String> = lines;
        for (line, sentence) in sentences(&lines) {
            if let Some(reason) = fault(&sentence) {
                found.push((path, format!("{path}:{line}: {reason}: {}", shortened(&sentence))));
            }
        }
    }
    found
}

fn shortened(sentence: &str) -> String {
    sentence.chars().take(100).collect()
}

/// The comments without their marks; a line without a comment is empty.
fn comments(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| {
        let line = line.trim_start();
        let marks = ["///", "//!", "//"];
        let text = marks.iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or("");
        text.strip_prefix(' ').unwrap_or(text).to_owned()
    });
    lines.collect()
}

/// The sentences of a Markdown text, each with the number of the line on which it begins; code is left out.
fn sentences(lines: &[String]) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let (mut is_code, mut is_open) = (false, false);
    for (index, line) in lines.iter().enumerate() {
        let text = line.trim();
        if text.starts_with("```") {
            is_code = !is_code;
            is_open = false;
            continue;
        }
        if is_code || text.is_empty() {
            is_open = false;
            continue;
        }
        let starts_item = text.starts_with(['#', '|', '-', '*', '>', '1', '2', '3', '4', '5']);
        if starts_item {
            is_open = false;
        }
        let text = without_code(text);
        for cell in text.split('|').map(|cell| cell.trim_start_matches(['#', '-', '*', '>', ' '])) {
            if cell.is_empty() {
                continue;
            }
            let mut parts = cut(cell).into_iter();
            if is_open && let (Some((_, last)), Some(first)) = (found.last_mut(), parts.next()) {
                *last += " ";
                *last += first;
            }
            found.extend(parts.map(|part| (index + 1, part.to_owned())));
            is_open = !cell.ends_with(['.', '!', '?']) && !text.contains('|');
        }
    }
    found
}

/// Cuts behind a mark that ends a sentence and is followed by a blank.
fn cut(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while let Some(end) = [". ", "! ", "? "].iter().filter_map(|mark| rest.find(mark)).min() {
        parts.push(&rest[..=end]);
        rest = rest[end + 1..].trim_start();
    }
    parts.push(rest);
    parts.retain(|part| !part.is_empty());
    parts
}

/// The text with `x` in the place of each piece of code.
fn without_code(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    pieces.map(|(index, piece)| if index % 2 == 0 { piece } else { "x" }).collect()
}

fn fault(sentence: &str) -> Option<&'static str> {
    let is_question = sentence.ends_with('?');
    let opening = sentence.trim_start_matches(['(', '"', '_', '*']);
    if opening.starts_with("What ") && !is_question {
        return Some("opens with `What`");
    }
    let mut words = sentence.split(|char: char| !char.is_alphanumeric());
    let hides = |word: &str| PRONOUNS.contains(&word.to_lowercase().as_str());
    words.any(hides).then_some("hides its subject")
}

#[cfg(test)]
mod unit {
    use super::*;

    fn faults(text: &str) -> Vec<(usize, &'static str)> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let sentences = sentences(&lines).into_iter();
        sentences.filter_map(|(line, text)| fault(&text).map(|fault| (line, fault))).collect()
    }

    #[test]
    fn an_opening_is_found_wherever_a_sentence_begins() {
        let opens = "opens with `What`";
        assert_eq!(faults("Fine. What is left stays.\nMore."), [(1, opens)]);
        assert_eq!(faults("Fine\nWhat goes on is the same sentence."), []);
        assert_eq!(faults("| a | What it is |\n- What\n- What it is"), [(1, opens), (3, opens)]);
        assert_eq!(faults("# What is it?\nWhat is a\nframe?"), []);
        assert_eq!(faults("```\nWhat it is\n```\n`What is`"), []);
    }

    #[test]
    fn pronouns_are_found_as_whole_words() {
        let hides = "hides its subject";
        assert_eq!(faults("A peer.\nThe one\nwho asks."), [(2, hides)]);
        assert_eq!(faults("The whole message is `nobody`."), []);
        assert_eq!(faults("Nobody asks, whose text it is."), [(1, hides)]);
    }
}
