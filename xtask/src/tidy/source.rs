//! A Rust file seen three ways: as it is, its code alone, its comments alone; each line where it was.

pub(crate) struct Source {
    /// Relative to the root.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Without comments and what stands in quotes.
    pub(crate) code: String,
    /// Nothing but comments.
    pub(crate) comments: String,
}

impl Source {
    pub(crate) fn new(path: String, text: String) -> Self {
        let (code, comments) = parts(&text);
        Self { path, text, code, comments }
    }

    /// The number of lines without doc comments, whose examples must not be a reason to divide a file.
    pub(crate) fn lines(&self) -> usize {
        let is_doc = |line: &&str| ["///", "//!"].iter().any(|mark| line.trim().starts_with(mark));
        self.text.lines().filter(|line| !is_doc(line)).count()
    }

    /// The crate of the product whose source this is: its folder in `crates/`.
    pub(crate) fn home(&self) -> Option<&str> {
        let (home, rest) = self.path.strip_prefix("crates/")?.split_once('/')?;
        rest.starts_with("src/").then_some(home)
    }

    /// The code before the unit tests, which stand last, or the code of the tests alone.
    pub(crate) fn code_of(&self, part: Part) -> &str {
        let is_test = self.path.split('/').any(|folder| folder == "tests")
            && !self.path.starts_with("xtask/");
        let split = if is_test { 0 } else { self.tests_begin() };
        match part {
            Part::Product => &self.code[..split],
            Part::Tests => &self.code[split..],
        }
    }

    fn tests_begin(&self) -> usize {
        let mut searched = 0;
        while let Some(found) = self.code[searched..].find("#[cfg(test)]") {
            let start = searched + found;
            let after = self.code[start + "#[cfg(test)]".len()..].trim_start();
            if after.starts_with("mod ") || after.starts_with("#[") {
                return start;
            }
            searched = start + 1;
        }
        self.code.len()
    }

    /// `path:line` of what stands at `offset` of one of the three texts.
    pub(crate) fn place(&self, text: &str, offset: usize) -> String {
        // A part that begins in the middle is a slice of `code`, and ends where that does.
        let before = if text.len() < self.code.len() && self.code.ends_with(text) {
            self.code.len() - text.len()
        } else {
            0
        };
        let line = 1 + self.code[..before].matches('\n').count();
        format!("{}:{}", self.path, line + text[..offset].matches('\n').count())
    }

    /// Where `path`, a name or names with `::` between them, stands as whole words.
    pub(crate) fn find(&self, text: &str, path: &str) -> Vec<String> {
        let is_word = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        let bytes = text.as_bytes();
        text.match_indices(path)
            .filter(|(start, _)| {
                let before = start.checked_sub(1).and_then(|index| bytes.get(index));
                let joined = path.ends_with(|last: char| last.is_alphanumeric())
                    && is_word(bytes.get(start + path.len()));
                !is_word(before) && !joined
            })
            .map(|(start, _)| format!("{} names {path}", self.place(text, start)))
            .collect()
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Part {
    Product,
    Tests,
}

/// Code and comments, each with blanks of the same length for the other.
fn parts(text: &str) -> (String, String) {
    let (mut code, mut comments) = (String::new(), String::new());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, kind) = piece(rest, code.chars().next_back());
        let length = length.max(first.len_utf8());
        let (piece, after) = rest.split_at(length);
        let blank: String =
            piece.chars().map(|char| if char == '\n' { '\n' } else { ' ' }).collect();
        match kind {
            Kind::Code => (code.push_str(piece), comments.push_str(&blank)),
            Kind::Comment => (code.push_str(&blank), comments.push_str(piece)),
            Kind::Quoted => (code.push_str(&blank), comments.push_str(&blank)),
        };
        rest = after;
    }
    (code, comments)
}

enum Kind {
    Code,
    Comment,
    Quoted,
}

/// The length of the comment or literal that `rest` begins with; else of one character of code.
fn piece(rest: &str, before: Option<char>) -> (usize, Kind) {
    let in_word = before.is_some_and(|char| char.is_alphanumeric() || char == '_');
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), Kind::Comment);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), Kind::Comment);
    }
    let literal = if in_word { rest } else { rest.strip_prefix('b').unwrap_or(rest) };
    let prefix = rest.len() - literal.len();
    if !in_word && let Some(length) = raw_string(literal) {
        return (prefix + length, Kind::Quoted);
    }
    if literal.starts_with('"') {
        return (prefix + quoted(literal, '"'), Kind::Quoted);
    }
    if let Some(inside) = literal.strip_prefix('\'') {
        // Else it is a lifetime.
        let mut chars = inside.chars();
        if chars.next() == Some('\\') || chars.next() == Some('\'') {
            return (prefix + quoted(literal, '\''), Kind::Quoted);
        }
    }
    (0, Kind::Code)
}

fn quoted(literal: &str, quote: char) -> usize {
    let mut escaped = true; // the opening quote does not close
    for (index, char) in literal.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            char if char == quote => return index + 1,
            _ => {}
        }
    }
    literal.len()
}

fn raw_string(literal: &str) -> Option<usize> {
    let inside = literal.strip_prefix('r')?;
    let hashes = inside.len() - inside.trim_start_matches('#').len();
    inside[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let start = 1 + hashes + 1;
    Some(literal[start..].find(&close).map_or(literal.len(), |end| start + end + close.len()))
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut index = 0;
    while index < rest.len() {
        if rest[index..].starts_with("/*") {
            depth += 1;
            index += 2;
        } else if rest[index..].starts_with("*/") {
            depth -= 1;
            index += 2;
            if depth == 0 {
                break;
            }
        } else {
            index += rest[index..].chars().next().map_or(1, char::len_utf8);
        }
    }
    index
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn comments_and_literals_are_told_from_code() {
        let text = "let a = \"// no \\\" comment\"; // yes\nlet b = 'c'; /* x /* y */ z */ let c: &'a str;";
        let (code, comments) = parts(text);
        assert_eq!(code.len(), text.len());
        assert_eq!(comments.trim_start().lines().next(), Some("// yes"));
        assert!(comments.contains("/* x /* y */ z */"));
        assert!(code.contains("let c: &'a str;") && !code.contains("no"));
        let (code, _) = parts("r#\"a \" b\"# + b\"c\" + br\"d\" + b'\\'' + '\"' + e");
        assert_eq!(code.split_whitespace().collect::<String>(), "+++++e");
    }

    #[test]
    fn names_are_found_as_whole_words() {
        let text =
            "use tokio::net;\nlet not_tokio = tokio_not;\n\n#[cfg(test)]\nmod tests { tokio }";
        let source = Source::new("crates/x/src/y.rs".into(), text.into());
        assert_eq!(
            source.find(source.code_of(Part::Product), "tokio"),
            ["crates/x/src/y.rs:1 names tokio"]
        );
        assert_eq!(
            source.find(source.code_of(Part::Tests), "tokio"),
            ["crates/x/src/y.rs:5 names tokio"]
        );
        assert_eq!(source.home(), Some("x"));
    }
}
