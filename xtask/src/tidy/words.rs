//! Rules for texts and comments: no unfinished work, the form of citations, no places of one machine.

use super::Project;

pub(crate) fn unfinished(project: &Project) -> Vec<String> {
    let macros = ["dbg!", "todo!", "unimplemented!"];
    let notes = ["FIXME", "TODO", "XXX"];
    project
        .sources
        .iter()
        .flat_map(|source| {
            let code = macros.into_iter().flat_map(|name| source.find(&source.code, name));
            let comments = notes.into_iter().flat_map(|note| source.find(&source.comments, note));
            code.chain(comments).collect::<Vec<_>>()
        })
        .collect()
}

/// A comment that begins with a section is a rule that is enforced below it: `// §5.5: …`, `// RFC 7692 §7.2.1: …`.
pub(crate) fn citations(project: &Project) -> Vec<String> {
    let mut broken = Vec::new();
    for source in project.product() {
        let mut goes_on = false;
        for (index, line) in source.comments.lines().enumerate() {
            let comment = line.trim().strip_prefix("// ");
            let marks = ["§", "RFC 6455 §", "RFC 7692 §"];
            let cites = comment.filter(|text| marks.iter().any(|mark| text.starts_with(mark)));
            if let Some(text) = cites
                && !goes_on
                && !is_citation(text)
            {
                broken.push(format!("{}:{}: {text}", source.path, index + 1));
            }
            goes_on = comment.is_some();
        }
    }
    broken
}

fn is_citation(text: &str) -> bool {
    let Some((place, rule)) = text.split_once(": ") else { return text.ends_with(':') };
    let mut words = place.split([' ', ',']).filter(|word| !word.is_empty());
    let mut sections = 0;
    while let Some(word) = words.next() {
        if word == "RFC" {
            if words.next().is_none_or(|number| number.parse::<u16>().is_err()) {
                return false;
            }
        } else if word != "and" && !is_item(word) {
            let Some(section) = word.strip_prefix('§') else { return false };
            if !section.split('.').all(|part| part.parse::<u8>().is_ok()) {
                return false;
            }
            sections += 1;
        }
    }
    sections > 0 && !rule.is_empty()
}

/// An item of a numbered list: `(5)`.
fn is_item(word: &str) -> bool {
    let number = word.strip_prefix('(').and_then(|word| word.strip_suffix(')'));
    number.is_some_and(|number| number.parse::<u8>().is_ok())
}

/// Folders that exist on the machine of the author only.
pub(crate) fn places(project: &Project) -> Vec<String> {
    let folders = [["/wo", "rk/"], ["/t", "mp/"], ["/ro", "ot/"], ["/ho", "me/"]];
    let folders = folders.map(|halves| halves.concat());
    let sources = project.sources.iter().map(|source| (&source.path, &source.text));
    let texts = project.texts.iter().map(|(path, text)| (path, text));
    let mut broken = Vec::new();
    for (path, text) in sources.chain(texts) {
        for (index, line) in text.lines().enumerate() {
            if folders.iter().any(|folder| line.contains(folder.as_str())) {
                broken.push(format!("{path}:{}: {}", index + 1, line.trim()));
            }
        }
    }
    broken
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_citation_names_a_section_and_a_rule() {
        assert!(is_citation("§5.5: a control frame carries at most 125 bytes."));
        assert!(is_citation("RFC 7692 §7.2.1, §7.2.2: the tail is left out."));
        assert!(is_citation("§4.2.1 (3) and (4): the tokens of both lists."));
        assert!(!is_citation("§5.5 says that"));
        assert!(!is_citation("RFC 6455: all of it"));
        assert!(!is_citation("§five: no"));
    }
}
